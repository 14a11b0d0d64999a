// Our side of differential.py: makes modules from seeds, and tells what they do, or whether they are valid, here.
//
//   ours run FIRST COUNT PACK OUTCOMES [LIMIT]          modules by the generator, and calls
//   ours validate FIRST COUNT PACK OUTCOMES FILE...     modules by the generator, or the files, with bytes changed
//
// FEATURES in the environment are the names of `wasm::features` that node has, too. PACK gets, for each module, the length of
// the rest (u32), the seed (u64), the number of calls (u32), for each call the length of its name (u8), the name and its
// arguments (u64 each), then the module. OUTCOMES gets a line for each,
// and the number of functions in all.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vitte/loader/wasm/store.hpp>

#include "generator.hpp"

namespace {
using namespace wasm_fuzz;
using wasm::trap_code;

/// What a call may count down: see `body_writer`. The same in node.mjs.
constexpr std::uint32_t fuel = 200;

/// What node can tell apart.
const char* name_of(trap_code code) {
    switch (code) {
        case trap_code::unreachable: return "unreachable";
        case trap_code::host: return "host";
        case trap_code::memory_out_of_bounds: return "memory";
        case trap_code::table_out_of_bounds:
        case trap_code::undefined_element: return "table";
        case trap_code::uninitialized_element:
        case trap_code::indirect_call_type_mismatch: return "signature";
        case trap_code::integer_overflow:
        case trap_code::invalid_conversion: return "unrepresentable";
        case trap_code::integer_divide_by_zero: return "zero";
        case trap_code::null_reference:
        case trap_code::null_function_reference:
        case trap_code::null_exception_reference: return "null";
        case trap_code::uncaught_exception: return "exception";
        case trap_code::call_stack_exhausted: return "exhausted";
        default: return message(code);
    }
}
/// The code that an error of instantiation tells in words.
std::string name_of(const vitte::loader::load_error& error) {
    for (unsigned i = 1; i <= static_cast<unsigned>(trap_code::host); ++i) {
        const auto code = static_cast<trap_code>(i);
        if (error.action == std::string_view("starting") && error.reason.starts_with(message(code))) return name_of(code);
    }
    return error.message();
}

void put_hex(std::string& to, std::uint64_t value) {
    char text[24];
    to.append(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(value))));
}

