// Runs files of the WebAssembly specification's test suite: JSON and modules, as wabt's wast2json makes them, or with
// the spelling of references and vectors that the reference interpreter has.
#pragma once

#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>
#include <vitte/loader/wasm/store.hpp>

namespace suite {
namespace wasm = vitte::loader::wasm;
using json = boost::property_tree::ptree;

struct counts {
    int passed = 0, failed = 0, text = 0;  ///< `text`: assertions about the text format, which is not read here
};

/// A value that is expected: bits, or a class of them.
struct pattern {
    enum class kind { exact, canonical_nan, arithmetic_nan, null, not_null, anything };
    kind match = kind::exact;
    std::uint64_t bits = 0;
};

inline std::string plain(std::string text) {
    std::erase(text, '_');
    return text;
}
/// One number of `width` bytes; floats are bits in decimal, or text.
inline pattern number(const std::string& spelled, unsigned width, bool is_float) {
    const std::string text = plain(spelled);
    if (text == "nan:canonical") return {pattern::kind::canonical_nan, 0};
    if (text == "nan:arithmetic") return {pattern::kind::arithmetic_nan, 0};
    const std::size_t nan = text.find("nan:0x");
    if (nan != std::string::npos) {
        const std::uint64_t payload = std::strtoull(text.c_str() + nan + 6, nullptr, 16), sign = text[0] == '-' ? 1 : 0;
        return {pattern::kind::exact,
                width == 4 ? sign << 31 | 0x7f800000u | payload : sign << 63 | 0x7ff0000000000000u | payload};
    }
    if (is_float && (text.find("inf") != std::string::npos || text.find('p') != std::string::npos)) {
        if (width == 4) return {pattern::kind::exact, std::bit_cast<std::uint32_t>(std::strtof(text.c_str(), nullptr))};
        return {pattern::kind::exact, std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr))};
    }
    const int base = text.find("0x") != std::string::npos ? 16 : 10;
    const std::uint64_t value = text[0] == '-' ? static_cast<std::uint64_t>(std::strtoll(text.c_str(), nullptr, base))
                                               : std::strtoull(text.c_str(), nullptr, base);
    return {pattern::kind::exact, width == 8 ? value : value & ((std::uint64_t{1} << (8 * width)) - 1)};
}
inline bool fits(const pattern& p, std::uint64_t bits, unsigned width) {
    const std::uint64_t quiet = width == 4 ? 0x7fc00000u : 0x7ff8000000000000u,
                        sign = std::uint64_t{1} << (8 * width - 1);
    switch (p.match) {
        case pattern::kind::exact: return bits == p.bits;
        case pattern::kind::canonical_nan: return (bits & ~sign) == quiet;
        case pattern::kind::arithmetic_nan: return (bits & quiet) == quiet;
        case pattern::kind::null: return bits == 0;
        case pattern::kind::not_null: return bits != 0;
        case pattern::kind::anything: return true;
    }
    return false;
}
/// References of the host are numbers; 0 must not be null.
inline std::uint64_t host_reference(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10) + 1; }

/// Bytes per lane, and whether lanes are floats: "i8" or "i8x16".
inline std::pair<unsigned, bool> lane(const std::string& type) {
    return {static_cast<unsigned>(std::atoi(type.c_str() + 1)) / 8, type[0] == 'f'};
}
inline bool matches(const json& wanted, const wasm::value& got) {
    const std::string type = wanted.get<std::string>("type"), text = wanted.get<std::string>("value", "null");
    if (type == "either") {
        for (const auto& [key, one] : wanted.get_child("values"))
            if (matches(one, got)) return true;
        return false;
    }
    if (type == "v128") {
        const auto [width, is_float] = lane(wanted.get<std::string>("lane_type"));
        std::size_t at = 0;
        for (const auto& [key, one] : wanted.get_child("value")) {
            std::uint64_t bits = 0;
            for (unsigned i = 0; i < width; ++i)
                bits |= std::to_integer<std::uint64_t>(got.bits.bits[at + i]) << (8 * i);
            if (!fits(number(one.data(), width, is_float), bits, width)) return false;
            at += width;
        }
        return got.type == wasm::v128;
    }
    if (type == "i32") return got.type == wasm::i32 && fits(number(text, 4, false), got.as<std::uint32_t>(), 4);
    if (type == "i64") return got.type == wasm::i64 && fits(number(text, 8, false), got.as<std::uint64_t>(), 8);
    if (type == "f32") return got.type == wasm::f32 && fits(number(text, 4, true), got.as<std::uint32_t>(), 4);
    if (type == "f64") return got.type == wasm::f64 && fits(number(text, 8, true), got.as<std::uint64_t>(), 8);
    if (!got.type.is_reference()) return false;
    const auto bits = got.as<std::uint64_t>();
    if (type == "ref.null" || ((type == "externref" || type == "funcref") && text == "null")) return bits == 0;
    if (type == "externref" || (type == "ref.extern" && text != "null")) return bits == host_reference(text);
    return bits != 0;
}
inline wasm::value argument(const json& given) {
    const std::string type = given.get<std::string>("type"), text = given.get<std::string>("value", "null");
    using bits = wasm::constant_value;
    if (type == "i32") return {wasm::i32, bits::of(static_cast<std::uint32_t>(number(text, 4, false).bits))};
    if (type == "i64") return {wasm::i64, bits::of(number(text, 8, false).bits)};
    if (type == "f32") return {wasm::f32, bits::of(static_cast<std::uint32_t>(number(text, 4, true).bits))};
    if (type == "f64") return {wasm::f64, bits::of(number(text, 8, true).bits)};
    if (type == "v128") {
        wasm::value made{wasm::v128, {}};
        const auto [width, is_float] = lane(given.get<std::string>("lane_type"));
        std::size_t at = 0;
        for (const auto& [key, one] : given.get_child("value")) {
            const std::uint64_t v = number(one.data(), width, is_float).bits;
            for (unsigned i = 0; i < width; ++i) made.bits.bits[at++] = static_cast<std::byte>(v >> (8 * i));
        }
        return made;
    }
    const bool null = type == "ref.null" || text == "null";
    return {wasm::external_reference, bits::of(null ? std::uint64_t{0} : host_reference(text))};
}

