/// Prefix codes for symbols by how often they occur, as compressors make them.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace vitte::detail {

/// The binary logarithms of 1 + i/256, in 256ths.
inline constexpr auto logarithms = [] {
    std::array<std::uint16_t, 256> made{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint64_t x = std::uint64_t{256 + i} << 22;  // 1 is 2^30
        for (int bit = 0; bit < 8; ++bit) {
            x = (x * x) >> 30;
            made[i] = static_cast<std::uint16_t>(made[i] << 1);
            if (x < std::uint64_t{2} << 30) continue;
            x >>= 1;
            ++made[i];
        }
    }
    return made;
}();

/// `n` times its binary logarithm, in 256ths; for `n` up to 2^31.
constexpr std::uint64_t n_log_n(std::uint32_t n) noexcept {
    if (n == 0) return 0;
    const auto whole = static_cast<unsigned>(std::bit_width(n)) - 1;
    const auto mantissa = static_cast<std::uint32_t>((std::uint64_t{n} << 8) >> whole) & 255;
    return std::uint64_t{n} * (whole * 256 + logarithms[mantissa]);
}

/// How many bits symbols that occur so often take at least, in 256ths.
constexpr std::uint64_t entropy(std::span<const std::uint32_t> times) noexcept {
    std::uint32_t all = 0;
    std::uint64_t each = 0;
    for (const std::uint32_t n : times) {
        if (n == 0) continue;
        all += n;
        each += n_log_n(n);
    }
    return n_log_n(all) - each;
}

/// A canonical code of at most `Size` symbols: how long each one's bits are, and these in reversed order.
template <std::size_t Size>
struct prefix_code {
    std::array<std::uint16_t, Size> bits{};
    std::array<std::uint8_t, Size> lengths{};

    /// The best code of codes of at most `longest` bits for symbols that occur so often, nearly: what is too long by
    /// far is shortened at the expense of the next ones. No symbol that does not occur has a code, but there are
    /// always two. `times.size()` is at most `Size`.
    constexpr void make(std::span<const std::uint32_t> times, unsigned longest) noexcept {
        lengths = {};
        std::array<std::uint64_t, Size> sorted{};
        std::size_t used = 0;
        for (std::size_t i = 0; i < times.size(); ++i)
            if (times[i] != 0) sorted[used++] = std::uint64_t{times[i]} << 16 | i;
        for (std::size_t i = 0; used < 2; ++i)
            if (times[i] == 0) sorted[used++] = std::uint64_t{1} << 16 | i;
        sort(std::span(sorted).first(used));

        // Two rows, each sorted: the symbols, and the nodes that were made of the two smallest of both.
        std::array<std::uint32_t, Size> weights{};
        std::array<std::uint16_t, Size> symbol_parents{}, parents{};
        std::size_t symbol = 0, node = 0;
        for (std::size_t made = 0; made + 1 < used; ++made) {
            std::uint32_t weight = 0;
            for (int i = 0; i < 2; ++i) {
                if (symbol < used && (node == made || (sorted[symbol] >> 16) <= weights[node])) {
                    weight += static_cast<std::uint32_t>(sorted[symbol] >> 16);
                    symbol_parents[symbol++] = static_cast<std::uint16_t>(made);
                } else {
                    weight += weights[node];
                    parents[node++] = static_cast<std::uint16_t>(made);
                }
            }
            weights[made] = weight;
        }
        std::array<std::uint16_t, Size> depths{};
        for (std::size_t i = used - 2; i-- > 0;) depths[i] = static_cast<std::uint16_t>(depths[parents[i]] + 1);
        std::array<std::uint32_t, 17> count{};
        std::uint32_t taken = 0;  // of 2^longest
        for (std::size_t i = 0; i < used; ++i) {
            const unsigned depth = depths[symbol_parents[i]] + 1u;
            const unsigned length = depth < longest ? depth : longest;
            ++count[length];
            taken += 1u << (longest - length);
        }
        for (; taken > 1u << longest; --taken) {
            unsigned length = longest - 1;
            while (count[length] == 0) --length;
            // A code of that length becomes two, one of which replaces one of the longest.
            --count[length];
            count[length + 1] += 2;
            --count[longest];
        }
        std::size_t rare = 0;
        for (unsigned length = longest; length != 0; --length)
            for (std::uint32_t i = 0; i < count[length]; ++i)
                lengths[sorted[rare++] & 0xffff] = static_cast<std::uint8_t>(length);
        number(times.size());
    }

    /// The bits for the lengths of the first `size` symbols.
    constexpr void number(std::size_t size) noexcept {
        std::array<std::uint32_t, 17> count{}, next{};
        for (std::size_t i = 0; i < size; ++i) ++count[lengths[i]];
        count[0] = 0;
        for (std::size_t length = 1; length < next.size(); ++length)
            next[length] = (next[length - 1] + count[length - 1]) << 1;
        for (std::size_t i = 0; i < size; ++i) {
            const std::uint32_t code = next[lengths[i]]++;
            std::uint32_t reversed = 0;
            for (unsigned bit = 0; bit < lengths[i]; ++bit) reversed |= (code >> bit & 1) << (lengths[i] - 1u - bit);
            bits[i] = static_cast<std::uint16_t>(reversed);
        }
    }

private:
    static constexpr void sort(std::span<std::uint64_t> all) noexcept {
        for (const std::size_t gap : {132u, 57u, 23u, 10u, 4u, 1u})
            for (std::size_t i = gap; i < all.size(); ++i) {
                const std::uint64_t moved = all[i];
                std::size_t to = i;
                for (; to >= gap && all[to - gap] > moved; to -= gap) all[to] = all[to - gap];
                all[to] = moved;
            }
    }
};

}  // namespace vitte::detail
