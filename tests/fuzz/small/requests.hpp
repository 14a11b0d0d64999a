// Whatever a client sends in whatever pieces, frames are what was framed, and a request that is read is written so that
// it is read as the same.
#pragma once

#include <vitte/loader/serve/frame.hpp>
#include <vitte/loader/serve/message.hpp>

#include "../require.hpp"

namespace {

void fuzz_request(std::string_view text) {
    using namespace vitte::loader;
    const auto read = read_request(text);
    if (!read) {
        require(!read.error().why.code.empty() && !read.error().why.message.empty());
        require(vitte::json::read(write_answer(read.error().id, vitte::unexpected(read.error().why))).has_value());
        return;
    }
    const auto written = write_request(*read);
    if (!written) return require(written.error().code == vitte::errc::too_large);
    const auto again = read_request(*written);
    require(again && again->id == read->id && again->method == read->method && again->path == read->path &&
            again->module == read->module && again->force == read->force && again->function == read->function &&
            again->signature == read->signature && again->arguments == read->arguments &&
            again->timeout == read->timeout);
    for (const std::string* const one : {&again->path, &again->module, &again->function, &again->signature})
        require(one->find('\0') == std::string::npos);
}

}  // namespace

/// The first byte is how much comes at a time.
inline void fuzz_requests(const std::uint8_t* data, std::size_t size) {
    using vitte::loader::message_reader;
    if (size == 0) return;
    const std::size_t step = data[0] + std::size_t{1};
    std::string_view left(reinterpret_cast<const char*>(data + 1), size - 1);
    fuzz_request(left);
    message_reader in(1000);
    std::string again;
    const std::string_view all = left;
    while (!left.empty()) {
        const std::string_view now = left.substr(0, step);
        std::memcpy(in.room().data(), now.data(), now.size());
        in.filled(now.size());
        left.remove_prefix(now.size());
        auto next = in.next();
        for (; next; next = in.next()) {
            require(next->size() <= 1000);
            vitte::loader::append_frame(again, *next);
            fuzz_request(*next);
        }
        if (next.error().code == vitte::errc::too_large) break;
    }
    require(all.starts_with(again));
}