/// One file: a sequence of modules and assertions on them.
class runner {
public:
    runner(std::string folder, wasm::compile_options options, bool verbose)
        : folder_(std::move(folder)),
          options_(options),
          verbose_(verbose),
          store_(*wasm::store::create(limits_for(options_))) {
        offer_spectest();
    }

    counts run(const std::string& name) {
        json all;
        boost::property_tree::read_json(folder_ + "/" + name, all);
        for (const auto& [key, command] : all.get_child("commands")) {
            ++number_;
            perform(command);
        }
        return counts_;
    }

private:
    static wasm::store_limits limits_for(const wasm::compile_options& options) {
        wasm::store_limits made;
        made.guard_memories = !options.checked_memory;
        return made;
    }
    void offer_spectest() {
        const auto bits = [](auto v) { return wasm::constant_value::of(v); };
        store_.define("spectest", "global_i32", store_.make_global({wasm::i32, false}, bits(std::uint32_t{666})));
        store_.define("spectest", "global_i64", store_.make_global({wasm::i64, false}, bits(std::uint64_t{666})));
        store_.define("spectest", "global_f32", store_.make_global({wasm::f32, false}, bits(666.6f)));
        store_.define("spectest", "global_f64", store_.make_global({wasm::f64, false}, bits(666.6)));
        wasm::limits elements{10, 20, true, false, false};
        store_.define("spectest", "table", store_.make_table({wasm::function_reference, elements}));
        elements.wide = true;
        store_.define("spectest", "table64", store_.make_table({wasm::function_reference, elements}));
        store_.define("spectest", "memory", store_.make_memory({{1, 2, true, false, false}}));
        store_.define_function<void()>("spectest", "print", [] {});
        store_.define_function<void(std::int32_t)>("spectest", "print_i32", [](std::int32_t) {});
        store_.define_function<void(std::int64_t)>("spectest", "print_i64", [](std::int64_t) {});
        store_.define_function<void(float)>("spectest", "print_f32", [](float) {});
        store_.define_function<void(double)>("spectest", "print_f64", [](double) {});
        store_.define_function<void(std::int32_t, float)>("spectest", "print_i32_f32", [](std::int32_t, float) {});
        store_.define_function<void(double, double)>("spectest", "print_f64_f64", [](double, double) {});
    }

