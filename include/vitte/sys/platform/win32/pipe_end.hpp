/// This process's end of a pipe to a child: a named pipe, since those without a name know no deadlines (overlapped
/// I/O).
#pragma once

#include <vitte/sys/platform/win32/clocks.hpp>
#include <vitte/sys/platform/win32/files.hpp>

namespace vitte::sys::win32 {

class pipe_end {
public:
    using handle = win32::handle;

    result<handle> open(bool child_reads) noexcept {
        constexpr unsigned long inbound = 1, outbound = 2, overlapped_use = 0x40000000, only_one = 0x00080000,
                                not_from_afar = 8;
        constexpr unsigned long buffer = 65'536;
        wchar_t name[] = L"\\\\.\\pipe\\vitte-................................";
        VITTE_CHECK(make_unique(name + 15));
        writes_ = child_reads;
        const handle mine = CreateNamedPipeW(name, (child_reads ? outbound : inbound) | overlapped_use | only_one,
                                             not_from_afar, 1, buffer, buffer, 0, nullptr);
        if (mine == reinterpret_cast<handle>(-1)) return last_error("CreateNamedPipeW");
        const auto theirs = opened(name, child_reads ? generic_read : generic_write, open_existing, 0);
        state_.event = CreateEventW(nullptr, 1, 0, nullptr);
        if (!theirs || state_.event == nullptr) {
            CloseHandle(mine);
            if (theirs) CloseHandle(*theirs);
            if (state_.event != nullptr) CloseHandle(std::exchange(state_.event, nullptr));
            return theirs ? fail(errc::out_of_handles, "CreateEventW") : theirs;
        }
        mine_ = mine;
        return theirs;
    }
    bool is_open() const noexcept { return mine_ != nullptr; }
    void close() noexcept {
        if (mine_ == nullptr) return;
        cancel();
        CloseHandle(std::exchange(mine_, nullptr));
        CloseHandle(std::exchange(state_.event, nullptr));
    }

    void begin(std::byte* data, std::size_t size) noexcept {
        constexpr std::size_t most = std::size_t{1} << 20;
        data_ = data;
        size_ = static_cast<unsigned long>(size < most ? size : most);
        const int at_once = writes_ ? WriteFile(mine_, data_, size_, nullptr, as<_OVERLAPPED>(&state_))
                                    : ReadFile(mine_, data_, size_, nullptr, as<_OVERLAPPED>(&state_));
        constexpr unsigned long pending = 997;
        failure_ = at_once != 0 ? 0 : GetLastError();
        if (failure_ == pending) failure_ = 0;
        running_ = failure_ == 0;
    }
    /// The memory is not touched any more when this returns.
    void cancel() noexcept {
        if (!std::exchange(running_, false)) return;
        unsigned long moved = 0;
        CancelIoEx(mine_, as<_OVERLAPPED>(&state_));
        GetOverlappedResult(mine_, as<_OVERLAPPED>(&state_), &moved, 1);
    }
    result<std::size_t> finish() noexcept {
        constexpr unsigned long incomplete = 996;
        unsigned long moved = 0;
        if (running_ && GetOverlappedResult(mine_, as<_OVERLAPPED>(&state_), &moved, 0) == 0) {
            failure_ = GetLastError();
            if (failure_ == incomplete) return failed(std::exchange(failure_, 0ul), "GetOverlappedResult");
        }
        running_ = false;
        if (failure_ != 0 && !writes_ && cause_of(failure_) == errc::broken_pipe) return std::size_t{0};
        if (failure_ != 0) return failed(failure_, writes_ ? "WriteFile" : "ReadFile");
        if (moved != 0) return std::size_t{moved};
        begin(data_, size_);  // somebody wrote nothing, which is not the end
        return fail(errc::would_block, "ReadFile");
    }
    static result<void> wait_any(pipe_end* const* ends, std::size_t count, std::int64_t until) noexcept {
        void* events[3];
        for (std::size_t i = 0; i < count; ++i) {
            if (!ends[i]->running_) return {};
            events[i] = ends[i]->state_.event;
        }
        return clocks::wait_any(events, count, until);
    }

private:
    /// 32 digits.
    static result<void> make_unique(wchar_t* to) noexcept {
        unsigned char random[16];
        constexpr unsigned long system_preferred = 2;
        if (BCryptGenRandom(nullptr, random, sizeof random, system_preferred) < 0)
            return fail(errc::io_error, "BCryptGenRandom");
        for (unsigned i = 0; i < 32; ++i) to[i] = L"0123456789abcdef"[random[i / 2] >> (i % 2 * 4) & 15];
        return {};
    }

    handle mine_ = nullptr;
    bool writes_ = false, running_ = false;
    unsigned long failure_ = 0, size_ = 0;
    std::byte* data_ = nullptr;
    overlapped state_{};
};

}  // namespace vitte::sys::win32
