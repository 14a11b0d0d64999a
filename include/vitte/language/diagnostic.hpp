/// Messages of the compiler about a program: what is wrong, where, and what helps.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <vitte/language/source.hpp>

namespace vitte::language {

namespace detail {
constexpr bool begins_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }
}  // namespace detail

/// A second place that a diagnostic shows, such as a former declaration.
struct note {
    span where;
    std::string text;
};

/// One message. `code` is stable: "V0101" for tokens, "V02.." for syntax, "V03.." for names, "V04.." for types, "V05.."
/// for what is known at compile time.
struct diagnostic {
    std::string_view code;
    span where;
    std::string message;
    std::string label;  ///< stands under the carets; may be empty
    std::vector<note> notes = {};
    std::string hint = {};
};

/// The errors of a compilation in the order in which they were found.
class diagnostics {
public:
    /// After so many errors no more are kept.
    static constexpr std::size_t most = 100;

    /// A longer message, which quotes something long, is cut.
    static constexpr std::size_t longest = 400;

    /// Adds an error. A second error at the same position says the same thing again, and is dropped.
    diagnostic& error(std::string_view code, span where, std::string message, std::string label = {}) {
        ++reported_;
        const bool again = !all_.empty() && all_.back().where.begin == where.begin;
        if (again || all_.size() == most) return dropped_ = {};
        if (message.size() > longest) {
            std::size_t end = longest;
            while (!detail::begins_character(message[end])) --end;
            message.resize(end);
            message += " ...";
        }
        return all_.emplace_back(diagnostic{code, where, std::move(message), std::move(label)});
    }
    void add(const diagnostic& one) { error(one.code, one.where, one.message, one.label) = one; }
    bool empty() const noexcept { return all_.empty(); }
    std::size_t size() const noexcept { return all_.size(); }
    /// No more are kept: what a message says need not be found out.
    bool full() const noexcept { return all_.size() == most; }
    /// How often an error was added, also if it was not kept.
    std::size_t reported() const noexcept { return reported_; }
    auto begin() const noexcept { return all_.begin(); }
    auto end() const noexcept { return all_.end(); }

private:
    std::vector<diagnostic> all_;
    diagnostic dropped_;
    std::size_t reported_ = 0;
};

}  // namespace vitte::language
