/// How a store links and starts instances (core specification, 4.5.4).
#pragma once

#include <vitte/loader/wasm/interpret/segments.hpp>
#include <vitte/loader/wasm/run/store.hpp>

namespace vitte::loader::wasm {

template <sys::platform P>
[[gnu::cold]] external basic_store<P>::make_function(signature type, host_call call, void* context) {
    auto made = std::make_unique<host_entry>();
    made->type = std::move(type);
    std::uint32_t taken = 0, given = 8;
    for (const value_type t : made->type.parameters) taken += bytes_of(t);
    for (const value_type t : made->type.results) given += bytes_of(t);
    function& f = made->callee;
    f.type = types_.add(made->type);
    f.value_bytes = taken > given ? taken : given;
    f.host = call;
    f.context = context;
    f.description = &made->type;
    f.owner = execution_.get();
    host_functions_.push_back(std::move(made));
    return {external_kind::function, &host_functions_.back()->callee};
}
template <sys::platform P>
[[gnu::cold]] external basic_store<P>::make_table(const table_type& type, reference initial) {
    if (tables_.size() >= limits_.tables) return {external_kind::table, nullptr};
    auto made = std::make_unique<table>();
    made->type = type;
    made->budget = &execution_->table_elements;
    if (!made->reserve(type.size.least)) return {external_kind::table, nullptr};
    made->append(static_cast<std::size_t>(type.size.least), initial);
    tables_.push_back(std::move(made));
    return {external_kind::table, tables_.back().get()};
}
template <sys::platform P>
[[gnu::cold]] external basic_store<P>::make_memory(const memory_type& type) {
    if (memories_->size() >= limits_.memories) return {external_kind::memory, nullptr};
    auto made =
        std::make_unique<linear_memory<P>>(type, limits_.memory_pages, limits_.guard_memories && !type.size.wide);
    made->budget = &execution_->memory_pages;
    if ((limits_.guard_memories && !type.size.wide && !made->guarded) || !made->grow(type.size.least))
        return {external_kind::memory, nullptr};
    memories_->push_back(std::move(made));
    return {external_kind::memory, memories_->back().get()};
}
template <sys::platform P>
[[gnu::cold]] external basic_store<P>::make_global(const global_type& type, const constant_value& initial) {
    if (globals_.size() >= limits_.globals) return {external_kind::global, nullptr};
    globals_.push_back(std::make_unique<global>());
    global& made = *globals_.back();
    made.type = type;
    made.owner = execution_.get();
    __builtin_memcpy(made.value, initial.bits, sizeof made.value);
    return {external_kind::global, &made};
}

template <sys::platform P>
bool basic_store<P>::matches(value_type have, const runtime* of_have, value_type want,
                             const runtime* of_want) const noexcept {
    if (!have.is_reference() || !want.is_reference()) return have == want;
    if (have.is_nullable() && !want.is_nullable()) return false;
    const heap_type from = have.heap(), to = want.heap();
    if (from.is_defined() && to.is_defined()) return of_have->types[from.index()] == of_want->types[to.index()];
    if (from.is_defined()) return to == heap_code::function;
    if (from == heap_code::no_function) return to.is_defined() || to == heap_code::function || from == to;
    if (from == heap_code::no_external) return to == heap_code::external || from == to;
    return from == to || (from == heap_code::no_exception && to == heap_code::exception);
}

namespace detail {
/// Whether what has `size` elements or pages of type `have` may be imported as `want`.
inline bool limits_match(std::uint64_t size, const limits& have, const limits& want) noexcept {
    if (have.wide != want.wide || size < want.least) return false;
    return !want.bounded || (have.bounded && have.most <= want.most);
}
}  // namespace detail

/// Whether it belongs to this store. The numbers of types, and references to functions and exceptions, mean something
/// else in others.
template <sys::platform P>
bool basic_store<P>::owns(const external& item) const noexcept {
    const wasm::execution* const own = execution_.get();
    switch (item.kind) {
        case external_kind::function: return item.as<wasm::function>().owner == own;
        case external_kind::table: return item.as<wasm::table>().budget == &own->table_elements;
        case external_kind::memory: return item.as<wasm::memory>().budget == &own->memory_pages;
        case external_kind::global: return item.as<wasm::global>().owner == own;
        case external_kind::tag: return item.as<wasm::tag>().owner == own;
    }
    return false;
}

/// Why `offered` cannot be what is wanted; null if it can.
template <sys::platform P>
[[gnu::cold]] const char* basic_store<P>::fault(const instance& made, const import_description& wanted,
                                                const external& offered) const noexcept {
    constexpr const char* wrong = "incompatible import type";
    if (offered.kind != wanted.kind) return wrong;
    const module_data& m = *made.module_;
    const runtime* const in = &made.view_;
    bool fits = false;
    switch (wanted.kind) {
        case external_kind::function:
            fits = offered.as<wasm::function>().type == in->types[m.functions[wanted.index]];
            break;
        case external_kind::table: {
            const table& t = offered.as<wasm::table>();
            const table_type& type = m.tables[wanted.index].type;
            fits =
                same(t.type.element, t.of, type.element, in) && detail::limits_match(t.size(), t.type.size, type.size);
            break;
        }
        case external_kind::memory: {
            const memory& o = offered.as<wasm::memory>();
            fits = detail::limits_match(o.size / memory::page, o.type.size, m.memories[wanted.index].size);
            break;
        }
        case external_kind::global: {
            const global& g = offered.as<wasm::global>();
            const global_type& type = m.globals[wanted.index].type;
            fits = g.type.writable == type.writable && matches(g.type.content, g.of, type.content, in) &&
                   (!type.writable || matches(type.content, in, g.type.content, g.of));
            break;
        }
        case external_kind::tag: fits = offered.as<wasm::tag>().type == in->types[m.tags[wanted.index]];
    }
    return fits ? nullptr : wrong;
}

template <sys::platform P>
[[gnu::cold]] result<void, load_error> basic_store<P>::link(instance& made, const import_description& wanted) {
    const auto refuse = [&](errc code, std::string reason) {
        load_error e = failure(made, "linking", code, std::move(reason));
        e.symbol = wanted.module + "." + wanted.name;
        return unexpected(std::move(e));
    };
    const external* const found = find(wanted.module, wanted.name);
    if (found == nullptr || found->item == nullptr)
        return refuse(errc::not_found, std::string("unknown import: nothing offers this ") + name_of(wanted.kind));
    const external& offered = *found;
    if (!owns(offered)) return refuse(errc::invalid_argument, "what is offered belongs to another store");
    if (const char* const wrong = fault(made, wanted, offered)) {
        std::string want = name_of(wanted.kind), have = name_of(offered.kind);
        if (wanted.kind == external_kind::function && offered.kind == wanted.kind) {
            want.append(" ").append(text_of(made.module_->type_of_function(wanted.index)));
            have.append(" ").append(text_of(*offered.as<wasm::function>().description));
        }
        return refuse(errc::invalid_argument, std::string(wrong) + ": wanted as a " + want + ", offered as a " + have);
    }
    runtime& view = made.view_;
    switch (wanted.kind) {
        case external_kind::function: view.functions.push_back(&offered.as<wasm::function>()); break;
        case external_kind::table: view.tables.push_back(&offered.as<wasm::table>()); break;
        case external_kind::memory: view.memories.push_back(&offered.as<wasm::memory>()); break;
        case external_kind::global: view.globals.push_back(offered.as<wasm::global>().value); break;
        case external_kind::tag: view.tags.push_back(&offered.as<wasm::tag>());
    }
    return {};
}

/// Of what one more instance, of `module`, would be more than the store's limits allow; null if they allow all of it.
template <sys::platform P>
[[gnu::cold]] const char* basic_store<P>::excess_of(const module_data& module) const noexcept {
    const struct {
        const char* of;
        std::size_t present, added, most;
    } counts[] = {
        {"instances", instances_.size(), 1, limits_.instances},
        {"memories", memories_->size(), module.memories.size() - module.imported_memories, limits_.memories},
        {"tables", tables_.size(), module.tables.size() - module.imported_tables, limits_.tables},
        {"globals", globals_.size(), module.globals.size() - module.imported_globals, limits_.globals},
        {"tags", tags_.size(), module.tags.size() - module.imported_tags, limits_.tags},
    };
    for (const auto& c : counts)
        if (c.added > c.most - std::min(c.present, c.most)) return c.of;
    return nullptr;
}

/// Makes what the module defines itself; memories and tables have no content yet.
template <sys::platform P>
[[gnu::cold]] void basic_store<P>::define_own(instance& made) {
    const module_data& m = *made.module_;
    runtime& view = made.view_;
    made.functions_.resize(m.bodies.size());
    for (std::size_t i = 0; i < m.bodies.size(); ++i) {
        function& f = made.functions_[i];
        f.code = &m.bodies[i];
        f.entry = f.code->entry;
        f.in = &view;
        f.type = view.types[m.bodies[i].type];
        f.description = &m.types[m.bodies[i].type];
        f.owner = execution_.get();
        view.functions.push_back(&f);
    }
    for (std::size_t i = m.imported_tags; i < m.tags.size(); ++i) {
        tags_.push_back(std::make_unique<tag>(tag{view.types[m.tags[i]], &m.types[m.tags[i]], execution_.get()}));
        view.tags.push_back(tags_.back().get());
    }
    for (std::size_t i = m.imported_globals; i < m.globals.size(); ++i) {
        auto& g =
            make_global(m.globals[i].type, evaluate_constant(m.globals[i].initial, view)).template as<wasm::global>();
        g.of = &view;
        view.globals.push_back(g.value);
    }
}

template <sys::platform P>
[[gnu::cold]] result<instance*, load_error> basic_store<P>::instantiate(const compiled_module& module,
                                                                        std::string name) {
    const char* const excess = excess_of(module.data());
    instances_.push_back(std::make_unique<instance>());
    instance& made = *instances_.back();
    made.module_ = module.shared();
    made.name_ = std::move(name);
    const auto refuse = [&](load_error e) {
        instances_.pop_back();
        return unexpected(std::move(e));
    };
    if (excess != nullptr)
        return refuse(failure(made, "allocating", errc::out_of_memory,
                              std::string("more ") + excess + " than the store's limits allow"));
    const module_data& m = *made.module_;
    runtime& view = made.view_;
    view.execution = execution_.get();
    view.module = &m;
    view.name = made.name_.c_str();
    view.types = types_.add(m.types);
    for (const import_description& wanted : m.imports) {
        auto linked = link(made, wanted);
        if (!linked) return refuse(std::move(linked.error()));
    }
    define_own(made);
    VITTE_CHECK(initialise(made));
    return &made;
}

/// From here on the instance stays even if it fails: parts of it may be in tables of others.
template <sys::platform P>
[[gnu::cold]] result<void, load_error> basic_store<P>::initialise(instance& made) {
    const module_data& m = *made.module_;
    runtime& view = made.view_;
    const auto exhausted = [&](const char* what) {
        return unexpected(failure(made, "allocating", errc::out_of_memory,
                                  std::string(what) + " is larger than the limits or the memory there is"));
    };
    for (std::size_t i = m.imported_tables; i < m.tables.size(); ++i) {
        const constant_value initial =
            m.tables[i].initialized ? evaluate_constant(m.tables[i].initial, view) : constant_value();
        const external t = make_table(m.tables[i].type, initial.as<reference>());
        if (t.item == nullptr) return exhausted("a table");
        t.as<wasm::table>().of = &view;
        view.tables.push_back(&t.as<wasm::table>());
    }
    for (std::size_t i = m.imported_memories; i < m.memories.size(); ++i) {
        const external o = make_memory(m.memories[i]);
        if (o.item == nullptr) return exhausted("a memory");
        view.memories.push_back(&o.as<wasm::memory>());
    }
    if (!view.memories.empty()) {
        if (!m.options.checked_memory && !view.memories[0]->guarded && !view.memories[0]->type.size.wide)
            return unexpected(failure(made, "linking", errc::invalid_argument,
                                      "its code does not check addresses, and the memory is not guarded"));
        view.memories[0]->viewers.push_back(&view);
        view.memory_data = view.memories[0]->data;
        view.memory_size = view.memories[0]->size;
    }
    for (const export_description& x : m.exports) {
        // An exported global is known by its value, which is its first member.
        void* const items[] = {x.kind == external_kind::function ? view.functions[x.index] : nullptr,
                               x.kind == external_kind::table ? view.tables[x.index] : nullptr,
                               x.kind == external_kind::memory ? view.memories[x.index] : nullptr,
                               x.kind == external_kind::global ? view.globals[x.index] : nullptr,
                               x.kind == external_kind::tag ? view.tags[x.index] : nullptr};
        made.exports_.emplace(x.name, external{x.kind, items[static_cast<unsigned>(x.kind)]});
    }
    view.dropped_data.assign(m.data.size(), false);
    view.dropped_elements.assign(m.elements.size(), false);
    view.elements.resize(m.elements.size());
    for (std::size_t i = 0; i < m.elements.size(); ++i) {
        cursor in = m.elements[i].items;
        for (std::uint32_t k = 0; k < m.elements[i].size; ++k)
            view.elements[i].push_back(m.elements[i].expressions
                                           ? evaluate_constant(read_expression(in), view).template as<reference>()
                                           : to_reference(view.functions[in.u32("")]));
    }
    const auto start_at = [&](cursor expression, bool wide) {
        const constant_value v = evaluate_constant(expression, view);
        return wide ? v.as<std::uint64_t>() : v.as<std::uint32_t>();
    };
    const auto trapped = [&](trap_code code) {
        execution_->has_stopped();
        return unexpected(failure(made, "starting", errc::out_of_range, message(code)));
    };
    for (std::uint32_t i = 0; i < m.elements.size(); ++i) {
        const element_entry& e = m.elements[i];
        if (e.mode == segment_mode::passive) continue;
        if (e.mode == segment_mode::active) {
            const trap_code code =
                bulk::copy_elements(view, e.table, i, start_at(e.at, view.tables[e.table]->type.size.wide), 0, e.size);
            if (code != trap_code::none) return trapped(code);
        }
        bulk::drop_elements(view, i);
    }
    for (std::uint32_t i = 0; i < m.data.size(); ++i) {
        const data_segment& d = m.data[i];
        if (d.at == nullptr) continue;
        const trap_code code = bulk::copy_data(
            view, d.memory, i, start_at(d.address(), view.memories[d.memory]->type.size.wide), 0, d.content.size());
        if (code != trap_code::none) return trapped(code);
        view.dropped_data[i] = true;
    }
    if (!m.has_start) return {};
    const auto started = wasm::invoke(*execution_, *view.functions[m.start], {});
    if (!started) return unexpected(failure(made, "starting", errc::unknown, started.error().message()));
    return {};
}

}  // namespace vitte::loader::wasm
