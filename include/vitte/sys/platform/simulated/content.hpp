/// What is in a simulated file, now and on the disk.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <span>
#include <vector>
#include <vitte/sys/platform/simulated/choices.hpp>

namespace vitte::sys {

/// Bytes in pages; those that were never written are missing and read as zero.
class paged_bytes {
public:
    static constexpr std::size_t page_size = 4096;
    struct alignas(page_size) page {
        std::byte bytes[page_size] = {};
    };

    std::uint64_t size() const noexcept { return size_; }
    std::size_t page_count() const noexcept { return pages_.size(); }

    std::size_t read(std::uint64_t offset, std::span<std::byte> to) const {
        if (offset >= size_) return 0;
        if (to.size() > size_ - offset) to = to.first(static_cast<std::size_t>(size_ - offset));
        for_each_piece(offset, to.size(),
                       [&](std::uint64_t number, std::size_t in_page, std::size_t at, std::size_t n) {
                           const auto found = pages_.find(number);
                           if (found == pages_.end())
                               __builtin_memset(to.data() + at, 0, n);
                           else
                               __builtin_memcpy(to.data() + at, found->second->bytes + in_page, n);
                       });
        return to.size();
    }
    void write(std::uint64_t offset, std::span<const std::byte> from) {
        for_each_piece(offset, from.size(),
                       [&](std::uint64_t number, std::size_t in_page, std::size_t at, std::size_t n) {
                           __builtin_memcpy(made(number).bytes + in_page, from.data() + at, n);
                       });
        if (!from.empty() && size_ < offset + from.size()) size_ = offset + from.size();
    }
    void resize(std::uint64_t size) {
        if (size < size_) punch(size, size_ - size);
        size_ = size;
    }
    /// Makes whole pages missing, and zeroes parts of others.
    void punch(std::uint64_t offset, std::uint64_t size) {
        const std::uint64_t end = offset + size;
        for (auto at = pages_.lower_bound(offset / page_size); at != pages_.end() && at->first * page_size < end;) {
            const std::uint64_t begin = at->first * page_size;
            const std::size_t from = begin < offset ? static_cast<std::size_t>(offset - begin) : 0;
            const std::size_t to = begin + page_size > end ? static_cast<std::size_t>(end - begin) : page_size;
            const bool whole = from == 0 && to == page_size && at->second.use_count() == 1;
            if (!whole) __builtin_memset(at->second->bytes + from, 0, to - from);
            at = whole ? pages_.erase(at) : std::next(at);
        }
    }
    /// The first offset from `offset` on whose page is there, is missing; the size if there is none.
    std::uint64_t find(std::uint64_t offset, bool present) const {
        while (offset < size_ && pages_.contains(offset / page_size) != present)
            offset = (offset / page_size + 1) * page_size;
        return offset < size_ ? offset : size_;
    }
    void copy_from(const paged_bytes& other) {
        pages_.clear();
        for (const auto& [number, bytes] : other.pages_) pages_[number] = std::make_shared<page>(*bytes);
        size_ = other.size_;
    }
    /// Puts the pages from 0 on into `to`, which they then share with whoever has it.
    void move_into(const std::shared_ptr<page[]>& to, std::size_t count) {
        page* at = to.get();
        for (std::size_t i = 0; i < count; ++i, ++at) {
            const auto found = pages_.find(i);
            if (found != pages_.end()) *at = *found->second;
            pages_[i] = std::shared_ptr<page>(to, at);
        }
    }

private:
    template <class Use>
    static void for_each_piece(std::uint64_t offset, std::size_t size, Use use) {
        for (std::size_t at = 0; at < size;) {
            const auto in_page = static_cast<std::size_t>((offset + at) % page_size);
            const std::size_t n = size - at < page_size - in_page ? size - at : page_size - in_page;
            use((offset + at) / page_size, in_page, at, n);
            at += n;
        }
    }
    page& made(std::uint64_t number) {
        auto& found = pages_[number];
        if (found == nullptr) found = std::make_shared<page>();
        return *found;
    }

    std::map<std::uint64_t, std::shared_ptr<page>> pages_;
    std::uint64_t size_ = 0;
};

/// A file's bytes as programs see them, and as they are after a crash: what was not synced may be there in part, sector
/// by sector, in another order, or not at all.
class simulated_content {
public:
    static constexpr std::size_t sector = 512;

