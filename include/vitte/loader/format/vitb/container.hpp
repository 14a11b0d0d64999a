/// `vitb::container`, the reader; see `format/vitb.hpp`.
#pragma once

#include <optional>
#include <vitte/loader/format/views.hpp>
#include <vitte/loader/format/vitb/entry.hpp>

namespace vitte::loader::vitb {

/// Whether a file that starts with `start` is a container, of any version.
constexpr bool is_container(std::span<const std::byte> start) noexcept {
    return start.size() >= 4 && load<std::uint32_t>(start.data(), byte_order::little) == detail::four_bytes("VITB");
}

/// A whole container. Views point into the bytes that were given, which must stay, and stay as they are.
class container {
public:
    /// Checks everything but the entries' checksums, what is compressed, and signatures: `errc::malformed`,
    /// `errc::end_of_input`, `errc::not_supported` for other versions, flags and critical kinds that are not known.
    /// Takes time in proportion to the entries' number, and allocates nothing.
    static result<container, parse_error> parse(std::span<const std::byte> file) noexcept {
        container made(file);
        VITTE_CHECK(made.read_header());
        VITTE_CHECK(made.check_entries());
        return made;
    }

    std::size_t size() const noexcept { return count_; }
    /// The entries by kind and label.
    entry operator[](std::size_t index) const noexcept {
        VITTE_ASSERT(index < count_);
        const row r = row_at(index);
        if (r.kind == kind::sign)
            return {r.kind, r.flags, {}, signatures(), signatures(), r.offset, signatures().size()};
        const auto stored = file_.subspan(static_cast<std::size_t>(r.offset), static_cast<std::size_t>(r.stored));
        std::string_view label;
        std::size_t before = 0;
        if (has_label(r.kind)) {
            const std::size_t length = load<std::uint16_t>(stored.data(), byte_order::little);
            label = {reinterpret_cast<const char*>(stored.data()) + 2, length};
            before = detail::label_room(length);
        }
        return {r.kind, r.flags, label, stored, stored.subspan(before), r.offset, r.plain - before, r.crc};
    }

    class iterator {
    public:
        using value_type = entry;
        using difference_type = std::ptrdiff_t;
        iterator() noexcept = default;
        iterator(const container* of, std::size_t index) noexcept : of_(of), index_(index) {}
        entry operator*() const noexcept { return (*of_)[index_]; }
        iterator& operator++() noexcept { return ++index_, *this; }
        iterator operator++(int) noexcept { return {of_, index_++}; }
        friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.index_ == b.index_; }

    private:
        const container* of_ = nullptr;
        std::size_t index_ = 0;
    };
    iterator begin() const noexcept { return {this, 0}; }
    iterator end() const noexcept { return {this, count_}; }

    /// The first entry of that kind, or the one with that label; nothing if there is none.
    std::optional<entry> find(vitb::kind wanted, std::string_view label = {}) const noexcept {
        for (std::size_t i = 0; i < count_; ++i) {
            if (row_at(i).kind != wanted) continue;
            const entry found = (*this)[i];
            if (label.empty() || found.label == label) return found;
        }
        return std::nullopt;
    }

    std::span<const std::byte> bytes() const noexcept { return file_; }
    /// What signatures are made of: all before them, the whole file if there are none.
    std::span<const std::byte> signed_part() const noexcept { return file_.first(signatures_at_); }
    /// One after the other, `signature_size` bytes each; empty if there are none.
    std::span<const std::byte> signatures() const noexcept { return file_.subspan(signatures_at_); }
    /// Where the table is, and where it ends.
    std::size_t table_offset() const noexcept { return table_; }
    std::size_t table_end() const noexcept { return table_ + 4 + count_ * detail::row_size; }

private:
    struct row {
        vitb::kind kind;
        std::uint32_t flags;
        std::uint64_t offset, stored, plain;
        std::uint32_t crc, zero;
    };

    explicit container(std::span<const std::byte> file) noexcept : file_(file), signatures_at_(file.size()) {}

    static constexpr encoding little{};

    row row_at(std::size_t index) const noexcept {
        const std::byte* const at = file_.data() + table_ + 4 + index * detail::row_size;
        return {static_cast<vitb::kind>(little.u32(at)),
                little.u32(at + 4),
                little.u64(at + 8),
                little.u64(at + 16),
                little.u64(at + 24),
                little.u32(at + 32),
                little.u32(at + 36)};
    }

    result<void, parse_error> read_header() noexcept {
        constexpr const char* what = "header of the container";
        constexpr const char* early = "the file ends too early";
        if (!is_container(file_)) return malformed(what, "not a container", 0);
        if (file_.size() < detail::header_size) return malformed(what, early, file_.size(), errc::end_of_input);
        if (little.u16(file_.data() + 4) != detail::version)
            return malformed(what, "another version than 2", 4, errc::not_supported);
        if (little.u16(file_.data() + 6) != 0) return malformed(what, "unknown flags", 6, errc::not_supported);
        const std::uint64_t table = little.u64(file_.data() + 8);
        if (table < detail::header_size || table % detail::alignment != 0)
            return malformed(what, "the table is not where it can be", 8);
        if (table > file_.size() || file_.size() - table < 4)
            return malformed("table of contents", early, file_.size(), errc::end_of_input);
        table_ = static_cast<std::size_t>(table);
        const std::uint32_t count = little.u32(file_.data() + table_);
        if (count > (file_.size() - table_ - 4) / detail::row_size)
            return malformed("table of contents", early, file_.size(), errc::end_of_input);
        count_ = count;
        return {};
    }

