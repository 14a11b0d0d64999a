/// The memory of the instance that calls: every address that it gives is checked here.
#pragma once

#include <span>
#include <string>
#include <vitte/core/endian.hpp>
#include <vitte/core/utf8.hpp>
#include <vitte/loader/wasm/run/host_function.hpp>
#include <vitte/loader/wasm/wasi/abi.hpp>
#include <vitte/loader/wasm/interpret/work.hpp>

namespace vitte::loader::wasm::wasi {

/// For one call: the memory may move when the guest goes on.
class guest_memory {
public:
    explicit guest_memory(caller from) noexcept : bytes_(from.memory()), in_(from.instance()) {}

    /// Counts work that is done for the guest as that of so many cells, in pieces of a millisecond at most: a metered
    /// guest is charged for it. Fails with `code::intr` if the guest is to stop, which traps when the call returns.
    outcome<> work(std::uint64_t cells) const noexcept {
        if (in_ == nullptr) return {};
        const trap_code stops = bulk::work(*in_, cells);
        if (stops == trap_code::none) return {};
        in_->execution->stop_caller(stops);
        return refuse(code::intr);
    }
    /// `step(piece)` for all of `whole`, a few bytes at a time, until one moves less than it could; how many all did.
    template <class Step>
    result<std::size_t, refusal> in_pieces(std::span<std::byte> whole, std::size_t most, Step step) const {
        std::size_t done = 0;
        while (done < whole.size()) {
            const auto piece = whole.subspan(done, std::min(most, whole.size() - done));
            const result<std::size_t> moved = step(piece);
            if (!moved && done == 0) return unexpected(refusal(moved.error()));
            if (!moved) break;
            done += *moved;
            VITTE_CHECK(work(1 + *moved / bulk::bytes_per_cell));
            if (*moved < piece.size()) break;
        }
        return done;
    }

    /// `size` bytes at `address`; `code::fault` if they are not all there.
    outcome<std::span<std::byte>> part(std::uint32_t address, std::uint64_t size) const noexcept {
        if (address > bytes_.size() || size > bytes_.size() - address) return refuse(code::fault);
        return bytes_.subspan(address, static_cast<std::size_t>(size));
    }
    template <class T>
    outcome<T> read(std::uint32_t address) const noexcept {
        VITTE_TRY(const auto from, part(address, sizeof(T)));
        return load<T>(from.data(), byte_order::little);
    }
    template <class T>
    outcome<> write(std::uint32_t address, T value) const noexcept {
        VITTE_TRY(const auto to, part(address, sizeof(T)));
        vitte::store<T>(to.data(), value, byte_order::little);
        return {};
    }
    /// A text such as a path: well-formed UTF-8 (`code::ilseq`) without NUL (`code::inval`), of at most 64 KiB. Each
    /// byte may be a step to a folder.
    outcome<std::string> text(std::uint32_t address, std::uint32_t size) const {
        constexpr std::uint32_t most = 65536;
        if (size > most) return refuse(code::nametoolong);
        VITTE_TRY(const auto from, part(address, size));
        VITTE_CHECK(work(size));
        if (utf8_valid_prefix(from) != from.size()) return refuse(code::ilseq);
        std::string made(reinterpret_cast<const char*>(from.data()), from.size());
        if (made.find('\0') != std::string::npos) return refuse(code::inval);
        return made;
    }

private:
    std::span<std::byte> bytes_;
    runtime* in_;
};

/// Puts the fields of a record into memory, each at its offset.
class record_writer {
public:
    explicit record_writer(std::span<std::byte> to) noexcept : to_(to) {
        for (std::byte& b : to_) b = std::byte{};
    }
    template <class T>
    record_writer& put(std::size_t offset, T value) noexcept {
        vitte::store<T>(to_.data() + offset, value, byte_order::little);
        return *this;
    }

private:
    std::span<std::byte> to_;
};

}  // namespace vitte::loader::wasm::wasi
