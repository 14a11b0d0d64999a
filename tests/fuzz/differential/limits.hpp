// Modules that have just as much as each limit allows, one more, and one less.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>
#include <vitte/loader/format/wasm/module_limits.hpp>

#include "choices.hpp"

namespace wasm_fuzz {
namespace wasm = vitte::loader::wasm;

class limit_modules {
public:
    static constexpr std::uint64_t count = 3 * 20;

    explicit limit_modules(const wasm::module_limits& limits) : limits_(limits) {}

    /// The seeds 0, 1 and 2 stand for one less than the first limit, as much, and one more; 3 to 5 for the second one.
    std::vector<std::byte> make(std::uint64_t seed) {
        const kind chosen = kinds()[seed / 3 % (count / 3)];
        out_ = {};
        out_.put(0, 'a', 's', 'm', 1, 0, 0, 0);
        chosen.write(static_cast<std::uint32_t>(chosen.limit + seed % 3 - 1));
        return std::move(out_.bytes);
    }

private:
    struct kind {
        std::uint64_t limit;
        std::function<void(std::uint32_t)> write;
    };
    std::vector<kind> kinds() {
        const auto l = limits_;
        return {
            {l.types, [this](auto n) { entries(1, n, {0x60, 0, 0}); }},
            {l.imports, [this](auto n) { nothing(), entries(2, n, {0, 0, 0, 0}); }},
            {l.functions, [this](auto n) { nothing(), entries(3, n, {0}), entries(10, n, {2, 0, 0x0b}); }},
            {l.tables, [this](auto n) { entries(4, n, {0x70, 0, 0}); }},
            {l.memories, [this](auto n) { entries(5, n, {0, 0}); }},
            {pages, [this](auto n) { memory(n); }},
            {l.tags, [this](auto n) { nothing(), entries(13, n, {0, 0}); }},
            {l.globals, [this](auto n) { entries(6, n, {0x7f, 0, 0x41, 0, 0x0b}); }},
            {l.exports, [this](auto n) { nothing(), declared(), exports(n), bodies({}); }},
            {l.elements, [this](auto n) { nothing(), declared(), elements(n), bodies({}); }},
            {l.element_segments, [this](auto n) { entries(9, n, {1, 0, 0}); }},
            {l.data_segments, [this](auto n) { entries(11, n, {1, 0}); }},
            {l.parameters, [this](auto n) { type(n, 0); }},
            {l.results, [this](auto n) { type(0, n); }},
            {l.body_bytes, [this](auto n) { code(repeated(n - 2, {1})); }},
            {l.values, [this](auto n) { code(repeated(n, {0x41, 0}), repeated(n, {0x1a})); }},
            {l.nesting, [this](auto n) { code(repeated(n - 1, {0x02, 0x40}), repeated(n - 1, {0x0b})); }},  // and the body
            {l.locals, [this](auto n) { nothing(), declared(), bodies(locals(n)); }},
            {l.locals, [this](auto n) { type(1000, 0), declared(), bodies(locals(n - 1000)); }},
            {l.all_locals, [this](auto n) { functions_with(n); }},
        };
    }

    void section(int id, const writer& content) { out_.put(id), out_.sized(content); }
    void entries(int id, std::uint32_t n, std::initializer_list<int> one) {
        writer content;
        content.number(n);
        for (std::uint32_t i = 0; i < n; ++i)
            for (const int byte : one) content.put(byte);
        section(id, content);
    }
    void nothing() { entries(1, 1, {0x60, 0, 0}); }
    void declared() { entries(3, 1, {0}); }
    void type(std::uint32_t parameters, std::uint32_t results) {
        writer content;
        content.put(1, 0x60);
        for (const std::uint32_t n : {parameters, results}) {
            content.number(n);
            for (std::uint32_t i = 0; i < n; ++i) content.put(0x7f);
        }
        section(1, content);
    }
    void exports(std::uint32_t n) {
        writer content;
        content.number(n);
        for (std::uint32_t i = 0; i < n; ++i) {
            content.put(4);
            for (unsigned shift = 0; shift < 20; shift += 5) content.put('A' + static_cast<int>(i >> shift & 31));
            content.put(0, 0);
        }
        section(7, content);
    }
    void elements(std::uint32_t n) {
        writer content;
        content.put(1, 1, 0);
        content.number(n);
        for (std::uint32_t i = 0; i < n; ++i) content.put(0);
        section(9, content);
    }
    void memory(std::uint32_t pages) {
        writer content;
        content.put(1, 0);
        content.number(pages);
        section(5, content);
    }
    static writer repeated(std::uint32_t n, std::initializer_list<int> one) {
        writer made;
        for (std::uint32_t i = 0; i < n; ++i)
            for (const int byte : one) made.put(byte);
        return made;
    }
    static writer locals(std::uint32_t n) {
        writer made;
        made.put(1);
        made.number(n);
        made.put(0x7f);
        return made;
    }
    /// One function: its locals, which are none if nothing is written about them, and its code.
    void bodies(const writer& locals, const writer& code = {}) {
        writer content, body;
        if (locals.bytes.empty())
            body.put(0);
        else
            body.append(locals.bytes);
        body.append(code.bytes);
        body.put(0x0b);
        content.put(1), content.sized(body);
        section(10, content);
    }
    void code(writer first, const writer& then = {}) {
        first.append(then.bytes);
        nothing(), declared(), bodies({}, first);
    }
    /// Functions with `n` locals in all, of which each has as many as it may.
    void functions_with(std::uint32_t n) {
        const std::uint32_t each = limits_.locals, count = (n + each - 1) / each;
        nothing(), entries(3, count, {0});
        writer content;
        content.number(count);
        for (std::uint32_t left = n; left > 0; left -= std::min(left, each)) {
            writer body = locals(std::min(left, each));
            body.put(0x0b);
            content.sized(body);
        }
        section(10, content);
    }

    static constexpr std::uint32_t pages = 65536;  // of a memory whose addresses have 32 bits
    wasm::module_limits limits_;
    writer out_;
};

}  // namespace wasm_fuzz