    void count(bool passed, const json& command, const std::string& why) {
        ++(passed ? counts_.passed : counts_.failed);
        if (passed || !verbose_) return;
        std::printf("    command %d, line %s, %s %s: %s\n", number_, command.get<std::string>("line", "?").c_str(),
                    command.get<std::string>("type").c_str(),
                    command.get<std::string>("action.field", command.get<std::string>("filename", "")).c_str(),
                    why.c_str());
    }
    vitte::result<wasm::compiled_module, vitte::loader::parse_error> compile(const json& command) const {
        std::ifstream in(folder_ + "/" + command.get<std::string>("filename"), std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(in)), {});
        return wasm::compiled_module::compile(std::as_bytes(std::span(text)), options_);
    }
    static std::string told(const vitte::loader::parse_error& e) {
        return std::string(e.reading) + ": " + e.reason + " at byte " + std::to_string(e.offset);
    }
    wasm::instance* of(const json& at) const {
        const auto name = at.get_optional<std::string>("module");
        if (!name) return last_;
        const auto found = named_.find(*name);
        return found == named_.end() ? nullptr : found->second;
    }

    void perform(const json& command) {
        const std::string type = command.get<std::string>("type");
        if (type == "module" || type == "module_instance") return define(command, type);
        if (type == "register") {
            const auto name = command.get_optional<std::string>("name");
            const wasm::instance* const what = name ? named_[*name] : last_;
            if (what != nullptr) store_.define(command.get<std::string>("as"), *what);
            return;
        }
        if (type == "action" || type == "assert_return" || type == "assert_trap" || type == "assert_exhaustion" ||
            type == "assert_exception")
            return act(command, type);
        if (command.get<std::string>("module_type", "binary") == "text") {
            ++counts_.text;
            return;
        }
        refuse(command, type);
    }
    /// A module is defined, instantiated, or both; assertions on instantiation mean the definition before them.
    void define(const json& command, const std::string& type) {
        if (type == "module_instance") {
            const auto found = modules_.find(command.get<std::string>("of"));
            if (found == modules_.end()) return count(false, command, "no such module");
            defined_ = found->second;
        } else {
            auto made = compile(command);
            defined_.reset();
            if (!made) return count(false, command, told(made.error()));
            defined_ = *made;
        }
        const auto name = command.get_optional<std::string>("name");
        modules_.insert_or_assign("$M", *defined_);
        if (name) modules_.insert_or_assign(*name, *defined_);
        if (command.get<bool>("definition", false)) return;
        last_ = nullptr;
        auto made = store_.instantiate(*defined_, name ? *name : "");
        if (!made) return count(false, command, made.error().message());
        last_ = *made;
        if (name) named_[*name] = last_;
    }
    void act(const json& command, const std::string& type) {
        const json& action = command.get_child("action");
        const wasm::instance* const where = of(action);
        if (where == nullptr) return count(false, command, "no instance");
        const std::string field = action.get<std::string>("field");
        const wasm::external* const found = where->find(field);
        if (found == nullptr) return count(false, command, "no such export");
        std::vector<wasm::value> results;
        if (action.get<std::string>("type") == "get") {
            if (found->kind != wasm::external_kind::global) return count(false, command, "no global");
            const auto& global = found->as<wasm::global>();
            wasm::value v{global.type.content, {}};
            __builtin_memcpy(v.bits.bits, global.value, 16);
            results.push_back(v);
        } else {
            std::vector<wasm::value> arguments;
            for (const auto& [key, given] : action.get_child("args")) arguments.push_back(argument(given));
            const auto answer = store_.invoke(found->as<wasm::function>(), arguments);
            if (!answer) {
                const std::string why = answer.error().message();
                if (type == "assert_exception")
                    return count(answer.error().code == wasm::trap_code::uncaught_exception, command, why);
                const std::string wanted = command.get<std::string>("text", "");
                const bool trap = type == "assert_trap" || type == "assert_exhaustion";
                return count(trap && said(wanted, message(answer.error().code)), command, why);
            }
            results = *answer;
        }
        if (type == "action") return;
        if (type != "assert_return") return count(false, command, "it returned");
        const json& wanted = command.get_child("expected");
        bool same = wanted.size() == results.size();
        std::size_t i = 0;
        for (const auto& [key, one] : wanted)
            if (same && !matches(one, results[i++])) same = false;
        std::string got;
        for (const wasm::value& v : results) got += " " + std::to_string(v.as<std::uint64_t>());
        count(same, command, "got" + got);
    }
    /// Whether the trap that was wanted is the one that came; the suite adds indices to some.
    static bool said(const std::string& wanted, const std::string& got) {
        return wanted.rfind(got, 0) == 0 || got.rfind(wanted, 0) == 0 ||
               (wanted == "undefined element" && got == "out of bounds table access");
    }
    void refuse(const json& command, const std::string& type) {
        using vitte::errc;
        if (type == "assert_malformed" || type == "assert_invalid") {
            const auto made = compile(command);
            if (made) return count(false, command, "it was accepted");
            const errc code = made.error().code;
            const bool malformed = code == errc::malformed || code == errc::end_of_input;
            return count(type == "assert_malformed" ? malformed : !malformed && code != errc::not_supported, command,
                         "wanted " + command.get<std::string>("text", "") + ", got " + told(made.error()));
        }
        if (command.count("filename") != 0) {
            auto made = compile(command);
            if (!made) return count(false, command, told(made.error()));
            defined_ = *made;
        }
        if (!defined_) return count(false, command, "no module");
        const auto linked = store_.instantiate(*defined_);
        if (linked) return count(false, command, "it was accepted");
        count(linked.error().action == (type == "assert_unlinkable" ? "linking" : "starting"), command,
              linked.error().message());
    }

    std::string folder_;
    wasm::compile_options options_;
    bool verbose_;
    wasm::store store_;
    wasm::instance* last_ = nullptr;
    std::optional<wasm::compiled_module> defined_;
    std::map<std::string, wasm::instance*> named_;
    std::map<std::string, wasm::compiled_module> modules_;
    counts counts_;
    int number_ = 0;
};

}  // namespace suite
