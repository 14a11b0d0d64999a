// No text of a key or a signature is read outside it, and what is read is written as the same again.
#pragma once

#include <vitte/loader/format/minisign.hpp>

#include "../require.hpp"

inline void fuzz_minisign(const std::uint8_t* data, std::size_t size) {
    namespace minisign = vitte::loader::minisign;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static char room[minisign::signature::max_size];
    const auto comment = [text](std::size_t prefix) {
        const std::string_view line = text.substr(prefix, text.find_first_of("\r\n", prefix) - prefix);
        require(minisign::is_comment(line, minisign::most_of_comment));
        return line;
    };
    // Ends of lines are LF then, and one stands at the end.
    const auto is_same = [text](std::string_view written) {
        std::size_t at = 0;
        for (const char c : written) {
            if (c == '\n' && at < text.size() && text[at] == '\r') ++at;
            require((at == text.size() && c == '\n') || text[at] == c);
            at += at < text.size();
        }
        require(at == text.size());
    };
    if (const auto key = minisign::public_key::parse(text)) is_same(key->write(room, comment(19)));
    static_cast<void>(minisign::public_key::parse_line(text));
    if (const auto signature = minisign::signature::parse(text)) {
        is_same(signature->write(room));
        const minisign::public_key key{signature->id, vitte::ed25519_key(std::array<std::byte, 32>{}).public_key()};
        require(signature->verify(key, std::as_bytes(std::span(text))) != minisign::verdict::good);
    }
    if (const auto sealed = minisign::sealed_key::parse(text)) {
        is_same(sealed->write(room, comment(19)));
        const auto cost = sealed->limits().cost();
        static std::uint32_t memory[1 << 16];
        if (!sealed->has_password() || !cost.is_valid() || cost.words() == 0 || cost.words() > std::size(memory) ||
            cost.n * cost.p < 1 << 12)
            static_cast<void>(sealed->open(std::as_bytes(std::span("secret", 6)), memory));
    }
}
