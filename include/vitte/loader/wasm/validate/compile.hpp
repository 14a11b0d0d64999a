/// From a module's bytes to code that instances share: decodes, validates and translates in one go.
#pragma once

#include <set>
#include <string_view>
#include <vitte/core/separate.hpp>
#include <vitte/loader/wasm/module/compiled_module.hpp>
#include <vitte/loader/wasm/translate/control.hpp>
#include <vitte/loader/wasm/translate/values.hpp>
#include <vitte/loader/wasm/validate/constant_expression.hpp>
#include <vitte/loader/wasm/validate/control.hpp>
#include <vitte/loader/wasm/validate/values.hpp>

namespace vitte::loader::wasm {

namespace detail {

/// Fills a `module_data`, section by section.
class module_builder {
public:
    explicit module_builder(module_data& made) noexcept : made_(made) {}

    result<void, parse_error> build(const file& from) {
        VITTE_CHECK(read_types(from));
        VITTE_CHECK(read_imports(from));
        VITTE_CHECK(read_definitions(from));
        VITTE_CHECK(read_globals(from));
        VITTE_CHECK(read_exports(from));
        VITTE_CHECK(read_segments(from));
        VITTE_CHECK(read_code(from));
        made_.function_names.resize(made_.functions.size());
        // Names are for people: what is wrong with them does not matter.
        static_cast<void>(for_each_function_name(from, [this](std::uint32_t index, std::string_view name) {
            if (index < made_.function_names.size()) made_.function_names[index] = name;
        }));
        return {};
    }

private:
    using checked = result<void, parse_error>;

    static unexpected<parse_error> invalid(const char* reading, const char* reason, std::uint64_t offset) noexcept {
        return malformed(reading, reason, offset, errc::invalid_argument);
    }
    /// Entries' own errors come before those of the format behind them.
    template <class Walk>
    static checked each(Walk&& walk) {
        checked status;
        VITTE_CHECK(walk(status));
        return status;
    }

    template <class Type>
    checked check_type(Type type, std::uint64_t offset, std::size_t types) const noexcept {
        const type_fault found = fault_of(type, types, made_.options.allowed);
        if (found.reason != nullptr) return malformed("type", found.reason, offset, found.code);
        return {};
    }
    checked check_type(value_type type, std::uint64_t offset) const noexcept {
        return check_type(type, offset, made_.types.size());
    }
    checked check_limits(const limits& size, std::uint64_t most, const char* reading,
                         std::uint64_t offset) const noexcept {
        if (size.wide && !made_.options.allowed.memory64) return malformed(reading, "malformed limits flags", offset);
        if (size.shared)
            return malformed(reading, "shared memories are not supported", offset,
                             made_.options.allowed.memory64 ? errc::not_supported : errc::malformed);
        if (size.least > most || (size.bounded && size.most > most))
            return invalid(reading, "memory size must be at most 65536 pages (4GiB), table size at most 2^32 - 1",
                           offset);
        if (size.bounded && size.least > size.most)
            return invalid(reading, "size minimum must not be greater than maximum", offset);
        return {};
    }
    checked check_memory(const memory_type& m, std::uint64_t offset) const noexcept {
        return check_limits(m.size, m.size.wide ? std::uint64_t{1} << 48 : 65536, "memory type", offset);
    }
    checked check_table(const table_type& t, std::uint64_t offset) const noexcept {
        VITTE_CHECK(check_type(t.element, offset));
        return check_limits(t.size, t.size.wide ? UINT64_MAX : UINT32_MAX, "table type", offset);
    }
    checked check_tag(std::uint32_t type, std::uint64_t offset) const noexcept {
        if (!made_.options.allowed.exceptions)
            return malformed("tag type", "malformed import kind: exceptions are not enabled", offset);
        if (type >= made_.types.size()) return invalid("tag type", "unknown type", offset);
        if (!made_.types[type].results.empty()) return invalid("tag type", "non-empty tag result type", offset);
        return {};
    }

    /// Together with those that are imported.
    static checked check_total(std::size_t count, std::uint32_t most, const char* reading,
                               std::uint64_t offset) noexcept {
        if (count > most) return malformed(reading, "more than the engine allows", offset, errc::too_large);
        return {};
    }

