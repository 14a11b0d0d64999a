/// What happens in trees of folders (ReadDirectoryChangesW).
#pragma once

#include <vitte/sys/platform/win32/clocks.hpp>
#include <vitte/sys/platform/win32/files.hpp>

namespace vitte::sys::win32 {

class watch_queue {
public:
    static constexpr bool watches_trees = true;

    result<void> open() noexcept { return {}; }
    void close() noexcept {
        for (; count_ != 0; --count_) end(*roots_[count_ - 1]);
    }
    /// At most 64 of them (MAXIMUM_WAIT_OBJECTS).
    result<std::uint32_t> add(const char* path, bool whole_tree) noexcept {
        constexpr unsigned long list = 1, overlapped_use = 0x40000000;
        if (count_ == most) return fail(errc::out_of_handles, "ReadDirectoryChangesW");
        auto* const made = static_cast<root*>(HeapAlloc(GetProcessHeap(), 8, sizeof(root)));
        if (made == nullptr) return fail(errc::out_of_memory, "ReadDirectoryChangesW");
        made->whole_tree = whole_tree;
        made->state.event = CreateEventW(nullptr, 1, 0, nullptr);
        const auto folder = with_path(path, [](const wchar_t* wide) {
            return opened(wide, list, open_existing, backup_semantics | overlapped_use);
        });
        made->folder = folder ? *folder : nullptr;
        const auto begun = folder ? ask(*made) : result<void>(unexpected(folder.error()));
        if (!begun) end(*made);
        if (!begun) return unexpected(begun.error());
        roots_[count_] = made;
        return static_cast<std::uint32_t>(count_++);
    }
    void remove(std::uint32_t) noexcept {}

    result<bool> next(folder_change& to) noexcept {
        for (std::size_t i = 0; i < count_; ++i) {
            root& from = *roots_[i];
            if (from.folder == nullptr) continue;
            if (from.next == nullptr) {
                to = {};
                to.folder = static_cast<std::uint32_t>(i);
                const auto more = fill(from, to);
                if (!more) return is_gone(from, to);
                if (!*more) continue;
                if (to.changes == watch_overflow) return true;
            }
            take(from, static_cast<std::uint32_t>(i), to);
            return true;
        }
        return false;
    }
    result<void> wait(std::int64_t until) noexcept {
        void* events[most];
        std::size_t watched = 0;
        for (std::size_t i = 0; i < count_; ++i)
            if (roots_[i]->folder != nullptr) events[watched++] = roots_[i]->state.event;
        if (watched != 0) return clocks::wait_any(events, watched, until);
        VITTE_CHECK(clocks::sleep_until(until));
        return fail(errc::timed_out, "watch");
    }

private:
    static constexpr std::size_t most = 64;
    struct root {
        handle folder;
        overlapped state;
        bool whole_tree;
        const std::byte* next;
        char name[3 * 32'768];
        alignas(8) std::byte buffer[65'536];
    };

    static result<void> ask(root& of) noexcept {
        constexpr unsigned long names_attributes_sizes_writes = 1 | 2 | 4 | 8 | 0x10;
        of.next = nullptr;
        return checked(
            ReadDirectoryChangesW(of.folder, of.buffer, sizeof of.buffer, of.whole_tree ? 1 : 0,
                                  names_attributes_sizes_writes, nullptr, as<_OVERLAPPED>(&of.state), nullptr),
            "ReadDirectoryChangesW");
    }
    /// Whether there is a record, or, in `to`, that there were too many.
    static result<bool> fill(root& of, folder_change& to) noexcept {
        constexpr unsigned long incomplete = 996, too_many = 1022;
        unsigned long size = 0;
        if (GetOverlappedResult(of.folder, as<_OVERLAPPED>(&of.state), &size, 0) == 0) {
            const unsigned long number = GetLastError();
            if (number == incomplete) return false;
            if (number != too_many) return failed(number, "ReadDirectoryChangesW");
            size = 0;
        }
        if (size != 0) of.next = of.buffer;
        if (size != 0) return true;
        to.changes = watch_overflow;
        VITTE_CHECK(ask(of));
        return true;
    }
    /// Tells once of a folder that cannot be watched any longer, mostly since it has been removed.
    static bool is_gone(root& of, folder_change& to) noexcept {
        CloseHandle(of.folder);
        of.folder = nullptr;
        to.changes = watch_removed;
        return to.watch_ended = true;
    }
    static void take(root& of, std::uint32_t folder, folder_change& to) noexcept {
        std::uint32_t head[3];  // where the next begins, what happened, bytes of the name
        __builtin_memcpy(head, of.next, sizeof head);
        constexpr unsigned changes[] = {0, watch_created, watch_removed, watch_modified, watch_removed, watch_created};
        to = {};
        to.folder = folder;
        to.changes = head[1] < 6 ? changes[head[1]] : 0;
        if (!narrow(reinterpret_cast<const wchar_t*>(of.next + 12), head[2] / 2, of.name, sizeof of.name))
            of.name[0] = 0;
        for (char* c = of.name; *c != 0; ++c)
            if (*c == '\\') *c = '/';
        to.name = of.name;
        of.next = head[0] == 0 ? nullptr : of.next + head[0];
        if (of.next == nullptr && !ask(of)) to.watch_ended = true;
    }
    static void end(root& of) noexcept {
        unsigned long size = 0;
        if (of.folder != nullptr) {
            if (CancelIoEx(of.folder, as<_OVERLAPPED>(&of.state)) != 0)
                GetOverlappedResult(of.folder, as<_OVERLAPPED>(&of.state), &size, 1);
            CloseHandle(of.folder);
        }
        if (of.state.event != nullptr) CloseHandle(of.state.event);
        HeapFree(GetProcessHeap(), 0, &of);
    }

    root* roots_[most] = {};
    std::size_t count_ = 0;
};

}  // namespace vitte::sys::win32
