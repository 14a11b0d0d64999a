// What the verbs of `vitte key` share: options, small files, keys.
#pragma once

#include <array>
#include <cinttypes>
#include <optional>
#include <vitte/loader/format/minisign.hpp>
#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/time.hpp>

#include "command.hpp"
#include "password.hpp"
#include "shown.hpp"

namespace minisign = vitte::loader::minisign;
using vitte::errc;

struct key_request {
    std::string verb, public_file, key, secret_file, file, signature_file, trusted_comment, comment;
    std::string policy_file, name, version, threshold, next_file;
    bool has_trusted_comment = false, has_comment = false, plain = false, force = false, legacy = false;
    bool root = false, revoke = false;
};

inline exit_code refuse(const std::string& what, std::string_view hint = "") {
    return complain(failed, "key " + what, hint);
}
template <class Error>
exit_code cannot(const std::string& what, const Error& why, std::string_view hint = "") {
    return refuse(shown(what) + ": " + why.message().c_str(), hint);
}

/// The content of a small file, forgotten when this ends.
template <std::size_t Most>
class small_text {
public:
    small_text() = default;
    small_text(const small_text&) = delete;
    small_text& operator=(const small_text&) = delete;
    ~small_text() { vitte::secure_zero(bytes_); }

    vitte::result<std::string_view> read(const std::string& path) {
        VITTE_TRY(const auto opened, vitte::sys::file::open(path.c_str()));
        VITTE_TRY(const std::size_t size, opened.read(bytes_));
        if (size > Most) return vitte::fail(errc::too_large, "read");
        return std::string_view(reinterpret_cast<const char*>(bytes_.data()), size);
    }
    std::span<char> room() { return {reinterpret_cast<char*>(bytes_.data()), bytes_.size()}; }

private:
    std::array<std::byte, Most + 1> bytes_{};
};

/// Memory for what is made of a password.
struct password_memory {
    vitte::sys::byte_buffer bytes;

    static vitte::result<password_memory> of(const minisign::password_limits& limits) {
        const auto cost = limits.cost();
        const std::size_t words = cost.is_valid() ? cost.words() : 0;
        if (words == 0) return vitte::fail(errc::out_of_memory, "allocate");
        password_memory made;
        VITTE_TRY(made.bytes, vitte::sys::byte_buffer::allocate(words * sizeof(std::uint32_t)));
        return made;
    }
    std::span<std::uint32_t> words() {
        return {reinterpret_cast<std::uint32_t*>(bytes.bytes().data()), bytes.size() / sizeof(std::uint32_t)};
    }
};

inline std::string hexadecimal(const minisign::key_id& id) {
    char text[17];
    std::snprintf(text, sizeof text, "%016" PRIX64, vitte::load<std::uint64_t>(id.data(), vitte::byte_order::little));
    return text;
}

/// The public key of the options, nothing if it could not be read, which has been told then.
inline std::optional<minisign::public_key> public_key_of(const key_request& asked) {
    const std::string doing = asked.verb + " " + (asked.key.empty() ? asked.public_file : asked.key);
    small_text<minisign::public_key::max_size> text;
    std::string_view from = asked.key;
    if (asked.key.empty()) {
        const auto read = text.read(asked.public_file);
        if (!read) return static_cast<void>(cannot(doing, read.error())), std::nullopt;
        from = *read;
    }
    const auto key = asked.key.empty() ? minisign::public_key::parse(from) : minisign::public_key::parse_line(from);
    if (!key) return static_cast<void>(cannot(doing, key.error(), "a public key has 56 characters")), std::nullopt;
    return *key;
}

/// Whether a good signature is under the name and the version that the options want, if they want any; told if not.
inline exit_code check_claim(const key_request& asked, std::string_view name, std::string_view version) {
    const auto check = [&](const char* what, const std::string& wanted, std::string_view found) -> exit_code {
        if (wanted.empty() || wanted == found) return succeeded;
        return refuse(
            "verify " + shown(asked.file) + ": it is signed with " +
            (found.empty() ? std::string("no ") + what : std::string("the ") + what + " " + shown(std::string(found))) +
            ", and " + shown(wanted) + " is wanted");
    };
    const exit_code same = check("name", asked.name, name);
    return same == succeeded ? check("version", asked.version, version) : same;
}

/// In `key_policy.cpp`.
exit_code trust(const key_request& asked);
exit_code show_policy(const key_request& asked);
exit_code sign_policy(const key_request& asked, const minisign::secret_key& by);
exit_code verify_by_policy(const key_request& asked);
/// Whether the file begins as a container does.
bool is_container(const std::string& path);
exit_code sign_container(const key_request& asked, const minisign::secret_key& by);
exit_code verify_container(const key_request& asked, const minisign::public_key& by);
