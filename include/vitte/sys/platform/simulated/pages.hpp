/// Memory of a simulation: the program's own heap, with a book about what may be done with which page. Rights are in
/// the book only: nothing faults.
#pragma once

#include <map>
#include <memory>
#include <new>
#include <vector>
#include <vitte/core/result.hpp>
#include <vitte/sys/platform/simulated/content.hpp>
#include <vitte/sys/platform/types.hpp>

namespace vitte::sys {

class simulated_pages {
public:
    static constexpr std::size_t page_size = paged_bytes::page_size;

    /// How many reservations there are.
    std::size_t count() const noexcept { return reservations_.size(); }
    /// How often something was released that is no reservation, or pages were used that are in none.
    std::size_t wrong_uses() const noexcept { return wrong_uses_; }

    result<void*> reserve(std::size_t size, access rights) {
        if (size == 0 || size > std::size_t{1} << 40) return fail(errc::out_of_memory, "reserve");
        const std::size_t count = (size + page_size - 1) / page_size;
        std::shared_ptr<paged_bytes::page[]> memory(new (std::nothrow) paged_bytes::page[count]);
        if (memory == nullptr) return fail(errc::out_of_memory, "reserve");
        return adopt(std::move(memory), 0, count, rights);
    }
    /// Pages that somebody else has, too.
    result<void*> adopt(std::shared_ptr<paged_bytes::page[]> memory, std::size_t first, std::size_t count,
                        access rights) {
        auto* const at = (memory.get() + first)->bytes;
        reservation& made = reservations_[at];
        ++made.owners;
        made.memory = std::move(memory);
        if (made.rights.size() < count) made.rights.resize(count, rights);
        return at;
    }
    result<void> release(void* at, std::size_t size) {
        const auto found = reservations_.find(static_cast<std::byte*>(at));
        if (found == reservations_.end() || found->second.size() < size) return wrong("release");
        if (--found->second.owners == 0) reservations_.erase(found);
        return {};
    }
    result<void> set_rights(void* at, std::size_t size, access rights, const char* what) {
        VITTE_TRY(const std::span<access> pages, pages_of(at, size, what));
        for (access& page : pages) page = rights;
        return {};
    }
    result<void> decommit(void* at, std::size_t size) {
        VITTE_TRY(const std::span<access> pages, pages_of(at, size, "decommit"));
        for (access& page : pages) page = access::none;
        __builtin_memset(at, 0, pages.size() * page_size);
        return {};
    }
    /// Whether the pages are reserved.
    result<void> check(const void* at, std::size_t size, const char* what) {
        VITTE_CHECK(pages_of(at, size, what));
        return {};
    }
    access rights_of(const void* at) const noexcept {
        const reservation* const found = holder(at);
        if (found == nullptr) return access::none;
        return found->rights[static_cast<std::size_t>(static_cast<const std::byte*>(at) - base_of(at)) / page_size];
    }

private:
    struct reservation {
        std::shared_ptr<paged_bytes::page[]> memory;
        std::vector<access> rights;
        unsigned owners = 0;  ///< views of the same place share an entry
        std::size_t size() const noexcept { return rights.size() * page_size; }
    };

    unexpected<error> wrong(const char* what) noexcept {
        ++wrong_uses_;
        return fail(errc::invalid_argument, what);
    }
    const std::byte* base_of(const void* at) const noexcept {
        return std::prev(reservations_.upper_bound(const_cast<std::byte*>(static_cast<const std::byte*>(at))))->first;
    }
    const reservation* holder(const void* at) const noexcept {
        auto* const address = const_cast<std::byte*>(static_cast<const std::byte*>(at));
        const auto after = reservations_.upper_bound(address);
        if (after == reservations_.begin()) return nullptr;
        const auto& [base, found] = *std::prev(after);
        return address < base + found.size() ? &found : nullptr;
    }
    result<std::span<access>> pages_of(const void* at, std::size_t size, const char* what) {
        auto* const found = const_cast<reservation*>(holder(at));
        if (found == nullptr) return wrong(what);
        const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(at) - base_of(at));
        const std::size_t first = offset / page_size, count = (size + page_size - 1) / page_size;
        if (offset % page_size != 0 || count > found->rights.size() - first) return wrong(what);
        return std::span(found->rights).subspan(first, count);
    }

    std::map<std::byte*, reservation> reservations_;
    std::size_t wrong_uses_ = 0;
};

}  // namespace vitte::sys