/// One store with what modules import, and words for what happens in it.
class world {
public:
    /// Adds the number of functions to `functions`.
    world(const generated& input, const wasm::compile_options& options, std::size_t& functions) {
        auto compiled = wasm::compiled_module::compile(input.bytes, options);
        if (!compiled) {
            told_ = std::string("invalid: ") + compiled.error().reading + ": " + compiled.error().reason;
            return;
        }
        functions += compiled->data().bodies.size();
        wasm::store_limits limits;
        limits.memory_pages = 16;  // as differential.py tells node
        
        limits.stack_bytes = 1 << 21;
        limits.guard_memories = !options.checked_memory;
        auto made = wasm::store::create(limits);
        if (!made) std::abort();
        wasm::store& store = *made;
        offer(store, compiled->data());
        const auto started = store.instantiate(*compiled);
        if (!started) {
            told_ += name_of(started.error());
        } else {
            instance_ = *started;
            for (const call& c : input.calls) tell(store, c);
        }
        tell_state();
    }
    const std::string& told() const { return told_; }

private:
    struct host {
        world* in;
        signature type;
        bool may_fail;
    };
    void offer(wasm::store& store, const wasm::module_data& module) {
        const auto shared = [&](wasm::external_kind kind) {
            for (const auto& i : module.imports)
                if (i.kind == kind) return true;
            return false;
        };
        if (shared(wasm::external_kind::memory)) memory_ = store.make_memory({{1, 4, true, false, false}});
        if (shared(wasm::external_kind::table)) table_ = store.make_table({wasm::function_reference, {6, 20, true, false, false}});
        store.define("host", "memory", memory_);
        store.define("host", "table", table_);
        store.define("host", "number", store.make_global({wasm::i32, false}, wasm::constant_value::of(std::uint32_t{42})));
        for (const auto& i : module.imports) {
            if (i.kind != wasm::external_kind::function) continue;
            const wasm::signature& type = module.type_of_function(i.index);
            hosts_.push_back(std::make_unique<host>(host{this, {type.parameters, type.results}, i.name[0] == 'h'}));
            wasm::signature wanted;
            wanted.parameters = type.parameters, wanted.results = type.results;
            store.define("host", i.name, store.make_function(wanted, called, hosts_.back().get()));
        }
    }
    /// A function of the host: mixes its arguments into a state, which gives its results, and may say to fail.
    static trap_code called(const wasm::function& self, wasm::runtime* in, std::byte* values) {
        const auto& h = *static_cast<const host*>(self.context);
        world& w = *h.in;
        std::byte* at = values;
        for (const value_type t : h.type.parameters) w.mix(w.text_of(t, at, in)), at += 8;
        at = values;
        for (const value_type t : h.type.results) {
            w.mix("r");
            const auto number = static_cast<std::int32_t>(w.state_);
            if (t == wasm::i32)
                wasm::ops::put(at, w.state_);
            else if (t == wasm::i64)
                wasm::ops::put(at, std::uint64_t{w.state_} << 32 | ~w.state_);
            else if (t == wasm::f32)
                wasm::ops::put(at, static_cast<float>(number >> 8));
            else if (t == wasm::f64)
                wasm::ops::put(at, static_cast<double>(number) / 65536);
            else
                wasm::ops::put(at, std::uint64_t{t == wasm::external_reference ? w.state_ % 4 : 0});
            at += 8;
        }
        return h.may_fail && w.state_ % 16 == 15 ? trap_code::host : trap_code::none;
    }
    void mix(std::string_view text) {
        for (const char c : text) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x01000193;
        state_ ^= state_ >> 15;
    }
    std::string text_of(value_type type, const std::byte* at, wasm::runtime* in) const {
        std::string made;
        const auto number = wasm::ops::get<std::uint64_t>(at);
        if (type == wasm::i32) put_hex(made, wasm::ops::get<std::uint32_t>(at));
        if (type == wasm::i64) put_hex(made, number);
        if (type == wasm::f32) {
            const auto value = wasm::ops::get<float>(at);
            value != value ? void(made = "nan") : put_hex(made, std::bit_cast<std::uint32_t>(value));
        }
        if (type == wasm::f64) {
            const auto value = wasm::ops::get<double>(at);
            value != value ? void(made = "nan") : put_hex(made, number);
        }
        if (type == wasm::external_reference) made = number == 0 ? "null" : "x" + std::to_string(number);
        if (type == wasm::function_reference) {
            made = "null";
            for (std::size_t i = 0; number != 0 && i < in->functions.size(); ++i)
                if (wasm::to_reference(in->functions[i]) == number) return "f" + std::to_string(i);
        }
        return made;
    }
    void tell(wasm::store& store, const call& c) {
        if (const wasm::external* const f = instance_->find("fuel")) wasm::ops::put(f->as<wasm::global>().value, fuel);
        const auto& f = instance_->find(c.name)->as<wasm::function>();
        std::vector<wasm::value> arguments;
        for (std::size_t i = 0; i < c.arguments.size(); ++i) {
            const value_type type = f.description->parameters[i];
            std::uint64_t bits = c.arguments[i];
            if (type == wasm::function_reference) bits = bits == 0 ? 0 : wasm::to_reference(&f);
            arguments.push_back({type, wasm::constant_value::of(bits)});
        }
        const auto made = store.invoke(f, arguments);
        told_ += ' ';
        if (!made) {
            told_ += name_of(made.error().code);
            return;
        }
        told_ += '=';
        for (const wasm::value& v : *made) told_ += text_of(v.type, v.bits.bits, &instance_->view()), told_ += ',';
    }
    void tell_memory(const wasm::memory& m) {
        std::uint32_t hash = 0;
        for (std::uint64_t i = 0; i < m.size; i += 4) {
            hash = (hash ^ wasm::ops::load_little<std::uint32_t>(m.data + i)) * 0x9e3779b1;
            hash ^= hash >> 15;
        }
        told_ += " memory=" + std::to_string(m.size) + "/";
        put_hex(told_, hash);
    }
    void tell_table(const wasm::table& t, wasm::runtime* in) {
        told_ += " table=";
        for (const wasm::reference r : t.elements) {
            told_ += text_of(t.type.element, reinterpret_cast<const std::byte*>(&r), in);
            told_ += ',';
        }
    }
    void tell_state() {
        told_ += " host=";
        put_hex(told_, state_);
        if (instance_ == nullptr) {
            if (memory_.item != nullptr) tell_memory(memory_.as<wasm::memory>());
            return;
        }
        for (const wasm::export_description& x : instance_->module().exports) {
            const wasm::external* const item = instance_->find(x.name);
            if (x.kind == wasm::external_kind::memory) tell_memory(item->as<wasm::memory>());
            if (x.kind == wasm::external_kind::table) tell_table(item->as<wasm::table>(), &instance_->view());
            if (x.kind != wasm::external_kind::global) continue;
            const value_type type = instance_->module().globals[x.index].type.content;
            told_ += " " + x.name + "=" + text_of(type, item->as<wasm::global>().value, &instance_->view());
        }
    }

    std::string told_;
    std::uint32_t state_ = 1;
    std::vector<std::unique_ptr<host>> hosts_;
    wasm::external memory_{wasm::external_kind::memory, nullptr}, table_{wasm::external_kind::table, nullptr};
    wasm::instance* instance_ = nullptr;
};

