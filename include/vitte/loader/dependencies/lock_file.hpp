/// Lock files: which versions were chosen, so that the same ones are chosen next time, in JSON:
/// `{"lock": 1, "modules": [{"name": "acme/image", "version": "1.2.3"}, ...]}`, by name and version.
#pragma once

#include <vitte/loader/dependencies/graph.hpp>

namespace vitte::loader {

struct lock_file {
    std::vector<package_version> modules = {};

    /// Fails with what is wrong and where; `errc::not_supported` for a lock of another number.
    static result<lock_file, json::read_error> read(std::string_view text) {
        VITTE_TRY(const json::document all, json::read(text));
        VITTE_TRY(const json::value number, all.root().member("lock"));
        VITTE_TRY(const unsigned format, number.get<unsigned>());
        if (format != 1) return number.refuse(errc::not_supported, "1", "a format that this version does not know");
        VITTE_TRY(const json::value list, all.root().member("modules"));
        lock_file made;
        VITTE_CHECK(detail::manifest_reader::each_of(list, [&](json::value one) -> result<void, json::read_error> {
            const detail::manifest_reader of(one);
            package_version& added = made.modules.emplace_back();
            VITTE_CHECK(of.module_name("name", added.package));
            return of.version("version", added.version);
        }));
        return made;
    }
    /// The text, the same for the same modules in any order. What would not be read again is refused.
    result<std::string, json::read_error> write() const {
        std::vector<package_version> sorted = modules;
        std::sort(sorted.begin(), sorted.end(), [](const package_version& a, const package_version& b) {
            if (a.package != b.package) return a.package < b.package;
            const auto x = semver::version::parse(a.version), y = semver::version::parse(b.version);
            return x && y && *x != *y ? *x < *y : a.version < b.version;
        });
        const auto put = [&](auto& to) {
            to.begin_object().member("lock", 1).name("modules").begin_array();
            for (const package_version& one : sorted) {
                to.begin_object().member("name", std::string_view(one.package));
                to.member("version", std::string_view(one.version)).end_object();
            }
            to.end_array().end_object();
        };
        return detail::write_manifest(put, [](std::string_view text) { return read(text); });
    }

    friend bool operator==(const lock_file&, const lock_file&) = default;
};

}  // namespace vitte::loader
