/// `vitb::writer`: containers as `format/vitb.hpp` reads them. Of the same entries it makes the same bytes, in whatever
/// order they are added, on every machine.
#pragma once

#include <utility>
#include <vitte/core/crc32.hpp>
#include <vitte/core/deflate.hpp>
#include <vitte/core/growing_array.hpp>
#include <vitte/core/lz4_compress.hpp>
#include <vitte/loader/format/vitb/container.hpp>
#include <vitte/loader/format/vitb/owned_bytes.hpp>

namespace vitte::loader::vitb {

namespace detail {
inline void write_row(std::byte* to, kind k, std::uint64_t offset, std::uint32_t flags = critical_flag,
                      std::uint64_t stored = 0, std::uint64_t plain = 0, std::uint32_t crc = 0) noexcept {
    constexpr byte_order little = byte_order::little;
    store(to, static_cast<std::uint32_t>(k), little);
    store(to + 4, flags, little);
    store(to + 8, offset, little);
    store(to + 16, stored, little);
    store(to + 24, plain, little);
    store(to + 32, crc, little);
    store(to + 36, std::uint32_t{0}, little);
}
}  // namespace detail

/// Gathers entries and makes a container of them. One thread at a time.
class writer {
public:
    /// Adds an entry. `content` and `label` must stay until `finish`. What compression does not make smaller is stored
    /// as it is. A kind that the format does not name has no label, and is skipped by who does not know it. Fails with
    /// `errc::invalid_argument` for signatures, and for a label that none can be or that the kind does not have; with
    /// `errc::already_exists` if there is such an entry, and with `errc::out_of_memory`.
    result<void> add(vitb::kind kind, std::span<const std::byte> content, compression by = compression::none,
                     std::string_view label = {}) noexcept {
        constexpr const char* operation = "add to container";
        const bool has_fitting_label = has_label(kind) ? is_label(label) : label.empty();
        if (kind == kind::sign || !has_fitting_label) return fail(errc::invalid_argument, operation);
        item added{kind, by, label, content};
        std::size_t at = 0;
        for (std::size_t end = items_.size(); at < end;) {
            const std::size_t middle = at + (end - at) / 2;
            if (items_[middle].is_before(added))
                at = middle + 1;
            else
                end = middle;
        }
        if (at < items_.size() && !added.is_before(items_[at])) return fail(errc::already_exists, operation);
        VITTE_CHECK(items_.push_back(item(added)));
        for (; at < items_.size(); ++at) std::swap(items_[at], added);
        return {};
    }

    /// The container. Fails with `errc::out_of_memory`; the sizes of contents must not wrap around: `errc::too_large`.
    result<owned_bytes> finish() const noexcept {
        constexpr const char* operation = "make container";
        std::uint64_t most = detail::header_size + 4;
        for (const item& i : items_) {
            const std::uint64_t size = detail::aligned(i.room() + std::uint64_t{i.content.size()}) + detail::row_size;
            if (size > PTRDIFF_MAX - most) return fail(errc::too_large, operation);
            most += size;
        }
        VITTE_TRY(owned_bytes made, owned_bytes::allocate(most));
        VITTE_TRY(owned_bytes rows, owned_bytes::allocate(items_.size() * detail::row_size));
        std::size_t end = detail::header_size, row = 0;
        for (const item& i : items_) {
            VITTE_CHECK(write(i, made.span(), end, rows.data() + row));
            row += detail::row_size;
        }
        const std::size_t table = end;
        store(made.data(), detail::four_bytes("VITB"), byte_order::little);
        store(made.data() + 4, detail::version, byte_order::little);
        store(made.data() + 6, std::uint16_t{0}, byte_order::little);
        store(made.data() + 8, std::uint64_t{table}, byte_order::little);
        store(made.data() + table, static_cast<std::uint32_t>(items_.size()), byte_order::little);
        if (row != 0) __builtin_memcpy(made.data() + table + 4, rows.data(), row);
        made.shorten(table + 4 + row);
        return made;
    }

private:
    struct item {
        vitb::kind kind;
        compression by;
        std::string_view label;
        std::span<const std::byte> content;

        bool is_before(const item& other) const noexcept {
            if (kind != other.kind) return order_of(kind) < order_of(other.kind);
            return label < other.label;
        }
        /// The bytes that the label takes.
        std::size_t room() const noexcept { return label.empty() ? 0 : detail::label_room(label.size()); }
    };

    /// Writes an entry at `at`, moves that behind it, and makes its row.
    static result<void> write(const item& i, std::span<std::byte> to, std::size_t& at, std::byte* row) noexcept {
        const std::size_t begin = at, content = begin + i.room();
        if (!i.label.empty()) {
            store(to.data() + begin, static_cast<std::uint16_t>(i.label.size()), byte_order::little);
            __builtin_memcpy(to.data() + begin + 2, i.label.data(), i.label.size());
            fill(to, begin + 2 + i.label.size(), content);
        }
        std::size_t size = 0;
        std::uint32_t by = 0;
        if (i.by != compression::none && !i.content.empty()) {
            const auto room = to.subspan(content, i.content.size() - 1);
            const auto packed =
                i.by == compression::deflate ? deflate(i.content, room, 9) : lz4_compress(i.content, room);
            if (!packed && packed.error().code != errc::too_large) return unexpected(packed.error());
            if (packed) size = *packed, by = static_cast<std::uint32_t>(i.by);
        }
        if (by == 0 && !i.content.empty()) {
            size = i.content.size();
            __builtin_memcpy(to.data() + content, i.content.data(), size);
        }
        const std::size_t stored = i.room() + size;
        detail::write_row(row, i.kind, begin, by | (is_known(i.kind) ? critical_flag : 0), stored,
                          std::uint64_t{i.room()} + i.content.size(), crc32(to.subspan(begin, stored)));
        at = static_cast<std::size_t>(detail::aligned(begin + stored));
        fill(to, begin + stored, at);
        return {};
    }
    static void fill(std::span<std::byte> to, std::size_t from, std::size_t end) noexcept {
        for (; from < end; ++from) to[from] = std::byte{};
    }

    growing_array<item> items_;
};

/// What a container has to be for a signature that is its first: with the row of signatures, up to where they begin.
/// That is what is signed; signatures are appended to it. Of one that has signatures it is a copy of `signed_part`.
/// Fails with `errc::out_of_memory`.
inline result<owned_bytes> signable(const container& of) noexcept {
    const auto file = of.signed_part();
    if (!of.signatures().empty()) {
        VITTE_TRY(owned_bytes copy, owned_bytes::allocate(file.size()));
        __builtin_memcpy(copy.data(), file.data(), file.size());
        return copy;
    }
    const std::size_t end = of.table_end() + detail::row_size, begin = static_cast<std::size_t>(detail::aligned(end));
    VITTE_TRY(owned_bytes made, owned_bytes::allocate(begin));
    std::size_t before = 0;
    while (before < of.size() && order_of(of[before].kind) < order_of(kind::sign)) ++before;
    const std::size_t row = of.table_offset() + 4 + before * detail::row_size;
    __builtin_memcpy(made.data(), file.data(), row);
    detail::write_row(made.data() + row, kind::sign, begin);
    __builtin_memcpy(made.data() + row + detail::row_size, file.data() + row, file.size() - row);
    store(made.data() + of.table_offset(), static_cast<std::uint32_t>(of.size() + 1), byte_order::little);
    for (std::size_t i = end; i < begin; ++i) made.data()[i] = std::byte{};
    return made;
}

}  // namespace vitte::loader::vitb