wasm::features shared_features() {
    const char* const listed = std::getenv("FEATURES");
    const std::string names = std::string(" ") + (listed == nullptr ? "simd tail_calls" : listed) + " ";
    const auto has = [&](const char* name) { return names.find(std::string(" ") + name + " ") != names.npos; };
    return {has("simd"),     has("tail_calls"),         has("multiple_memories"), has("memory64"), has("extended_constants"),
            has("typed_references"), has("exceptions"), has("relaxed_simd")};
}

void write(std::FILE* to, const std::vector<std::byte>& bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), to) != bytes.size() || std::fflush(to) != 0) std::exit(3);
}
void pack(std::FILE* to, std::uint64_t seed, const generated& module) {
    writer record;
    record.fixed(seed, 8), record.fixed(module.calls.size(), 4);
    for (const call& c : module.calls) {
        record.put(c.name.size());
        for (const char letter : c.name) record.put(letter);
        for (const std::uint64_t a : c.arguments) record.fixed(a, 8);
    }
    record.append(module.bytes);
    writer all;
    all.fixed(record.bytes.size(), 4), all.append(record.bytes);
    write(to, all.bytes);
}

/// How a module is translated depends on its seed.
wasm::compile_options options_of(std::uint64_t seed, const wasm::features& allowed) {
    wasm::compile_options made;
    made.allowed = allowed;
    made.checked_memory = seed % 2 == 0 || !wasm::store::guards();
    made.metered = seed % 8 >= 6;
    made.interruptible = seed % 8 >= 2 && seed % 8 < 4;
    return made;
}

/// Flips, inserts, deletes, copies and overwrites.
void change(std::vector<std::byte>& bytes, choices& by) {
    for (std::uint32_t n = 1 + by.below(3); n-- > 0 && bytes.size() > 8;) {
        const auto at = static_cast<std::ptrdiff_t>(8 + by.bits() % (bytes.size() - 8));
        std::byte& here = bytes[static_cast<std::size_t>(at)];
        switch (by.below(6)) {
            case 0: here ^= static_cast<std::byte>(1 << by.below(8)); break;
            case 1: here = static_cast<std::byte>(by.bits() & 0xff); break;
            case 2: bytes.insert(bytes.begin() + at, static_cast<std::byte>(by.bits() & 0xff)); break;
            case 3: bytes.erase(bytes.begin() + at); break;
            case 4: here = static_cast<std::byte>(std::to_integer<unsigned>(here) + by.below(5) - 2); break;
            default: here = bytes[8 + by.bits() % (bytes.size() - 8)];
        }
    }
}
std::string verdict(const std::vector<std::byte>& bytes, const wasm::features& allowed) {
    wasm::compile_options options;
    options.allowed = allowed;
    const auto made = wasm::compiled_module::compile(bytes, options);
    if (made) return "valid";
    return std::string("refused ") + (made.error().code == vitte::errc::not_supported ? "feature " : "") +
           (made.error().code == vitte::errc::too_large ? "limit " : "") + made.error().reading + ": " + made.error().reason +
           " at " + std::to_string(made.error().offset);
}
std::vector<std::byte> content_of(const char* path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto* const from = reinterpret_cast<const std::byte*>(text.data());
    return {from, from + text.size()};
}
}  // namespace

int main(int count, char** words) {
    if (count < 6) return 2;
    const std::uint64_t first = std::strtoull(words[2], nullptr, 10), all = std::strtoull(words[3], nullptr, 10);
    const bool runs = std::string_view(words[1]) == "run";
    const std::int64_t limit = runs && count > 6 ? std::strtoll(words[6], nullptr, 10) : INT64_MAX;
    std::FILE* const to = std::fopen(words[4], "wb");
    std::FILE* const outcomes = std::fopen(words[5], "w");
    if (to == nullptr || outcomes == nullptr) return 2;
    const wasm::features allowed = shared_features();
    const operations known(allowed.simd);
    std::vector<std::vector<std::byte>> files;
    for (int i = 6; !runs && i < count; ++i) files.push_back(content_of(words[i]));
    std::size_t functions = 0;
    for (std::uint64_t seed = first; seed < first + all; ++seed) {
        choices by(seed);
        generated module;
        if (!files.empty() && seed % 2 == 0)
            module.bytes = by.one_of(files);
        else
            module = generator(by, allowed, known).make(limit);
        if (!runs) {
            module.calls.clear();
            if (seed % 64 != 1) change(module.bytes, by);
        }
        pack(to, seed, module);
        const wasm::compile_options options = options_of(seed, allowed);
        const std::string told = runs ? world(module, options, functions).told() : verdict(module.bytes, allowed);
        std::fprintf(outcomes, "%llu %s\n", static_cast<unsigned long long>(seed), told.c_str());
        std::fflush(outcomes);
    }
    std::fprintf(outcomes, "functions %zu\n", functions);
    return std::fclose(to) | std::fclose(outcomes);
}
