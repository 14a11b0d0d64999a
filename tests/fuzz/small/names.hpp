// No pattern, path or text makes what looks at them read outside it, run for long, or contradict
// itself.
#pragma once

#include <span>
#include <vitte/core/glob.hpp>
#include <vitte/core/utf8.hpp>
#include <vitte/loader/store/records.hpp>
#include <vitte/sys/fs/path.hpp>

#include "../require.hpp"

namespace {

template <class Path>
void look_at(Path path, Path other) {
    const std::string_view text = path.text();
    require(path.root().size() + path.name().size() <= text.size() &&
            path.stem().size() + path.extension().size() == path.name().size());
    require(text.starts_with(path.parent().text()));
    char once[5000], twice[5000], joined[5000];
    if (const auto size = path.normalize(once)) {
        require(*size <= text.size() + 1);
        const auto again = Path(std::string_view(once, *size)).normalize(twice);
        require(again && std::string_view(twice, *again) == std::string_view(once, *size));
        require(Path(std::string_view(once, *size)).is_absolute() == path.is_absolute());
    }
    static_cast<void>(path.join(other, joined));
    if (const auto size = path.relative_to(other, joined))
        require(Path(std::string_view(joined, *size)).root().empty());
}

/// As a small file of a module store, and as a name in it: what is taken is exactly what would be written, and what is
/// written is one part of a path.
void look_at_entry(std::string_view text) {
    using namespace vitte::loader::detail;
    if (const auto record = name_record::read(text)) {
        require(record->write().view() == text);
        require(name_of_folder(folder_of_name(record->name).view()).view() == record->name);
        require(version_of_file(file_of_version(record->version).view()).view() == record->version);
    }
    if (const auto record = form_record::read(text)) require(record->write().view() == text);
    const auto is_one_part = [](std::string_view name) {
        return name.find_first_of("/\\:~\0ABCDEFGHIJKLMNOPQRSTUVWXYZ ", 0, 32) == name.npos && name.front() != '.' &&
               name.back() != '.';
    };
    if (const auto name = name_of_folder(text); !name.view().empty())
        require(folder_of_name(name.view()).view() == text && is_one_part(text));
    if (const auto version = version_of_file(text); !version.view().empty())
        require(file_of_version(version.view()).view() == text && is_one_part(text));
    if (vitte::loader::is_module_name(text)) require(name_of_folder(folder_of_name(text).view()).view() == text);
}

}  // namespace

inline void fuzz_names(const std::uint8_t* data, std::size_t size) {
    const std::string_view all(reinterpret_cast<const char*>(data), size < 2000 ? size : 2000);
    const std::string_view first = all.substr(0, all.find('\n')), second = all.substr(first.size());
    look_at_entry(all);
    look_at_entry(first);
    require(vitte::utf8_valid_prefix(std::as_bytes(std::span(all))) <= all.size());
    require(!vitte::glob_match_path(first, second).whole || first.size() != 0 || second.size() == 0);
    static_cast<void>(vitte::glob_match(first, second));
    look_at(vitte::sys::posix_path(first), vitte::sys::posix_path(second));
    look_at(vitte::sys::windows_path(first), vitte::sys::windows_path(second));
}
