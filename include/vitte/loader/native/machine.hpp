/// What a CPU's psABI says about dynamic relocations: which type number means what, and how an IFUNC resolver is
/// called. Only modules for the machine and the calling convention of this program can be linked: an ELF system's.
#pragma once

#include <cstdint>

#include <vitte/loader/format/elf/constants.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::loader::native {

/// What a dynamic relocation, other than a relative one, asks for. S is the symbol's address, A the addend, B the load
/// base.
enum class relocation_kind : std::uint8_t {
    none,
    absolute,        ///< S + A
    slot,            ///< S, or S + A where the psABI says so: GLOB_DAT
    jump_slot,       ///< the same, of a function that may be bound when it is called first
    irelative,       ///< call B + A, store what it returns
    tls_module,      ///< the word that `__tls_get_addr` knows the symbol's module by
    tls_offset,      ///< S + A within its module's block, less `tls_bias`
    thread_offset,   ///< S + A from the thread pointer
    tls_descriptor,  ///< two words: a function and what it is given
    absolute_32,     ///< S + A in 32 bits
    distance_32,     ///< S + A - P in 32 bits, P being the place
    distance,        ///< S + A - P
    size_32,         ///< the symbol's size + A in 32 bits
    size,            ///< the symbol's size + A
    copy,            ///< only executables may have it
    unknown,
};

/// What most machines have in common.
struct common_machine {
    static constexpr bool supported = true;
    static constexpr bool has_addends = true;      ///< DT_RELA, else DT_REL
    static constexpr bool slot_has_addend = true;
    static constexpr unsigned sysv_hash_word = 4;  ///< bytes of a word of DT_HASH
    static constexpr bool has_thread_locals = false;  ///< whether modules may have them
    static constexpr std::uintptr_t tls_bias = 0;     ///< what `__tls_get_addr` adds
    /// The bit of `symbol::other` of functions that may be called with more registers than lazy binding saves.
    static constexpr std::uint8_t variant_calls = 0;

    static std::uintptr_t call_resolver(std::uintptr_t resolver, unsigned long hwcap, unsigned long) noexcept {
        return reinterpret_cast<std::uintptr_t (*)(unsigned long)>(resolver)(hwcap);
    }
};

