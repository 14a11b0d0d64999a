/// The loadable segments of a shared object, mapped from its file into reserved address space. Nothing is ever
/// writable and executable at once, and every address that the file names can be checked against what was mapped.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>
#include <vitte/core/result.hpp>
#include <vitte/loader/format/elf/header.hpp>
#include <vitte/loader/load_error.hpp>
#include <vitte/loader/native/records.hpp>
#include <vitte/loader/native/without_waiting.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/memory/region.hpp>

namespace vitte::loader::native {

using loader::refuse;

template <sys::platform P = sys::native>
class segments {
public:
    /// Maps all loadable segments of `file`, privately: writable ones readable and writable, executable ones readable
    /// and executable. Fails without a trace if the file is not a shared object for this machine or lies about itself.
    /// `facts` are what the OS says of it.
    static result<segments, load_error> map(const sys::basic_file<P>& file, const sys::file_info& facts) {
        segments made;
        made.facts_ = facts;
        VITTE_CHECK(made.read_headers(file));
        VITTE_CHECK(made.check_layout());
        VITTE_CHECK(made.reserve(file));
        std::uint64_t mapped = made.lowest_;
        for (const elf::segment& segment : made.headers_)
            if (segment.type == elf::segment_type::load && segment.memory_size != 0) {
                VITTE_CHECK(made.map_one(file, segment, mapped));
            }
        return made;
    }

    /// Fails as `map` does if `file` is no shared object for this machine.
    static result<void, load_error> check_kind(const sys::basic_file<P>& file) {
        std::byte start[elf::header::longest];
        std::span<std::byte> read(start);
        VITTE_CHECK(read_header(file, read));
        return {};
    }

    /// What is added to an address of the file to get one in memory.
    std::uintptr_t base() const noexcept { return base_; }
    std::uintptr_t begin() const noexcept { return base_ + static_cast<word>(lowest_); }
    std::size_t size() const noexcept { return static_cast<std::size_t>(highest_ - lowest_); }
    std::span<const elf::segment> headers() const noexcept { return headers_; }
    /// What the OS said of the file.
    const sys::file_info& file() const noexcept { return facts_; }
    /// The same as they are in the file.
    std::span<const std::byte> raw_headers() const noexcept { return raw_headers_; }
    const elf::segment* find(elf::segment_type type) const noexcept {
        for (const elf::segment& header : headers_)
            if (header.type == type) return &header;
        return nullptr;
    }

    /// The loadable segment with the bit `flag` of its flags that `address` is in, or null.
    const elf::segment* segment_of(std::uint64_t address, std::uint32_t flag) const noexcept {
        const auto after = std::upper_bound(loads_.begin(), loads_.end(), address,
                                            [](std::uint64_t a, const elf::segment& s) { return a < s.address; });
        if (after == loads_.begin()) return nullptr;
        const elf::segment& s = after[-1];
        return (s.flags & flag) != 0 && address - s.address < s.memory_size ? &s : nullptr;
    }

    /// How many bytes can be read from file address `address` on, within its segment; 0 if it is in none.
    std::uint64_t readable(std::uint64_t address) const noexcept { return reach(address, elf::segment_readable); }
    /// The same for executing.
    std::uint64_t executable(std::uint64_t address) const noexcept { return reach(address, elf::segment_executable); }

    /// The array of `T` at file address `address` with `bytes` bytes, or null if it is misaligned or not all readable.
    template <class T>
    const T* array(std::uint64_t address, std::uint64_t bytes) const noexcept {
        if (address % alignof(T) != 0 || readable(address) < bytes) return nullptr;
        return reinterpret_cast<const T*>(base_ + static_cast<word>(address));
    }

