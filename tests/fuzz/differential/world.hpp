// Runs a generated module in a store of our engine, and tells in one line what it does; node.mjs does the same.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <vitte/core/endian.hpp>
#include <vitte/loader/wasm/store.hpp>

#include "generated.hpp"

namespace wasm_fuzz {

using wasm::trap_code;

/// What a call may count down: see `body_writer`. The same in node.mjs.
inline constexpr std::uint32_t fuel = 200;

/// What node can tell apart.
inline const char* name_of(trap_code code) {
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
inline std::string name_of(const vitte::loader::load_error& error) {
    for (unsigned i = 1; i <= static_cast<unsigned>(trap_code::host); ++i) {
        const auto code = static_cast<trap_code>(i);
        if (error.action == std::string_view("starting") && error.reason.starts_with(message(code)))
            return name_of(code);
    }
    return error.message();
}

inline void put_hex(std::string& to, std::uint64_t value) {
    char text[24];
    to.append(text, static_cast<std::size_t>(
                        std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(value))));
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
        if (shared(wasm::external_kind::table))
            table_ = store.make_table({wasm::function_reference, {6, 20, true, false, false}});
        store.define("host", "memory", memory_);
        store.define("host", "table", table_);
        store.define("host", "number",
                     store.make_global({wasm::i32, false}, wasm::constant_value::of(std::uint32_t{42})));
        for (const auto& i : module.imports) {
            if (i.kind != wasm::external_kind::function) continue;
            const wasm::signature& type = module.type_of_function(i.index);
            const signature made{{type.parameters.begin(), type.parameters.end()},
                                 {type.results.begin(), type.results.end()}};
            hosts_.push_back(std::make_unique<host>(host{this, made, i.name[0] == 'h'}));
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
            hash = (hash ^ vitte::load<std::uint32_t>(m.data + i, vitte::byte_order::little)) * 0x9e3779b1;
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

}  // namespace wasm_fuzz
