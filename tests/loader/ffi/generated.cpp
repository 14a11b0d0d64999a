// Calls of the functions that generate.py made, by their signatures only, and callbacks of the same types.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>
#include <vitte/loader/ffi/callback.hpp>
#include <vitte/loader/ffi/signature.hpp>

#include "case.h"

namespace {
namespace ffi = vitte::loader::ffi;
int failures = 0;

void complain(std::size_t of, const char* what, long detail) {
    ++failures;
    std::printf("%zu: %s: %s %ld\n", of, cases[of].text, what, detail);
}

bool has_plan(std::size_t i, const ffi::function_type& type, ffi::plan& plan) {
    auto made = ffi::make_plan(type);
    if (!made) return complain(i, made.error().operation, static_cast<long>(made.error().code)), false;
    plan = std::move(*made);
    for (std::size_t k = 0; k < type.parameters.size(); ++k)
        if (type.parameters[k]->size != cases[i].sizes[k]) complain(i, "size of argument", static_cast<long>(k));
    if (plan.result_size != cases[i].result_size) complain(i, "size of the result", plan.result_size);
    return true;
}

void try_call(std::size_t i, const ffi::plan& plan) {
    alignas(64) unsigned char result[4096];
    std::memset(result, 0x5a, sizeof result);
    ffi::call(plan, cases[i].function, cases[i].addresses, result);
    if (cases[i].returned != nullptr && cases[i].returned(result) == 0) complain(i, "call: result", 0);
    for (std::size_t k = cases[i].result_size; k < sizeof result; ++k)
        if (result[k] != 0x5a) return complain(i, "call: written behind the result", static_cast<long>(k));
}

void try_callback(std::size_t i, const ffi::function_type& type) {
    int calls = 0;
    const auto answer = [&](const void* const* arguments, void* returned) {
        ++calls;
        if (const int bad = cases[i].arguments(arguments); bad != -1) complain(i, "callback: argument", bad);
        if (cases[i].result_size != 0) std::memcpy(returned, cases[i].result, cases[i].result_size);
    };
    const auto answer_variable = [&](const void* const* fixed, ffi::variable_arguments& rest, void* returned) {
        struct alignas(64) room {
            unsigned char bytes[4096];
        };
        std::vector<room> rooms(type.parameters.size());
        std::vector<const void*> arguments(fixed, fixed + type.fixed);
        for (std::size_t k = type.fixed; k < type.parameters.size(); ++k) {
            if (const auto read = rest.next(*type.parameters[k], &rooms[k]); !read)
                complain(i, read.error().operation, static_cast<long>(k));
            arguments.push_back(&rooms[k]);
        }
        answer(arguments.data(), returned);
    };
    ffi::function_type without = type;  // what one call has behind the "..."
    without.parameters = type.parameters.first(type.fixed);
    const auto made = type.variadic ? ffi::make_callback(without, answer_variable) : ffi::make_callback(type, answer);
    if (!made) return complain(i, made.error().operation, static_cast<long>(made.error().code));
    if (cases[i].caller(made->address()) == 0) complain(i, "callback: result", 0);
    if (calls != 1) complain(i, "callback: calls", calls);
}
}  // namespace

extern "C" void wrong(int function, int argument) {
    complain(static_cast<std::size_t>(function), "call: argument", argument);
}

int main(int count, char** words) {
    const std::size_t only = count > 1 ? std::stoul(words[1]) : case_count;
    for (std::size_t i = 0; i < case_count; ++i) {
        if (only != case_count && i != only) continue;
        ffi::type_pool pool;
        const auto type = ffi::read_function_type(cases[i].text, pool);
        if (!type) {
            complain(i, type.error().reason, static_cast<long>(type.error().offset));
            continue;
        }
        ffi::plan plan;
        cases[i].set();
        if (!has_plan(i, *type, plan)) continue;
        try_call(i, plan);
        try_callback(i, *type);
    }
    std::printf("%zu signatures, %d failures\n", case_count, failures);
    return failures == 0 ? 0 : 1;
}
