/// What a WebAssembly module says, decoded, validated and translated: shared by all its instances and never changed.
#pragma once

#include <string>
#include <vitte/loader/format/wasm.hpp>
#include <vitte/loader/wasm/module/code.hpp>
#include <vitte/loader/wasm/module/type_registry.hpp>

namespace vitte::loader::wasm {

/// How a module is translated.
struct compile_options {
    features allowed = {};  ///< a small build has no vectors, whatever is said here
    /// Code counts its instructions, so that fuel can be limited.
    bool metered = false;
    /// Loops and functions look now and then whether they are to stop: for time limits and interruption. Without it,
    /// only calls look for the latter.
    bool interruptible = false;
    /// Accesses to memory are checked by instructions. Else addresses out of bounds must fault: such modules only run
    /// in stores that guard memories.
    bool checked_memory = true;
    /// The module's bytes are not copied: they stay where they are, in flash or in a mapping, as long as the module.
    bool borrowed_bytes = false;
    module_limits limits = VITTE_WASM_SMALL ? module_limits::small() : module_limits();
};

/// Why a type may not stand in a module; without a reason it may.
struct type_fault {
    const char* reason = nullptr;
    errc code = errc::malformed;
};
/// The fault of a heap type among `types` defined ones.
constexpr type_fault fault_of(heap_type heap, std::size_t types, const features& allowed) noexcept {
    if (heap.is_defined()) {
        if (!allowed.typed_references) return {"malformed reference type"};
        if (heap.index() >= types) return {"unknown type", errc::invalid_argument};
        return {};
    }
    bool enabled = true;
    switch (heap.code()) {
        case heap_code::function:
        case heap_code::external: break;
        case heap_code::no_function:
        case heap_code::no_external: enabled = allowed.typed_references; break;
        case heap_code::exception:
        case heap_code::no_exception: enabled = allowed.exceptions; break;
        default: return {"references of garbage collection are not supported", errc::not_supported};
    }
    return enabled ? type_fault{} : type_fault{"malformed reference type"};
}
/// The fault of a value type among `types` defined ones.
constexpr type_fault fault_of(value_type type, std::size_t types, const features& allowed) noexcept {
    if (type == v128 && !allowed.simd) return {no_vectors, no_vectors_code};
    if (!type.is_reference()) return {};
    if (!type.is_nullable() && !allowed.typed_references) return {"malformed reference type"};
    return fault_of(type.heap(), types, allowed);
}

struct import_description {
    std::string module, name;
    external_kind kind;
    std::uint32_t index;  ///< among those of its kind
};
struct export_description {
    std::string name;
    external_kind kind;
    std::uint32_t index;
};

/// What remains of a `data_entry`, as small as can be: programs have a hundred thousand of them.
struct data_segment {
    bytes content;
    const std::byte* at = nullptr;  ///< the constant expression before the content; null if it is passive
    std::uint32_t memory = 0;

    cursor address() const noexcept { return cursor({at, content.data()}); }
};

struct module_data {
    compile_options options;
    light_vector<std::byte> storage;  ///< the module's bytes, which the cursors below point into, unless borrowed
    light_vector<signature> types;
    light_vector<std::uint32_t> canonical;  ///< by type index: equal types have equal numbers
    light_vector<import_description> imports;
    light_vector<export_description> exports;
    light_vector<std::uint32_t> functions;  ///< type index by function index
    light_vector<std::uint32_t> tags;       ///< type index by tag index
    light_vector<table_entry> tables;
    light_vector<memory_type> memories;
    light_vector<global_entry> globals;
    light_vector<element_entry> elements;
    light_vector<data_segment> data;
    light_vector<bool> declared;  ///< by function index: whether `ref.func` may name it
    std::uint32_t imported_functions = 0, imported_tables = 0, imported_memories = 0, imported_globals = 0,
                  imported_tags = 0;
    bool has_start = false, has_data_count = false;
    std::uint32_t start = 0;
    light_vector<cell> code;
    light_vector<body> bodies;  ///< of the functions that are not imported
    light_vector<std::string> function_names;

    const signature& type_of_function(std::uint32_t index) const noexcept { return types[functions[index]]; }
    const signature& type_of_tag(std::uint32_t index) const noexcept { return types[tags[index]]; }

    /// Whether a value of type `have` may stand where `want` is asked for (3.3.3).
    bool matches(value_type have, value_type want) const noexcept {
        if (have == want || have == unknown || want == unknown) return true;
        if (!have.is_reference() || !want.is_reference() || (have.is_nullable() && !want.is_nullable())) return false;
        return matches(have.heap(), want.heap());
    }
    bool matches(heap_type have, heap_type want) const noexcept {
        if (have == want) return true;
        if (have.is_defined())
            return want.is_defined() ? canonical[have.index()] == canonical[want.index()] : want == heap_code::function;
        if (have == heap_code::no_function) return want.is_defined() || want == heap_code::function;
        if (have == heap_code::no_external) return want == heap_code::external;
        return have == heap_code::no_exception && want == heap_code::exception;
    }

    /// The function whose code holds `pc`; null if it is none of this module.
    const body* body_at(const cell* pc) const noexcept {
        const auto at = static_cast<std::uint32_t>(pc - code.data());
        if (pc < code.data() || pc >= code.data() + code.size()) return nullptr;
        std::size_t low = 0, high = bodies.size();
        while (high - low > 1) {
            const std::size_t middle = low + (high - low) / 2;
            (bodies[middle].begin <= at ? low : high) = middle;
        }
        return low < bodies.size() ? &bodies[low] : nullptr;
    }
};

}  // namespace vitte::loader::wasm
