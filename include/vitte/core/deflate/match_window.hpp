/// The last 32 KiB of what is compressed, and where the same bytes were before; see `deflate.hpp`.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vitte/core/deflate_format.hpp>
#include <vitte/core/endian.hpp>

namespace vitte::detail::deflate {

class match_window {
protected:
    static constexpr std::uint32_t window_end = 65536, padding = 16;
    static constexpr unsigned hash_bits = 16, short_hash_bits = 13;
    /// A match of three bytes that is further away takes more than three literals.
    static constexpr std::uint32_t short_reach = 1024;

    struct match {
        std::uint32_t length, distance;
    };

    /// Forgets all that was inserted.
    void forget() noexcept {
        heads_.fill(0);
        short_heads_.fill(0);
    }
    /// Moves the later half to the place of the earlier one.
    void forget_half() noexcept {
        constexpr std::uint32_t by = window_size;
        __builtin_memcpy(window_.data(), window_.data() + by, by);
        filled_ -= by;
        position_ -= by;
        const auto move = [](auto& places) {
            for (std::uint16_t& place : places) place = static_cast<std::uint16_t>(place < by ? 0 : place - by);
        };
        move(heads_);
        move(previous_);
        move(short_heads_);
    }

    std::uint32_t word_at(std::uint32_t at) const noexcept {
        return load<std::uint32_t>(window_.data() + at, byte_order::little);
    }
    static std::uint32_t hash(std::uint32_t word, unsigned bits) noexcept {
        return word * std::uint32_t{0x9E3779B1} >> (32 - bits);
    }

    /// Notes that `at` begins with its first bytes; returns where they stood before, or 0.
    std::uint32_t insert(std::uint32_t at) noexcept {
        auto& head = heads_[hash(word_at(at), hash_bits)];
        const std::uint32_t before = head;
        previous_[at % window_size] = head;
        head = static_cast<std::uint16_t>(at);
        return before;
    }
    std::uint32_t insert_short(std::uint32_t at) noexcept {
        auto& head = short_heads_[hash(word_at(at) << 8, short_hash_bits)];
        const std::uint32_t before = head;
        head = static_cast<std::uint16_t>(at);
        return before;
    }

    /// How many bytes are the same at both places, up to `most`; `from` is before `at`.
    std::uint32_t same(std::uint32_t from, std::uint32_t at, std::uint32_t known, std::uint32_t most) const noexcept {
        const std::byte *a = window_.data() + from, *b = window_.data() + at;
        for (std::uint32_t n = known; n < most; n += 8) {
            const auto differs =
                load<std::uint64_t>(a + n, byte_order::little) ^ load<std::uint64_t>(b + n, byte_order::little);
            if (differs == 0) continue;
            n += static_cast<std::uint32_t>(std::countr_zero(differs)) / 8;
            return n < most ? n : most;
        }
        return most;
    }

    /// The longest match at `at`, which it inserts, if it is longer than `shortest`, or shortest and near if that is 0.
    template <bool Short>
    match find(std::uint32_t at, std::uint32_t shortest, std::uint32_t depth, std::uint32_t nice) noexcept {
        match best{shortest, 0};
        const std::uint32_t left = filled_ - at, most = left < longest_match ? left : longest_match;
        if (left < 4) return best;
        std::uint32_t from = insert(at);
        const std::uint32_t word = word_at(at);
        const std::uint32_t lowest = at >= window_size ? at - static_cast<std::uint32_t>(window_size) + 1 : 1;
        if constexpr (Short) {
            const std::uint32_t near_by = insert_short(at);
            if (shortest < 3 && near_by >= lowest && at - near_by <= short_reach &&
                ((word_at(near_by) ^ word) & 0xffffff) == 0)
                best = {3, at - near_by};
        }
        if (best.length < 3) best.length = 3;
        if (best.length >= most) return best.distance != 0 ? best : match{shortest, 0};
        if (nice > most) nice = most;
        for (; from >= lowest; from = previous_[from % window_size]) {
            if (word_at(from + best.length - 3) == word_at(at + best.length - 3) && word_at(from) == word) {
                const std::uint32_t length = same(from, at, 4, most);
                if (length > best.length) {
                    best = {length, at - from};
                    if (length >= nice) break;
                }
            }
            if (--depth == 0) break;
        }
        return best.distance != 0 ? best : match{shortest, 0};
    }

    template <bool Short>
    void insert_all(std::uint32_t from, std::uint32_t to) noexcept {
        if (to + 4 > filled_) to = filled_ < 4 ? 0 : filled_ - 3;
        for (; from < to; ++from) {
            insert(from);
            if constexpr (Short) insert_short(from);
        }
    }

    /// The input: what matches may refer to, and what is still to be looked at. Place 0 is none.
    std::array<std::byte, window_end + padding> window_{};
    std::uint32_t position_, filled_;
    /// By hash of four bytes where they were last, by place where the same hash was before, and by hash of three.
    std::array<std::uint16_t, std::size_t{1} << hash_bits> heads_;
    std::array<std::uint16_t, window_size> previous_{};
    std::array<std::uint16_t, std::size_t{1} << short_hash_bits> short_heads_;
};

}  // namespace vitte::detail::deflate
