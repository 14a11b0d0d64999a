// Passwords: typed at a terminal, which does not show them, or from standard input.
#pragma once

#include <cstdio>
#include <string_view>
#include <vitte/core/secure_zero.hpp>
#include <vitte/sys/device/terminal.hpp>

/// Forgotten when this ends.
class password {
public:
    password() = default;
    password(const password&) = delete;
    password& operator=(const password&) = delete;
    ~password() { vitte::secure_zero(room_); }

    std::span<const std::byte> bytes() const { return std::span(room_).first(size_); }
    bool operator==(const password& other) const {
        return std::string_view(reinterpret_cast<const char*>(room_), size_) ==
               std::string_view(reinterpret_cast<const char*>(other.room_), other.size_);
    }

    /// The next line of standard input, behind `prompt` if that is a terminal. `errc::end_of_input` if there is none,
    /// `errc::too_large` if it has more than 1023 bytes.
    vitte::result<void> read(const char* prompt) {
        using namespace vitte::sys;
        const auto input = native::files::standard(standard_stream::input);
        if (!is_terminal(input)) return read_line(input);
        terminal typed(input, input);
        VITTE_TRY(auto hidden, typed.silent());
        std::fprintf(stderr, "%s: ", prompt);
        std::fflush(stderr);
        const auto done = read_line(typed);
        std::fputc('\n', stderr);
        VITTE_CHECK(done);
        return hidden.restore();
    }

private:
    /// One byte at a time: what follows may be another line.
    vitte::result<void> read_line(vitte::sys::native::files::handle from) {
        vitte::sys::file opened(from);
        const auto done = take([&](std::span<std::byte> to) { return opened.read(to.first(1)); });
        static_cast<void>(opened.detach());
        return done;
    }
    vitte::result<void> read_line(vitte::sys::terminal& from) {
        return take([&](std::span<std::byte> to) { return from.read(to); });
    }
    template <class Read>
    vitte::result<void> take(Read read) {
        for (size_ = 0; sizeof room_ - size_ >= 4;) {
            VITTE_TRY(const std::size_t more, read(std::span(room_).subspan(size_)));
            size_ += more;
            if (more == 0 && size_ == 0) return vitte::fail(vitte::errc::end_of_input, "read password");
            if (more != 0 && room_[size_ - 1] != std::byte{'\n'} && room_[size_ - 1] != std::byte{'\r'}) continue;
            while (size_ != 0 && (room_[size_ - 1] == std::byte{'\n'} || room_[size_ - 1] == std::byte{'\r'})) --size_;
            return {};
        }
        return vitte::fail(vitte::errc::too_large, "read password");
    }

    std::byte room_[1024 + 3] = {};
    std::size_t size_ = 0;
};
