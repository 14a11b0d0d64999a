/// What the C ABIs say about the sizes of C's types, of this machine and of others.
#pragma once

#include <cfloat>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cwchar>

namespace vitte::loader::ffi {

/// The ABI by which a C compiler lays out types and passes arguments.
enum class abi_kind : std::uint8_t {
    sysv_x86_64,    ///< System V psABI, AMD64 supplement: Linux, the BSDs, macOS on Intel
    win64,          ///< Microsoft's x64 ABI as its own compiler has it
    win64_gnu,      ///< the same as MinGW has it: `long double` is x87's, `packed` goes before `aligned`
    aapcs64,        ///< Procedure Call Standard for the Arm 64-bit Architecture, with Linux's types
    apple_arm64,    ///< Apple's variant of it
    aapcs32_hard,   ///< Procedure Call Standard for the Arm Architecture, variant with VFP registers
    riscv64_lp64d,  ///< RISC-V ELF psABI, LP64D
    s390x,          ///< ELF ABI s390x Supplement, with vector registers
    other,          ///< this machine's, if it is none of these: types have the compiler's sizes, nothing can be called
};

/// How a `long double` looks.
enum class long_double_format : std::uint8_t {
    binary64,  ///< a `double`
    x87,       ///< 80 bits in a larger place
    binary128,
};

/// What an ABI says about types; sizes and alignments in bytes. The sizes of all others are in their names, and their
/// alignments equal their sizes.
struct abi_facts {
    std::uint8_t pointer;  ///< size and alignment; `size_t`, `ssize_t`, `ptrdiff_t`, `intptr_t` have the same
    std::uint8_t long_size;
    std::uint8_t wchar_size;
    bool wchar_is_signed;
    bool char_is_signed;
    long_double_format long_double;
    std::uint8_t long_double_size;
    std::uint8_t long_double_alignment;
    std::uint8_t vector128_alignment;
    std::uint8_t align64;        ///< alignment of `long long` and `double`
    std::uint8_t max_alignment;  ///< of `max_align_t`
    bool big_endian;
};

/// The ABI that this compiler compiles for.
inline constexpr abi_kind native_abi =
#if defined(__x86_64__) && defined(_WIN32) && defined(__MINGW32__)
    abi_kind::win64_gnu;
#elif defined(__x86_64__) && defined(_WIN32)
    abi_kind::win64;
#elif defined(__x86_64__) && defined(__LP64__)
    abi_kind::sysv_x86_64;
#elif defined(__aarch64__) && defined(__APPLE__)
    abi_kind::apple_arm64;
#elif defined(__aarch64__) && defined(__LP64__) && !defined(__AARCH64EB__)
    abi_kind::aapcs64;
#elif defined(__arm__) && defined(__ARM_PCS_VFP) && !defined(__ARMEB__)
    abi_kind::aapcs32_hard;
#elif defined(__riscv) && __riscv_xlen == 64 && defined(__riscv_float_abi_double)
    abi_kind::riscv64_lp64d;
#elif defined(__s390x__)
    abi_kind::s390x;
#else
    abi_kind::other;
#endif

namespace detail {
template <class T>
struct aligned_as_member {
    char first;
    T second;
};
using some_vector128 __attribute__((vector_size(16))) = int;
inline constexpr abi_facts facts_of_this_compiler{
    .pointer = sizeof(void*),
    .long_size = sizeof(long),
    .wchar_size = sizeof(wchar_t),
    .wchar_is_signed = WCHAR_MIN < 0,
    .char_is_signed = CHAR_MIN < 0,
    .long_double = LDBL_MANT_DIG == DBL_MANT_DIG ? long_double_format::binary64
                   : LDBL_MANT_DIG == 64         ? long_double_format::x87
                                                 : long_double_format::binary128,
    .long_double_size = sizeof(long double),
    .long_double_alignment = alignof(long double),
    .vector128_alignment = alignof(some_vector128),
    .align64 = offsetof(aligned_as_member<long long>, second),
    .max_alignment = alignof(std::max_align_t),
    .big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
};

inline constexpr abi_facts facts[]{
    {8, 8, 4, true, true, long_double_format::x87, 16, 16, 16, 8, 16, false},          // sysv_x86_64
    {8, 4, 2, false, true, long_double_format::binary64, 8, 8, 16, 8, 8, false},       // win64
    {8, 4, 2, false, true, long_double_format::x87, 16, 16, 16, 8, 16, false},         // win64_gnu
    {8, 8, 4, false, false, long_double_format::binary128, 16, 16, 16, 8, 16, false},  // aapcs64
    {8, 8, 4, true, true, long_double_format::binary64, 8, 8, 16, 8, 8, false},        // apple_arm64
    {4, 4, 4, false, false, long_double_format::binary64, 8, 8, 8, 8, 8, false},       // aapcs32_hard
    {8, 8, 4, true, false, long_double_format::binary128, 16, 16, 16, 8, 16, false},   // riscv64_lp64d
    {8, 8, 4, true, false, long_double_format::binary128, 16, 8, 8, 8, 8, true},       // s390x
    facts_of_this_compiler,
};
}  // namespace detail

/// What `abi` says.
constexpr const abi_facts& facts_of(abi_kind abi) noexcept { return detail::facts[static_cast<std::size_t>(abi)]; }

}  // namespace vitte::loader::ffi