    /// Has the OS prepare the pages of writable segments if so many of their words will be written that most are
    /// touched.
    void prepare_writes(std::uint64_t words) noexcept {
        constexpr std::uint64_t few_pages = 8, words_per_page = 4;
        for (const elf::segment& s : headers_) {
            if (s.type != elf::segment_type::load || (s.flags & elf::segment_writable) == 0 || s.file_size == 0)
                continue;
            const std::uint64_t from = down(s.address), size = up(s.address + s.file_size) - from,
                                pages = size / page_size();
            if (pages >= few_pages && words / words_per_page >= pages)
                static_cast<void>(
                    region_.advise(in_region(from), static_cast<std::size_t>(size), sys::memory_advice::will_write));
        }
    }

    /// Makes PT_GNU_RELRO data read-only, from the page that it begins in to the last that it fills.
    result<void, load_error> seal() {
        const elf::segment* relro = find(elf::segment_type::gnu_relro);
        if (relro == nullptr) return {};
        const std::uint64_t from = down(relro->address), to = down(relro->address + relro->memory_size);
        if (from >= to) return {};
        return protect(from, to - from, sys::access::read, "sealing relocated data");
    }

private:
    std::uint64_t reach(std::uint64_t address, std::uint32_t flag) const noexcept {
        const elf::segment* const in = segment_of(address, flag);
        return in == nullptr ? 0 : in->memory_size - (address - in->address);
    }

    /// Reads the begin of the file into `start`, which then is what there was.
    static result<elf::header, load_error> read_header(const sys::basic_file<P>& file, std::span<std::byte>& start) {
        constexpr const char* action = "reading the ELF header";
        auto got = file.read_at(start, 0);
        if (!got) return refuse(got.error(), action);
        start = start.first(*got);
        const auto header = elf::header::read(start);
        if (!header) return refuse(header.error().code, action, header.error().reason, header.error().offset);
        VITTE_CHECK(check_identity(*header));
        return *header;
    }
    result<void, load_error> read_headers(const sys::basic_file<P>& file) {
        constexpr const char* action = "reading the ELF header";
        alignas(8) std::byte buffer[1024];
        std::span<std::byte> start(buffer);
        VITTE_TRY(const elf::header header, read_header(file, start));
        const std::uint64_t table = header.segments_at, count = header.segment_count;
        const std::uint64_t bytes = count * elf::segment::size_in(form);
        if (count == 0 || count == 0xffff || table > facts_.size || bytes > facts_.size - table)
            return refuse(errc::malformed, action, "the program header table is not inside the file", 32);
        raw_headers_.resize(static_cast<std::size_t>(bytes));
        if (table + bytes <= start.size()) {
            std::memcpy(raw_headers_.data(), start.data() + table, raw_headers_.size());
        } else {
            auto more = file.read_at(raw_headers_, table);
            if (!more) return refuse(more.error(), action);
            if (*more != bytes)
                return refuse(errc::end_of_input, action, "the file ends inside its program headers", table);
        }
        const elf::table<elf::segment> all(raw_headers_, elf::segment::size_in(form), form);
        headers_.reserve(all.size());
        for (const elf::segment segment : all) headers_.push_back(segment);
        return {};
    }

    static result<void, load_error> check_identity(const elf::header& header) {
        constexpr const char* action = "reading the ELF header";
        if (!machine::supported) return refuse(errc::not_supported, action, "no linker for this machine: use the OS's");
        if (header.form.wide != form.wide || header.form.order != form.order || header.machine != machine::number)
            return refuse(errc::not_supported, action,
                          "the module is for machine " + std::to_string(static_cast<unsigned>(header.machine)) +
                              ", this program is for " + machine::name + ": build the module for it",
                          18);
        if (header.type != elf::file_type::shared_object)
            return refuse(errc::not_supported, action, "not a shared object: link it with -shared", 16);
        return {};
    }

