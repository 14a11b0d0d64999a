/// What the resolver knows: packages with their versions, and what cannot be true of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>
#include <vitte/core/semver/version.hpp>
#include <vitte/loader/resolve/choice_set.hpp>

namespace vitte::loader::resolve {

inline constexpr std::uint32_t no_index = UINT32_MAX;

/// A package as the solver sees it.
struct package {
    enum class kind : unsigned char {
        root,      ///< what is resolved
        plain,     ///< one version of it at most
        of_class,  ///< those of its versions that are compatible; other classes are packages of their own
        choice,    ///< which class a range of several means: its versions are packages
    };
    kind is = kind::plain;
    std::string name;
    std::string label;                      ///< of a class, such as "1"; of a choice, the range
    std::vector<semver::version> versions;  ///< ascending
    std::vector<std::uint32_t> classes;     ///< of a choice, in the order of their versions
    std::vector<choice_set> in_class;       ///< which versions of each the range has
    std::size_t locked = 0;                 ///< the member that is to be preferred, or 0

    std::vector<std::uint32_t> facts;  ///< the incompatibilities it is in
    std::uint32_t last = no_index;     ///< the newest assignment
    bool decided = false;

    std::size_t members() const noexcept { return (is == kind::choice ? classes.size() : versions.size()) + 1; }
};

/// That what becomes of a package is among some choices.
struct term {
    std::uint32_t package;
    choice_set choices;
    std::string_view range = {};  ///< how the choices, or all others, were asked for; empty if nobody did
};

/// Terms that cannot all be true, and why.
struct fact {
    enum class kind : unsigned char { root, dependency, optional_dependency, no_version, derived };
    kind why = kind::derived;
    std::vector<term> terms;
    term dependency = {no_index, {}, {}};  ///< what `terms[0]` needs
    std::uint32_t causes[2] = {no_index, no_index};
};

}  // namespace vitte::loader::resolve