    const paged_bytes& now() const noexcept { return now_; }

    void write(std::uint64_t offset, std::span<const std::byte> from) {
        now_.write(offset, from);
        pending_.push_back({offset, {from.begin(), from.end()}, now_.size(), 0});
    }
    void resize(std::uint64_t size) {
        now_.resize(size);
        pending_.push_back({0, {}, size, 0});
    }
    void punch(std::uint64_t offset, std::uint64_t size) {
        now_.punch(offset, size);
        pending_.push_back({offset, {}, now_.size(), size});
    }
    /// Memory that shows the file from its beginning, at least `size` bytes; null if there is a view that is too short.
    std::shared_ptr<paged_bytes::page[]> view(std::uint64_t size) {
        const auto pages = static_cast<std::size_t>((size + paged_bytes::page_size - 1) / paged_bytes::page_size);
        auto shared = view_.lock();
        if (shared != nullptr) return pages <= view_pages_ ? shared : nullptr;
        const std::shared_ptr<paged_bytes::page[]> memory(new paged_bytes::page[2 * pages]);
        now_.move_into(memory, 2 * pages);
        shared = std::shared_ptr<paged_bytes::page[]>(memory.get(), [memory](paged_bytes::page*) {});
        view_ = shared;
        view_pages_ = 2 * pages;
        was_viewed_ = true;
        return shared;
    }
    bool is_viewed() const noexcept { return !view_.expired(); }

    void sync() {
        if (was_viewed_) {  // who knows what was written there
            stable_.copy_from(now_);
        } else {
            for (const change& c : pending_) apply(c, [](std::uint64_t) { return true; });
        }
        pending_.clear();
    }
    /// The device failed: what was not stored never will be, and nobody is told twice.
    void lose_pending() { pending_.clear(); }

    /// What is on the disk becomes what there is.
    void crash(choices& from) {
        if (was_viewed_ && from.choose(2) != 0) sync();
        store_some(from);
        pending_.clear();
        was_viewed_ = false;
        now_.copy_from(stable_);
    }

private:
    struct change {
        std::uint64_t offset;
        std::vector<std::byte> bytes;
        std::uint64_t size;   ///< of the file afterwards
        std::uint64_t punch;  ///< how many bytes became a hole
    };

    template <class Keep>
    void apply(const change& c, Keep keep) {
        for (std::size_t at = 0; at < c.bytes.size();) {
            const std::uint64_t number = (c.offset + at) / sector;
            const auto end = static_cast<std::size_t>((number + 1) * sector - c.offset);
            const std::size_t n = (end < c.bytes.size() ? end : c.bytes.size()) - at;
            if (keep(number)) stable_.write(c.offset + at, std::span(c.bytes).subspan(at, n));
            at += n;
        }
        if (c.punch != 0 && keep(c.offset / sector)) stable_.punch(c.offset, c.punch);
        if (c.bytes.empty() && c.punch == 0) stable_.resize(c.size);
    }
    /// Changes before a moment are stored, or any of them; the one at that moment, or all, in sectors that may be torn.
    void store_some(choices& from) {
        if (pending_.empty()) return;
        const auto moment = from.choose(static_cast<unsigned>(pending_.size()) + 1);
        const bool in_order = from.choose(2) == 0, whole = from.choose(2) == 0;
        std::uint64_t size = stable_.size();
        for (std::size_t i = 0; i < pending_.size(); ++i) {
            const change& c = pending_[i];
            if (i < moment) size = c.size;
            if (i > moment && in_order) break;
            if (i < moment && in_order) {
                apply(c, [](std::uint64_t) { return true; });
            } else if (!c.bytes.empty() || i < moment) {
                const bool stored = from.choose(2) == 0;
                apply(c, [&](std::uint64_t) { return whole ? stored : from.choose(2) == 0; });
            }
        }
        stable_.resize(size);
    }

    paged_bytes now_, stable_;
    std::vector<change> pending_;
    std::weak_ptr<paged_bytes::page[]> view_;
    std::size_t view_pages_ = 0;
    bool was_viewed_ = false;
};

}  // namespace vitte::sys