    /// Segments ascend, do not share pages, stay inside the file and inside the address space.
    result<void, load_error> check_layout() {
        constexpr const char* action = "checking the segments";
        const std::uint64_t page = page_size();
        constexpr std::uint64_t limit = std::uint64_t{1} << (form.wide ? 34 : 31);
        bool any = false;
        std::uint64_t end = 0;
        for (const elf::segment& s : headers_) {
            const auto bad = [&](errc code, const char* reason) {
                return refuse(code, action, "segment " + std::to_string(&s - headers_.data()) + ": " + reason);
            };
            if (s.type == elf::segment_type::gnu_stack && (s.flags & elf::segment_executable) != 0)
                return bad(errc::not_supported, "an executable stack is refused: link with -z noexecstack");
            if (s.type != elf::segment_type::load || s.memory_size == 0) continue;
            constexpr auto both = elf::segment_writable | elf::segment_executable;
            if ((s.flags & both) == both) return bad(errc::not_supported, "writable and executable at once is refused");
            if (const char* const fault = elf::load_segment_fault(s, facts_.size, end))
                return bad(errc::malformed, fault);
            if (s.address >= limit || s.memory_size >= limit - s.address || s.alignment > limit)
                return bad(errc::malformed, form.wide ? "lies beyond 16 GiB" : "lies beyond 2 GiB");
            if (((s.address ^ s.offset) & (page - 1)) != 0)
                return bad(errc::not_supported, "address and file offset do not agree on a page of this system");
            const std::uint64_t from = down(s.address);
            if (any && from < highest_) return bad(errc::malformed, "shares a page with the segment before it");
            if (!any) lowest_ = from;
            any = true;
            loads_.push_back(s);
            end = s.address + s.memory_size;
            highest_ = up(end);
            if (s.alignment > alignment_) alignment_ = s.alignment;
        }
        return any ? result<void, load_error>{} : refuse(errc::malformed, action, "there is nothing to load");
    }

    /// The address space is reserved under a view of the first segment where that is possible, which saves a call.
    result<void, load_error> reserve(const sys::basic_file<P>& file) {
        const std::uint64_t page = page_size();
        const std::uint64_t slack = alignment_ > page ? alignment_ : 0;
        const auto size = static_cast<std::size_t>(highest_ - lowest_ + slack);
        const elf::segment& first = *std::find_if(headers_.begin(), headers_.end(), [](const elf::segment& s) {
            return s.type == elf::segment_type::load && s.memory_size != 0;
        });
        under_file_ = slack == 0 && first.file_size != 0 && first.file_size == first.memory_size;
        reserved_ = access_of(first);
        reserved_shift_ = first.offset - first.address;
        auto region = under_file_ ? sys::basic_region<P>::reserve_under(size, reserved_, file, down(first.offset))
                                  : sys::basic_region<P>::reserve(size);
        if (!region) return refuse(region.error(), "reserving address space");
        region_ = std::move(*region);
        const auto start = reinterpret_cast<std::uintptr_t>(region_.data());
        base_ = start - static_cast<word>(lowest_);
        if (slack != 0) base_ = static_cast<word>((base_ + slack - 1) & ~(slack - 1));
        return {};
    }

    static std::size_t page_size() noexcept { return sys::basic_region<P>::page_size(); }
    static std::uint64_t down(std::uint64_t address) noexcept { return address & ~std::uint64_t{page_size() - 1}; }
    static std::uint64_t up(std::uint64_t address) noexcept { return down(address + page_size() - 1); }
    static sys::access access_of(const elf::segment& s) noexcept {
        return (s.flags & elf::segment_writable) != 0     ? sys::access::read_write
               : (s.flags & elf::segment_executable) != 0 ? sys::access::read_execute
               : (s.flags & elf::segment_readable) != 0   ? sys::access::read
                                                          : sys::access::none;
    }

