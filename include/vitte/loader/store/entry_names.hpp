/// What the files of a module store are called. Pure. No name of a module or version leads out of its folder, meets
/// another one's or is something else than a file, on any OS: folded case, devices of Windows, streams, short names and
/// dots at the end.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vitte/core/assert.hpp>
#include <vitte/core/blake3.hpp>
#include <vitte/core/semver.hpp>
#include <vitte/loader/module_name.hpp>

namespace vitte::loader {

/// The BLAKE3 hash of some content, which is what a store knows it by.
using content_hash = blake3::digest;

namespace detail {

/// A short text that ends with a NUL.
template <std::size_t Most>
class fixed_text {
public:
    constexpr fixed_text() noexcept = default;
    constexpr const char* c_str() const noexcept { return text_.data(); }
    constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
    constexpr fixed_text& add(std::string_view more) noexcept {
        for (const char c : more) add(c);
        return *this;
    }
    constexpr fixed_text& add(char c) noexcept {
        VITTE_ASSERT(size_ < Most);
        text_[size_++] = c;
        return *this;
    }

private:
    std::array<char, Most + 1> text_{};
    std::size_t size_ = 0;
};

/// A hash as 64 digits.
using hash_text = fixed_text<2 * std::tuple_size_v<content_hash>>;
constexpr hash_text text_of(const content_hash& hash) noexcept {
    constexpr std::string_view digits = "0123456789abcdef";
    hash_text made;
    for (const std::byte b : hash)
        made.add(digits[std::to_integer<unsigned>(b) >> 4]).add(digits[std::to_integer<unsigned>(b) & 15]);
    return made;
}
constexpr bool is_hexadecimal(std::string_view text) noexcept {
    return text.find_first_not_of("0123456789abcdef") == text.npos;
}
/// Of 64 digits, as `text_of` has them.
constexpr std::optional<content_hash> hash_of_text(std::string_view text) noexcept {
    content_hash made{};
    if (text.size() != 2 * made.size() || !is_hexadecimal(text)) return std::nullopt;
    const auto digit = [&](std::size_t at) {
        return static_cast<unsigned>(text[at] <= '9' ? text[at] - '0' : text[at] - 'a' + 10);
    };
    for (std::size_t i = 0; i < made.size(); ++i)
        made[i] = static_cast<std::byte>(digit(2 * i) << 4 | digit(2 * i + 1));
    return made;
}

/// Where what is known by a hash stands: 256 folders by its first byte, and the other bytes as a name.
struct hash_place {
    fixed_text<2> folder;
    fixed_text<62> name;

    static constexpr hash_place of(const content_hash& hash) noexcept {
        const hash_text all = text_of(hash);
        hash_place made;
        made.folder.add(all.view().substr(0, 2));
        made.name.add(all.view().substr(2));
        return made;
    }
    static constexpr bool is_folder(std::string_view name) noexcept { return name.size() == 2 && is_hexadecimal(name); }
    /// The hash of what is called `name` in `folder`, which is one.
    static constexpr std::optional<content_hash> hash_of(std::string_view folder, std::string_view name) noexcept {
        if (name.size() != 62) return std::nullopt;
        return hash_of_text(hash_text().add(folder).add(name).view());
    }
};

inline constexpr std::size_t longest_module_name = 128, longest_stored_version = 100;

/// Of a name, its parts: "acme/image" is "@acme+image@", so that it neither begins as a device is called nor ends with
/// a dot.
using name_folder = fixed_text<longest_module_name + 2>;
constexpr name_folder folder_of_name(std::string_view name) noexcept {
    name_folder made;
    made.add('@');
    for (const char c : name) made.add(c == '/' ? '+' : c);
    return made.add('@');
}
/// The name whose folder is called `folder`; empty if none is.
constexpr fixed_text<longest_module_name> name_of_folder(std::string_view folder) noexcept {
    fixed_text<longest_module_name> made;
    if (folder.size() < 3 || folder.size() > longest_module_name + 2) return made;
    for (const char c : folder.substr(1, folder.size() - 2)) made.add(c == '+' ? '/' : c);
    if (!is_module_name(made.view()) || folder_of_name(made.view()).view() != folder) return {};
    return made;
}

/// A version as a store knows it: without build metadata, which makes no other version (Semantic Versioning 2.0.0, 10).
using version_text = fixed_text<longest_stored_version>;
constexpr result<version_text> stored_version(std::string_view version) noexcept {
    VITTE_CHECK(semver::version::parse(version));
    const std::string_view kept = version.substr(0, version.find('+'));
    if (kept.size() > longest_stored_version) return fail(errc::name_too_long, "name in store");
    return version_text().add(kept);
}

/// Of a version, which begins with a digit and ends with no dot: capital letters are small ones behind "=".
using version_file = fixed_text<2 * longest_stored_version>;
constexpr version_file file_of_version(std::string_view version) noexcept {
    version_file made;
    for (const char c : version) {
        const bool capital = c >= 'A' && c <= 'Z';
        if (capital) made.add('=');
        made.add(capital ? static_cast<char>(c - 'A' + 'a') : c);
    }
    return made;
}
/// The version whose file is called `file`; empty if none is.
constexpr version_text version_of_file(std::string_view file) noexcept {
    version_text made;
    for (std::size_t i = 0; i < file.size(); ++i) {
        if (made.view().size() == longest_stored_version) return {};
        const bool capital = file[i] == '=';
        if (capital && (++i == file.size() || file[i] < 'a' || file[i] > 'z')) return {};
        made.add(capital ? static_cast<char>(file[i] - 'a' + 'A') : file[i]);
    }
    const auto version = stored_version(made.view());
    if (!version || version->view() != made.view() || file_of_version(made.view()).view() != file) return {};
    return made;
}

/// Whether a file that is being written, or was when its writer ended, may be called so: see `sys::replace`.
constexpr bool is_unfinished(std::string_view name) noexcept {
    return name.size() == 25 && name[0] == '.' && is_hexadecimal(name.substr(1));
}

}  // namespace detail
}  // namespace vitte::loader