    checked read_types(const file& from) {
        light_vector<std::uint64_t> offsets;
        VITTE_CHECK(from.for_each_type([&](const type_entry& entry) {
            signature type;
            type.group = entry.group;
            entry.function.parameters.for_each([&](value_type t) { type.parameters.push_back(t); });
            entry.function.results.for_each([&](value_type t) { type.results.push_back(t); });
            made_.types.push_back(std::move(type));
            offsets.push_back(entry.offset);
        }));
        for (std::size_t i = 0, end = 0; i < made_.types.size(); ++i) {
            if (i == end)
                while (end < made_.types.size() && made_.types[end].group == made_.types[i].group) ++end;
            for (const auto* list : {&made_.types[i].parameters, &made_.types[i].results})
                for (const value_type t : *list) VITTE_CHECK(check_type(t, offsets[i], end));
        }
        made_.canonical = type_registry().add(made_.types);
        return {};
    }
    [[gnu::cold]] checked read_imports(const file& from) {
        return each([&](checked& status) {
            return from.for_each_import([&](const import_entry& entry) {
                if (status) status = add_import(entry);
            });
        });
    }
    [[gnu::cold]] checked add_import(const import_entry& entry) {
        std::uint32_t index = 0;
        switch (entry.kind) {
            case external_kind::function:
                if (entry.type_index >= made_.types.size()) return invalid("import", "unknown type", entry.offset);
                index = made_.imported_functions++;
                made_.functions.push_back(entry.type_index);
                break;
            case external_kind::table:
                VITTE_CHECK(check_table(entry.table, entry.offset));
                index = made_.imported_tables++;
                made_.tables.push_back({entry.table, false, {}});
                break;
            case external_kind::memory:
                VITTE_CHECK(check_memory(entry.memory, entry.offset));
                index = made_.imported_memories++;
                made_.memories.push_back(entry.memory);
                break;
            case external_kind::global:
                VITTE_CHECK(check_type(entry.global.content, entry.offset));
                index = made_.imported_globals++;
                made_.globals.push_back({entry.global, {}});
                break;
            case external_kind::tag:
                VITTE_CHECK(check_tag(entry.type_index, entry.offset));
                index = made_.imported_tags++;
                made_.tags.push_back(entry.type_index);
        }
        made_.imports.push_back({std::string(entry.module), std::string(entry.name), entry.kind, index});
        return {};
    }
    [[gnu::cold]] checked read_definitions(const file& from) {
        const std::uint64_t functions_at = from.content(section::function).offset();
        VITTE_CHECK(from.for_each_function([&](std::uint32_t type) { made_.functions.push_back(type); }));
        for (const std::uint32_t type : made_.functions)
            if (type >= made_.types.size()) return invalid("function section", "unknown type", functions_at);
        made_.declared.assign(made_.functions.size(), false);
        VITTE_CHECK(
            check_total(made_.functions.size(), made_.options.limits.functions, "function section", functions_at));
        const std::uint64_t memories_at = from.content(section::memory).offset(),
                            tables_at = from.content(section::table).offset(),
                            tags_at = from.content(section::tag).offset();
        VITTE_CHECK(from.for_each_table([&](const table_entry& t) { made_.tables.push_back(t); }));
        VITTE_CHECK(from.for_each_memory([&](const memory_type& m) { made_.memories.push_back(m); }));
        VITTE_CHECK(from.for_each_tag([&](std::uint32_t type) { made_.tags.push_back(type); }));
        const module_limits& most = made_.options.limits;
        VITTE_CHECK(check_total(made_.tables.size(), most.tables, "table section", tables_at));
        VITTE_CHECK(check_total(made_.memories.size(), most.memories, "memory section", memories_at));
        VITTE_CHECK(check_total(made_.tags.size(), most.tags, "tag section", tags_at));
        for (std::size_t i = made_.imported_tables; i < made_.tables.size(); ++i) {
            const table_entry& t = made_.tables[i];
            VITTE_CHECK(check_table(t.type, tables_at));
            if (t.initialized && !made_.options.allowed.typed_references)
                return malformed("table", "malformed reference type", tables_at);
            if (t.initialized)
                VITTE_CHECK(validate_constant(made_, t.initial, t.type.element, made_.globals.size()));
            else if (!t.type.element.has_default())
                return invalid("table", "type mismatch: it must be initialised", tables_at);
        }
        for (std::size_t i = made_.imported_memories; i < made_.memories.size(); ++i)
            VITTE_CHECK(check_memory(made_.memories[i], memories_at));
        if (made_.memories.size() > 1 && !made_.options.allowed.multiple_memories)
            return invalid("memory section", "multiple memories", memories_at);
        for (std::size_t i = made_.imported_tags; i < made_.tags.size(); ++i)
            VITTE_CHECK(check_tag(made_.tags[i], tags_at));
        return {};
    }
    [[gnu::cold]] checked read_globals(const file& from) {
        VITTE_CHECK(check_total(made_.globals.size() + from.count(section::global), made_.options.limits.globals,
                                "global section", from.content(section::global).offset()));
        return each([&](checked& status) {
            return from.for_each_global([&](const global_entry& entry) {
                if (!status) return;
                status = check_type(entry.type.content, entry.initial.offset());
                if (status) status = validate_constant(made_, entry.initial, entry.type.content, made_.globals.size());
                made_.globals.push_back(entry);
            });
        });
    }
    [[gnu::cold]] checked read_exports(const file& from) {
        std::set<std::string_view> names;
        VITTE_CHECK(each([&](checked& status) {
            return from.for_each_export([&](const export_entry& entry) {
                if (!status) return;
                const std::size_t counts[] = {made_.functions.size(), made_.tables.size(), made_.memories.size(),
                                              made_.globals.size(), made_.tags.size()};
                if (entry.index >= counts[static_cast<unsigned>(entry.kind)]) {
                    status = invalid("export", "unknown function, table, memory, global or tag", entry.offset);
                    return;
                }
                if (!names.insert(entry.name).second) status = invalid("export", "duplicate export name", entry.offset);
                if (entry.kind == external_kind::function) made_.declared[entry.index] = true;
                made_.exports.push_back({std::string(entry.name), entry.kind, entry.index});
            });
        }));
        if (!from.has(section::start)) return {};
        VITTE_TRY(made_.start, from.start());
        made_.has_start = true;
        const std::uint64_t at = from.content(section::start).offset();
        if (made_.start >= made_.functions.size()) return invalid("start section", "unknown function", at);
        const signature& type = made_.type_of_function(made_.start);
        if (!type.parameters.empty() || !type.results.empty()) return invalid("start section", "start function", at);
        return {};
    }
    [[gnu::cold]] checked read_segments(const file& from) {
        VITTE_CHECK(each([&](checked& status) {
            return from.for_each_element([&](const element_entry& entry) {
                if (status) status = add_element(entry);
            });
        }));
        made_.has_data_count = from.has(section::data_count);
        VITTE_CHECK(each([&](checked& status) {
            return from.for_each_data([&](const data_entry& entry) {
                if (!status) return;
                data_segment made{entry.content, nullptr, entry.memory};
                if (entry.mode == segment_mode::active) {
                    made.at = entry.at.rest().data();
                    if (entry.memory >= made_.memories.size())
                        status = invalid("data segment", "unknown memory", entry.offset);
                    else
                        status = validate_constant(made_, entry.at, made_.memories[entry.memory].size.address(),
                                                   made_.globals.size());
                }
                made_.data.push_back(made);
            });
        }));
        return {};
    }
    [[gnu::cold]] checked add_element(const element_entry& entry) {
        VITTE_CHECK(check_type(entry.type.heap(), entry.offset, made_.types.size()));
        if (entry.mode == segment_mode::active) {
            if (entry.table >= made_.tables.size()) return invalid("element segment", "unknown table", entry.offset);
            const table_type& t = made_.tables[entry.table].type;
            if (!made_.matches(entry.type, t.element)) return invalid("element segment", "type mismatch", entry.offset);
            VITTE_CHECK(validate_constant(made_, entry.at, t.size.address(), made_.globals.size()));
        }
        cursor in = entry.items;
        for (std::uint32_t i = 0; i < entry.size; ++i) {
            if (entry.expressions) {
                VITTE_CHECK(validate_constant(made_, read_expression(in), entry.type, made_.globals.size()));
                continue;
            }
            const std::uint32_t index = in.u32("function index");
            if (index >= made_.functions.size()) return invalid("element segment", "unknown function", entry.offset);
            made_.declared[index] = true;
        }
        made_.elements.push_back(entry);
        return {};
    }
    checked read_code(const file& from) {
        made_.bodies.resize(made_.functions.size() - made_.imported_functions);
        for (std::size_t i = 0; i < made_.bodies.size(); ++i)
            made_.bodies[i].type = made_.functions[made_.imported_functions + i];
        if (!VITTE_WASM_SMALL) made_.code.reserve(from.content(section::code).remaining() * 2);
        translator sink(made_, from.whole().size());
        function_validator<translator> validator(made_, sink);
        std::uint32_t next = 0;
        VITTE_CHECK(each([&](checked& status) {
            return from.for_each_code([&](const code_entry& entry) {
                const std::uint32_t i = next++;
                if (status) status = validator.validate(entry, made_.imported_functions + i, made_.bodies[i]);
            });
        }));
        for (body& b : made_.bodies) b.entry = made_.code.data() + b.begin;
        return {};
    }

    module_data& made_;
};

}  // namespace detail

VITTE_SEPARABLE result<compiled_module, parse_error> compiled_module::compile(bytes whole,
                                                                              const compile_options& options) {
    auto made = std::make_shared<module_data>();
    made->options = options;
    if (VITTE_WASM_SMALL) made->options.allowed.simd = made->options.allowed.relaxed_simd = false;
    if (!options.borrowed_bytes) made->storage = {whole.data(), whole.data() + whole.size()};
    VITTE_TRY(const file parsed,
              file::parse(options.borrowed_bytes ? whole : made->storage, options.allowed.memory64, options.limits));
    VITTE_CHECK(detail::module_builder(*made).build(parsed));
    return compiled_module(std::move(made));
}

}  // namespace vitte::loader::wasm