    /// Maps `s`. Its pages begin at or after `mapped`, the end of the segment before it, which becomes its own end.
    result<void, load_error> map_one(const sys::basic_file<P>& file, const elf::segment& s, std::uint64_t& mapped) {
        constexpr const char* action = "mapping";
        const std::uint64_t from = down(s.address), in_file_end = s.address + s.file_size;
        const std::uint64_t file_pages_end = s.file_size == 0 ? from : up(in_file_end),
                            end = up(s.address + s.memory_size);
        const bool zeroes = s.memory_size > s.file_size;
        const sys::access wanted = access_of(s), first = zeroes ? sys::access::read_write : wanted;
        if (under_file_ && mapped < from) {
            VITTE_CHECK(protect(mapped, from - mapped, sys::access::none, action));
        }
        const bool in_place = under_file_ && !zeroes && wanted == reserved_ && s.offset - s.address == reserved_shift_;
        if (s.file_size != 0 && !in_place) {
            const std::size_t at = in_region(from), size = static_cast<std::size_t>(in_file_end - from);
            VITTE_TRY(const bool copied, copy_to_huge_pages(file, s, at, size));
            if (!copied)
                if (auto r = region_.map_file(at, size, first, file, down(s.offset)); !r)
                    return refuse(r.error(), action);
        }
        mapped = end;
        if (!zeroes) return {};
        if (end > file_pages_end) {
            VITTE_CHECK(zero_pages(file_pages_end, end));
        }
        if (in_file_end < file_pages_end)
            std::memset(reinterpret_cast<void*>(base_ + static_cast<word>(in_file_end)), 0,
                        static_cast<std::size_t>(file_pages_end - in_file_end));
        if (wanted == first) return {};
        return protect(from, end - from, wanted, action);
    }

    /// Reads what would be mapped into huge pages, if it is large and most of it will be relocated: the OS would copy it
    /// page by page. False where that is not so, or there are none.
    result<bool, load_error> copy_to_huge_pages(const sys::basic_file<P>& file, const elf::segment& s, std::size_t at,
                                                std::size_t size) {
        constexpr std::size_t worthwhile = std::size_t{4} << 20;
        if (size < worthwhile || access_of(s) != sys::access::read_write) return false;
        const elf::segment* const relro = find(elf::segment_type::gnu_relro);
        if (relro == nullptr || relro->address != s.address || relro->memory_size < size / 2) return false;
        const std::size_t pages = static_cast<std::size_t>(up(size));
        if (under_file_ && !region_.decommit(at, pages)) return false;
        if (!region_.commit(at, pages, sys::access::read_write)) return false;
        if (!region_.advise(at, pages, sys::memory_advice::huge_pages)) return false;
        const auto got = file.read_at({region_.data() + at, size}, down(s.offset));
        if (!got) return refuse(got.error(), "mapping");
        if (*got != size) return refuse(errc::end_of_input, "mapping", "the file ends inside a segment", s.offset);
        return true;
    }

    result<void, load_error> zero_pages(std::uint64_t from, std::uint64_t to) {
        const std::size_t at = in_region(from), size = static_cast<std::size_t>(to - from);
        result<void> done;
        if (under_file_) done = region_.decommit(at, size);
        if (done) done = region_.commit(at, size, sys::access::read_write);
        return done ? result<void, load_error>{} : refuse(done.error(), "mapping");
    }

    result<void, load_error> protect(std::uint64_t from, std::uint64_t bytes, sys::access wanted, const char* action) {
        if (from < lowest_ || bytes > highest_ - lowest_ || from - lowest_ > highest_ - lowest_ - bytes)
            return refuse(errc::malformed, action, "the pages are not inside the segments");
        if (auto r = region_.protect(in_region(from), static_cast<std::size_t>(bytes), wanted); !r)
            return refuse(r.error(), action);
        return {};
    }

    std::size_t in_region(std::uint64_t address) const noexcept {
        return static_cast<std::size_t>(base_ + address - reinterpret_cast<std::uintptr_t>(region_.data()));
    }

    sys::basic_region<P> region_;
    sys::file_info facts_{};
    std::vector<std::byte> raw_headers_;
    std::vector<elf::segment> headers_;
    std::vector<elf::segment> loads_;  ///< the loadable ones that are not empty, which ascend

    std::uint64_t lowest_ = 0, highest_ = 0, alignment_ = 0;
    bool under_file_ =
        false;  ///< then what has these rights and this distance from its place in the file is there already
    sys::access reserved_ = sys::access::none;
    std::uint64_t reserved_shift_ = 0;
    std::uintptr_t base_ = 0;
};

}  // namespace vitte::loader::native
