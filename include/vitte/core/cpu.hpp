/// Which instructions for cryptography and long vectors the CPU has, asked for while the program runs.
#pragma once

#include <vitte/core/atomic.hpp>

namespace vitte::detail {

/// As bits of a word.
enum class cpu_feature : unsigned {
    asked = 1,   ///< the CPU has been asked for the others
    sha256 = 2,  ///< x86-64: SHA, SSSE3 and SSE4.1; AArch64: FEAT_SHA256
    sha512 = 4,  ///< AArch64: FEAT_SHA512
    avx2 = 8,    ///< x86-64, where the OS keeps its registers and the compiler aligns its vectors
    avx512f = 16,
};

#if defined(__aarch64__) && defined(__linux__)
/// glibc's and musl's `getauxval`, whose declarations differ.
extern "C" unsigned long vitte_getauxval(unsigned long type) noexcept __asm__("getauxval");
#endif

inline unsigned asked_cpu_features() noexcept {
    auto found = static_cast<unsigned>(cpu_feature::asked);
    [[maybe_unused]] const auto add = [&found](cpu_feature feature) { found |= static_cast<unsigned>(feature); };
#if defined(__x86_64__)
    struct registers {
        unsigned a, b, c, d;
    };
    const auto leaf = [](unsigned number) {
        registers r{number, 0, 0, 0};
        __asm__("cpuid" : "+a"(r.a), "=b"(r.b), "+c"(r.c), "=d"(r.d));
        return r;
    };
    if (leaf(0).a < 7) return found;
    const registers first = leaf(1), seventh = leaf(7);
    constexpr unsigned ssse3 = 1u << 9, sse4_1 = 1u << 19, sha = 1u << 29;
    if ((first.c & ssse3) != 0 && (first.c & sse4_1) != 0 && (seventh.b & sha) != 0) add(cpu_feature::sha256);
        // g++ aligns no vector of more than 16 bytes on Windows' stacks (its bug 54412).
#if !defined(_WIN32) || defined(__clang__)
    constexpr unsigned osxsave = 1u << 27, avx2 = 1u << 5, avx512f = 1u << 16, ymm = 0x6, zmm = 0xe6;
    if ((first.c & osxsave) == 0) return found;
    unsigned kept, upper;
    __asm__("xgetbv" : "=a"(kept), "=d"(upper) : "c"(0));
    if ((kept & ymm) == ymm && (seventh.b & avx2) != 0) add(cpu_feature::avx2);
    if ((kept & zmm) == zmm && (seventh.b & avx512f) != 0) add(cpu_feature::avx512f);
#endif
#elif defined(__aarch64__) && defined(__linux__)
    constexpr unsigned long at_hwcap = 16, hwcap_sha2 = 1ul << 6, hwcap_sha512 = 1ul << 21;
    const unsigned long has = vitte_getauxval(at_hwcap);
    if ((has & hwcap_sha2) != 0) add(cpu_feature::sha256);
    if ((has & hwcap_sha512) != 0) add(cpu_feature::sha512);
#elif defined(__aarch64__)
#if defined(__ARM_FEATURE_SHA2)
    add(cpu_feature::sha256);
#endif
#if defined(__ARM_FEATURE_SHA512)
    add(cpu_feature::sha512);
#endif
#endif
    return found;
}

/// What the CPU said when it was first asked: to ask again would leave a virtual machine each time. 0 before.
inline constinit atomic<unsigned> cpu_features{};

/// Whether this CPU has `feature`. Any thread may ask.
inline bool cpu_has(cpu_feature feature) noexcept {
    unsigned known = cpu_features.load_relaxed();
    if (known == 0) cpu_features.store_relaxed(known = asked_cpu_features());
    return (known & static_cast<unsigned>(feature)) != 0;
}

}  // namespace vitte::detail
