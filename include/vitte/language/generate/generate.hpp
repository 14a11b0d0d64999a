/// The last stage: a WebAssembly module of code over values.
#pragma once

#include <vitte/language/generate/function.hpp>

namespace vitte::language {
namespace detail {

class module_writer {
public:
    module_writer(const sources& from, const code& c) : from_(from), c_(c) {}

    std::vector<std::byte> all() {
        number_functions();
        const std::uint32_t own = imports_ + defined_;
        trap_functions traps(from_, own + 2);
        wasm_bytes bodies;
        for (const function& f : c_.functions) {
            if (f.blocks.empty()) continue;
            bodies.sized(function_writer(f, c_, number_of_, traps, own).all());
            declare(type_of(f));
            note(f);
        }
        add_helpers(bodies, traps);
        wasm_bytes module;
        module.fixed(0x6d736100, 4);
        module.fixed(1, 4);
        list(module, 1, types_.size(), type_bytes_);
        list(module, 2, imports_, import_bytes_);
        list(module, 3, declared_, declarations_);
        if (uses_memory_) add_memory(module);
        list(module, 7, exported_, exports_);
        list(module, 10, declared_, bodies);
        if (uses_memory_ && !c_.data.empty()) add_data(module);
        names(module);
        return module.take();
    }

private:
    void number_functions() {
        uses_memory_ =
            std::any_of(c_.functions.begin(), c_.functions.end(), [](const function& f) { return f.library; });
        number_of_.resize(c_.functions.size());
        for (std::size_t i = 0; i < c_.functions.size(); ++i) {
            const function& f = c_.functions[i];
            if (!f.blocks.empty()) continue;
            number_of_[i] = imports_++;
            import_bytes_.name(f.library ? "wasi_snapshot_preview1" : "env");
            import_bytes_.name(std::string_view(f.name).substr(f.library ? 2 : 0));
            import_bytes_.byte(0);
            import_bytes_.number(type_of(f));
            note(f);
        }
        for (std::size_t i = 0; i < c_.functions.size(); ++i)
            if (!c_.functions[i].blocks.empty()) number_of_[i] = imports_ + defined_++;
        for (std::size_t i = 0; i < c_.functions.size(); ++i) {
            const function& f = c_.functions[i];
            if (f.blocks.empty() || !(f.visible || f.name == "main")) continue;
            ++exported_;
            exports_.name(f.name);
            exports_.byte(0);
            exports_.number(number_of_[i]);
        }
    }
    std::uint32_t type_of(const function& f) {
        std::string key;
        for (std::uint32_t i = 0; i < f.parameters; ++i)
            if (bits_of(f.types[i]) != 0) key += static_cast<char>(wasm_type(f.types[i]));
        std::string results;
        for (const type t : f.gives) results += static_cast<char>(wasm_type(t));
        return type_of(key, results);
    }
    std::uint32_t type_of(const std::string& parameters, const std::string& results) {
        const auto [at, is_new] = types_.try_emplace({parameters, results}, static_cast<std::uint32_t>(types_.size()));
        if (!is_new) return at->second;
        type_bytes_.byte(0x60);
        type_bytes_.name(parameters);
        type_bytes_.name(results);
        return at->second;
    }
    void declare(std::uint32_t type) {
        ++declared_;
        declarations_.number(type);
    }
    /// A program that has library functions has texts.
    void add_memory(wasm_bytes& module) {
        ++exported_;
        exports_.name("memory");
        exports_.byte(2);
        exports_.number(0);
        wasm_bytes limits;
        limits.byte(0);
        limits.number(c_.heap() / 65536 + 1);
        list(module, 5, 1, limits);
    }
    void add_data(wasm_bytes& module) const {
        wasm_bytes data;
        data.byte(0);
        data.byte(wasm_code::i32_const), data.signed_number(code::data_begin), data.byte(wasm_code::end);
        data.name(c_.data);
        list(module, 11, 1, data);
    }
    void note(const function& f) { names_.push_back(f.name); }

    /// Functions after those of the program: whether a product overflows, and the traps.
    void add_helpers(wasm_bytes& bodies, const trap_functions& traps) {
        bodies.sized(product_overflows(true));
        bodies.sized(product_overflows(false));
        for (const char* name : {"i64 product overflows", "u64 product overflows"}) {
            declare(type_of(std::string(2, static_cast<char>(wasm_code::i64)),
                            std::string(1, static_cast<char>(wasm_code::i32))));
            names_.push_back(name);
        }
        wasm_bytes trap;
        for (const unsigned b : {0u, 0u + wasm_code::unreachable, 0u + wasm_code::end}) trap.byte(b);
        for (std::size_t i = 0; i < traps.size(); ++i) {
            bodies.sized(trap);
            declare(type_of("", ""));
            names_.push_back(traps.name(i));
        }
    }
    /// (a, b) -> whether a * b does not fit: b != 0 and (a * b) / b != a, where -1 divides by changing the sign.
    static wasm_bytes product_overflows(bool is_sign) {
        using namespace wasm_code;
        wasm_bytes w;
        const auto get = [&](unsigned local) { w.byte(local_get), w.byte(local); };
        const auto constant = [&](std::int64_t v) { w.byte(i64_const), w.signed_number(v); };
        const auto give_if = [&] { w.byte(if_), w.byte(no_type); };
        w.byte(0);
        get(1), w.byte(i64_eqz), give_if(), w.byte(i32_const), w.byte(0), w.byte(wasm_code::give), w.byte(end);
        if (is_sign) {
            get(1), constant(-1), w.byte(i64_eq), give_if();
            get(0), constant(std::numeric_limits<std::int64_t>::min()), w.byte(i64_eq), w.byte(wasm_code::give),
                w.byte(end);
        }
        get(0), get(1), w.byte(unsigned{i64_add} + mul), get(1), w.byte(unsigned{i64_add} + (is_sign ? div_s : div_u)),
            get(0), w.byte(unsigned{i64_eq} + ne);
        w.byte(end);
        return w;
    }
    static void list(wasm_bytes& module, unsigned id, std::size_t count, const wasm_bytes& content) {
        if (count == 0) return;
        wasm_bytes section;
        section.number(count);
        section.append(content);
        module.section(id, section);
    }
    /// The custom section "name": of functions.
    void names(wasm_bytes& module) const {
        wasm_bytes map;
        map.number(names_.size());
        for (std::size_t i = 0; i < names_.size(); ++i) map.number(i), map.name(names_[i]);
        wasm_bytes section;
        section.name("name");
        section.section(1, map);
        module.section(0, section);
    }

    const sources& from_;
    const code& c_;
    std::vector<std::uint32_t> number_of_;
    bool uses_memory_ = false;
    std::uint32_t imports_ = 0, defined_ = 0, declared_ = 0, exported_ = 0;
    std::map<std::pair<std::string, std::string>, std::uint32_t> types_;
    wasm_bytes type_bytes_, import_bytes_, declarations_, exports_;
    std::vector<std::string> names_;  // of all functions, in order
};
}  // namespace detail

/// Returns a module that exports the visible procedures, and `main`; it imports what `extern` declares from "env".
/// Functions have names, and a trap is in a function whose name says why and where.
inline std::vector<std::byte> generate(const sources& from, const code& c) {
    return detail::module_writer(from, c).all();
}

}  // namespace vitte::language
