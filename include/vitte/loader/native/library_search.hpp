/// Where a needed library may be, in the order of System V gABI chapter 5, "Shared Object Dependencies": the paths that
/// the module names itself, those of the loader, the system's unless the module was linked with `-z nodefaultlib`.
#pragma once

#include <string>
#include <vector>
#include <vitte/loader/format/ld_cache.hpp>
#include <vitte/loader/native/shared_object.hpp>
#include <vitte/sys/fs/path.hpp>
#include <vitte/sys/memory/mapping.hpp>

namespace vitte::loader::native {

template <sys::platform P = sys::native>
class library_search {
public:
    /// Looks into `folder` before the system's own folders.
    void add(std::string folder) { folders_.push_back(std::move(folder)); }

    /// Calls `visit(path)` for each path that `name` may stand for, until one returns true; whether one did.
    /// `needed_by` are the module that names it and those that needed that one, the nearest first.
    template <class Visit>
    bool find(const char* name, std::span<const shared_object<P>* const> needed_by, Visit&& visit) const {
        const std::string_view wanted(name);
        if (wanted.find('/') != std::string_view::npos) return visit(std::string(wanted));
        const auto in = [&](std::string_view folder) {
            return visit(folder.empty() ? std::string(wanted) : std::string(folder) + "/" + std::string(wanted));
        };
        const bool own_path = !needed_by.empty() && needed_by.front()->info().run_path != nullptr &&
                              !needed_by.front()->info().run_path_is_inherited;
        for (const auto* by : needed_by)
            if (!own_path && by->info().run_path_is_inherited && each_folder(*by, in)) return true;
        for (const std::string& folder : folders_)
            if (in(folder)) return true;
        if (own_path && each_folder(*needed_by.front(), in)) return true;
        if (!needed_by.empty() && needed_by.front()->info().has_flag_1(elf::flag_1_no_default_paths)) return false;
        if (in_cache(wanted, visit)) return true;
        for (const std::string_view folder : {"/lib", "/usr/lib", "/usr/local/lib"})
            if (in(folder)) return true;
        return false;
    }

private:
    /// The folders of DT_RPATH or DT_RUNPATH, with the module's own for $ORIGIN. Paths with other tokens are left out.
    template <class Visit>
    static bool each_folder(const shared_object<P>& of, Visit&& visit) {
        std::string_view rest = of.info().run_path;
        while (!rest.empty()) {
            const std::size_t end = rest.find(':');
            const std::string_view written = rest.substr(0, end);
            rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
            const std::string_view here = sys::path_view(of.path()).parent().text();
            const std::string folder = expanded(written, here.empty() ? std::string_view(".") : here);
            if (!folder.empty() && visit(folder)) return true;
        }
        return false;
    }
    /// `folder` with `origin` for each $ORIGIN; empty if it has other tokens.
    static std::string expanded(std::string_view folder, std::string_view origin) {
        std::string made;
        for (std::size_t at; (at = folder.find('$')) != std::string_view::npos;) {
            made += folder.substr(0, at);
            folder.remove_prefix(at);
            const std::size_t token = folder.starts_with("${ORIGIN}") ? 9 : folder.starts_with("$ORIGIN") ? 7 : 0;
            if (token == 0) return {};
            folder.remove_prefix(token);
            made += origin;
        }
        return made += folder;
    }

    template <class Visit>
    static bool in_cache(std::string_view name, Visit&& visit) {
        const auto mapped = sys::basic_mapping<P>::open("/etc/ld.so.cache");
        if (!mapped) return false;
        const auto cache = ld_cache::parse(mapped->bytes());
        return cache &&
               cache->find(name, machine::number, [&](std::string_view path) { return visit(std::string(path)); });
    }

    std::vector<std::string> folders_;
};

}  // namespace vitte::loader::native