    result<void, parse_error> check_entries() noexcept {
        std::uint64_t end = detail::header_size;
        for (std::size_t i = 0; i < count_; ++i) {
            const row r = row_at(i);
            VITTE_CHECK(check_place_of(i, r));
            if (r.kind == kind::sign) {
                VITTE_CHECK(check_signatures(i, r));
                continue;
            }
            VITTE_CHECK(check_flags(i, r));
            if (r.offset < end) return wrong(i, "overlaps what is before it");
            VITTE_CHECK(check_gap(end, r.offset));
            if (r.offset > table_ || r.stored > table_ - r.offset) return wrong(i, "overlaps the table of contents");
            VITTE_CHECK(check_sizes(i, r));
            end = r.offset + r.stored;
        }
        VITTE_CHECK(check_gap(end, table_));
        if (signatures_at_ == file_.size() && table_end() != file_.size())
            return malformed("table of contents", "bytes follow that are no part of the container", table_end());
        return {};
    }

    /// An error of the entry of a row.
    unexpected<parse_error> wrong(std::size_t index, const char* reason, errc code = errc::malformed) const noexcept {
        return malformed("entry of the container", reason, table_ + 4 + index * detail::row_size, code);
    }

    result<void, parse_error> check_place_of(std::size_t index, const row& r) const noexcept {
        if (r.zero != 0) return wrong(index, "its last field is not 0");
        if (!is_known(r.kind) && (r.flags & critical_flag) != 0)
            return wrong(index, "its kind is not known, but must be to read the file", errc::not_supported);
        if (index == 0) return {};
        const vitb::kind before = row_at(index - 1).kind;
        if (order_of(before) > order_of(r.kind)) return wrong(index, "not in the order of kinds");
        if (before == r.kind && is_known(r.kind) && !has_label(r.kind))
            return wrong(index, "there can be only one of its kind");
        return {};
    }
    result<void, parse_error> check_flags(std::size_t index, const row& r) const noexcept {
        if ((r.flags & ~(deflate_flag | lz4_flag | critical_flag)) != 0)
            return wrong(index, "unknown flags", errc::not_supported);
        if ((r.flags & deflate_flag) != 0 && (r.flags & lz4_flag) != 0)
            return wrong(index, "compressed in two ways at once");
        return {};
    }
    /// Zeros from the end of one part to the beginning of the next one.
    result<void, parse_error> check_gap(std::uint64_t end, std::uint64_t begin) const noexcept {
        constexpr const char* what = "container";
        if (begin != detail::aligned(end)) return malformed(what, "a part does not begin where the last one ends", end);
        if (begin > file_.size()) return malformed(what, "the file ends too early", file_.size(), errc::end_of_input);
        return check_zeros(static_cast<std::size_t>(end), static_cast<std::size_t>(begin));
    }
    result<void, parse_error> check_zeros(std::size_t from, std::size_t to) const noexcept {
        for (; from < to; ++from)
            if (file_[from] != std::byte{}) return malformed("container", "a byte between its parts is not 0", from);
        return {};
    }

    result<void, parse_error> check_sizes(std::size_t index, const row& r) const noexcept {
        std::size_t before = 0;
        if (has_label(r.kind)) {
            VITTE_TRY(before, check_label(index, r));
        }
        if (r.plain < before) return wrong(index, "smaller than its label");
        const std::uint64_t packed = r.stored - before, plain = r.plain - before;
        const bool is_deflated = (r.flags & deflate_flag) != 0;
        if (!is_deflated && (r.flags & lz4_flag) == 0) {
            if (plain != packed) return wrong(index, "not compressed, but with another size before that");
        } else if (plain <= packed || plain / (is_deflated ? most_of_deflate : most_of_lz4) > packed) {
            return wrong(index, "its size cannot be that of what is compressed there");
        }
        return {};
    }
    /// Returns how many bytes the label takes.
    result<std::size_t, parse_error> check_label(std::size_t index, const row& r) const noexcept {
        const auto at = static_cast<std::size_t>(r.offset);
        const std::size_t length = r.stored < 2 ? 0 : little.u16(file_.data() + at), room = detail::label_room(length);
        if (r.stored < room) return wrong(index, "ends inside its label", errc::end_of_input);
        const std::string_view label(reinterpret_cast<const char*>(file_.data()) + at + 2, length);
        if (!is_label(label)) return malformed("label in the container", "not a text for a line", at);
        VITTE_CHECK(check_zeros(at + 2 + length, at + room));
        if (index == 0 || row_at(index - 1).kind != r.kind) return room;
        const std::string_view last = (*this)[index - 1].label;
        if (label == last) return wrong(index, "there is another one of its kind with this label");
        if (label < last) return wrong(index, "not in the order of labels");
        return room;
    }
    result<void, parse_error> check_signatures(std::size_t index, const row& r) noexcept {
        if ((r.flags & ~critical_flag) != 0) return wrong(index, "unknown flags", errc::not_supported);
        if (r.stored != 0 || r.plain != 0 || r.crc != 0) return wrong(index, "signatures with a size or a checksum");
        VITTE_CHECK(check_gap(table_end(), r.offset));
        signatures_at_ = static_cast<std::size_t>(r.offset);
        if (signatures().empty() || signatures().size() % signature_size != 0)
            return malformed("signatures of the container", "the last one is not whole", file_.size(),
                             errc::end_of_input);
        return {};
    }

    /// How many times larger its content can be than a stream of deflate (matches of 258 bytes by two bits) and a block
    /// of LZ4 (255 bytes by one) are.
    static constexpr std::uint64_t most_of_deflate = 1032, most_of_lz4 = 255;

    std::span<const std::byte> file_;
    std::size_t table_ = 0, count_ = 0, signatures_at_;
};

}  // namespace vitte::loader::vitb