#if defined(__x86_64__) && defined(__LP64__) && defined(__ELF__)
/// System V ABI, AMD64 Architecture Processor Supplement, table 4.9.
struct machine : common_machine {
    static constexpr auto number = elf::machine::x86_64;
    static constexpr const char* name = "x86_64";
    static constexpr bool has_thread_locals = true;
    static constexpr bool slot_has_addend = false;
    static constexpr std::uint32_t relative = 8;                     // R_X86_64_RELATIVE: B + A
    static constexpr relocation_kind kind(std::uint32_t type) noexcept {
        switch (type) {
            case 0: return relocation_kind::none;
            case 1: return relocation_kind::absolute;                // R_X86_64_64
            case 2: return relocation_kind::distance_32;             // R_X86_64_PC32
            case 5: return relocation_kind::copy;                    // R_X86_64_COPY
            case 6: return relocation_kind::slot;                    // GLOB_DAT
            case 7: return relocation_kind::jump_slot;               // JUMP_SLOT
            case 10: return relocation_kind::absolute_32;            // R_X86_64_32
            case 16: return relocation_kind::tls_module;             // DTPMOD64
            case 17: return relocation_kind::tls_offset;             // DTPOFF64
            case 18: return relocation_kind::thread_offset;          // TPOFF64
            case 24: return relocation_kind::distance;               // PC64
            case 32: return relocation_kind::size_32;                // SIZE32
            case 33: return relocation_kind::size;                   // SIZE64
            case 36: return relocation_kind::tls_descriptor;         // TLSDESC
            case 37: return relocation_kind::irelative;              // IRELATIVE
            default: return relocation_kind::unknown;
        }
    }
    static std::uintptr_t call_resolver(std::uintptr_t resolver, unsigned long, unsigned long) noexcept {
        return reinterpret_cast<std::uintptr_t (*)()>(resolver)();
    }
};
#elif defined(__aarch64__) && defined(__ELF__)
/// ELF for the Arm 64-bit Architecture (AAELF64), "Dynamic relocations"; System V ABI for AArch64, GNU indirect
/// functions.
struct machine : common_machine {
    static constexpr auto number = elf::machine::aarch64;
    static constexpr const char* name = "aarch64";
    static constexpr bool has_thread_locals = true;
    static constexpr std::uint8_t variant_calls = 0x80;              // STO_AARCH64_VARIANT_PCS
    static constexpr std::uint32_t relative = 1027;                  // R_AARCH64_RELATIVE: B + A
    static constexpr relocation_kind kind(std::uint32_t type) noexcept {
        switch (type) {
            case 0: case 256: return relocation_kind::none;
            case 257: return relocation_kind::absolute;              // R_AARCH64_ABS64
            case 258: return relocation_kind::absolute_32;           // ABS32
            case 260: return relocation_kind::distance;              // PREL64
            case 261: return relocation_kind::distance_32;           // PREL32
            case 1024: return relocation_kind::copy;                 // COPY
            case 1025: return relocation_kind::slot;                 // GLOB_DAT
            case 1026: return relocation_kind::jump_slot;            // JUMP_SLOT
            case 1028: return relocation_kind::tls_module;           // TLS_DTPMOD
            case 1029: return relocation_kind::tls_offset;           // TLS_DTPREL
            case 1030: return relocation_kind::thread_offset;        // TLS_TPREL
            case 1031: return relocation_kind::tls_descriptor;       // TLSDESC
            case 1032: return relocation_kind::irelative;            // IRELATIVE
            default: return relocation_kind::unknown;
        }
    }
    /// The resolver gets AT_HWCAP with bit 62 set, and a structure that carries AT_HWCAP2.
    static std::uintptr_t call_resolver(std::uintptr_t resolver, unsigned long hwcap, unsigned long hwcap2) noexcept {
        struct {
            unsigned long size, hwcap, hwcap2;
        } argument{sizeof argument, hwcap, hwcap2};
        return reinterpret_cast<std::uintptr_t (*)(std::uint64_t, void*)>(resolver)(hwcap | (1ull << 62), &argument);
    }
};
#elif defined(__arm__) && defined(__ELF__)
/// ELF for the Arm Architecture (AAELF32), "Dynamic relocations" and "Thread-local storage relocations".
struct machine : common_machine {
    static constexpr auto number = elf::machine::arm;
    static constexpr const char* name = "arm";
    static constexpr bool has_addends = false;
    static constexpr bool slot_has_addend = false;
    static constexpr std::uint32_t relative = 23;                    // R_ARM_RELATIVE: B + A
    static constexpr relocation_kind kind(std::uint32_t type) noexcept {
        switch (type) {
            case 0: return relocation_kind::none;
            case 2: return relocation_kind::absolute;                // R_ARM_ABS32
            case 20: return relocation_kind::copy;                   // COPY
            case 21: return relocation_kind::slot;                   // GLOB_DAT
            case 22: return relocation_kind::jump_slot;              // JUMP_SLOT
            case 13: return relocation_kind::tls_descriptor;         // TLS_DESC
            case 17: return relocation_kind::tls_module;             // TLS_DTPMOD32
            case 18: return relocation_kind::tls_offset;             // TLS_DTPOFF32
            case 19: return relocation_kind::thread_offset;          // TLS_TPOFF32
            case 160: return relocation_kind::irelative;             // IRELATIVE
            default: return relocation_kind::unknown;
        }
    }
};
#elif defined(__riscv) && __riscv_xlen == 64 && defined(__ELF__)
/// RISC-V ELF psABI, "Relocations". There is no GLOB_DAT.
struct machine : common_machine {
    static constexpr auto number = elf::machine::riscv;
    static constexpr const char* name = "riscv64";
    static constexpr bool has_thread_locals = true;
    static constexpr std::uintptr_t tls_bias = 0x800;
    static constexpr std::uint8_t variant_calls = 0x80;              // STO_RISCV_VARIANT_CC
    static constexpr std::uint32_t relative = 3;                     // R_RISCV_RELATIVE: B + A
    static constexpr relocation_kind kind(std::uint32_t type) noexcept {
        switch (type) {
            case 0: return relocation_kind::none;
            case 1: return relocation_kind::absolute_32;             // R_RISCV_32
            case 2: return relocation_kind::absolute;                // R_RISCV_64
            case 4: return relocation_kind::copy;                    // COPY
            case 5: return relocation_kind::jump_slot;               // JUMP_SLOT
            case 7: return relocation_kind::tls_module;              // TLS_DTPMOD64
            case 9: return relocation_kind::tls_offset;              // TLS_DTPREL64
            case 11: return relocation_kind::thread_offset;          // TLS_TPREL64
            case 12: return relocation_kind::tls_descriptor;         // TLSDESC
            case 58: return relocation_kind::irelative;              // IRELATIVE
            default: return relocation_kind::unknown;
        }
    }
};
#elif defined(__s390x__) && defined(__ELF__)
/// z/Architecture ELF Application Binary Interface Supplement, "Relocation types".
struct machine : common_machine {
    static constexpr auto number = elf::machine::s390;
    static constexpr const char* name = "s390x";
    static constexpr unsigned sysv_hash_word = 8;
    static constexpr std::uint32_t relative = 12;                    // R_390_RELATIVE: B + A
    static constexpr relocation_kind kind(std::uint32_t type) noexcept {
        switch (type) {
            case 0: return relocation_kind::none;
            case 22: return relocation_kind::absolute;               // R_390_64
            case 9: return relocation_kind::copy;                    // COPY
            case 10: return relocation_kind::slot;                   // GLOB_DAT
            case 11: return relocation_kind::jump_slot;              // JMP_SLOT
            case 54: return relocation_kind::tls_module;             // TLS_DTPMOD
            case 55: return relocation_kind::tls_offset;             // TLS_DTPOFF
            case 56: return relocation_kind::thread_offset;          // TLS_TPOFF
            case 61: return relocation_kind::irelative;              // IRELATIVE
            default: return relocation_kind::unknown;
        }
    }
};
#else
struct machine : common_machine {
    static constexpr auto number = elf::machine{};
    static constexpr const char* name = "this machine";
    static constexpr bool supported = false;
    static constexpr std::uint32_t relative = 0;
    static constexpr relocation_kind kind(std::uint32_t) noexcept { return relocation_kind::unknown; }
};
#endif

/// The function that the IFUNC resolver at `resolver` chooses. Under a fuzzer nothing of a module is run.
inline std::uintptr_t ask_resolver(std::uintptr_t resolver, const sys::cpu_capabilities& cpu) noexcept {
#if defined(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
    static_cast<void>(cpu);
    return resolver;
#else
    return machine::call_resolver(resolver, cpu.hwcap, cpu.hwcap2);
#endif
}

}  // namespace vitte::loader::native
