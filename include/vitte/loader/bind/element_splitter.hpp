/// Splits a text of JSON that is too large to be kept into the elements of the array that its object has; see
/// `bind/declarations.hpp`.
#pragma once

#include <string>
#include <string_view>

namespace vitte::loader::bind {

/// The text comes in pieces: `{..., "inner": [{...}, {...}]}`. Only brackets and quotes are looked at: what is wrong
/// otherwise, whoever reads an element finds.
class element_splitter {
public:
    /// An element longer than `limit` bytes is none.
    explicit element_splitter(std::size_t limit = std::size_t{1} << 28) noexcept : limit_(limit) {}

    /// Calls `visit(std::string_view)`, which returns whether to go on, for every object in the array that ends in
    /// `piece`. False if that said so, or an element is too long.
    template <class Visit>
    bool add(std::string_view piece, Visit&& visit) {
        std::size_t begin = 0;
        for (std::size_t i = 0; i < piece.size(); ++i) {
            const char c = piece[i];
            if (in_string_) {
                if (escaped_)
                    escaped_ = false;
                else if (c == '\\')
                    escaped_ = true;
                else if (c == '"')
                    in_string_ = false;
                continue;
            }
            if (c == '"') in_string_ = true;
            if (c == '[' || c == '{') {
                if (depth_ == 1) is_array_ = c == '[';
                if (depth_ == 2 && is_array_) begin = i, inside_ = c == '{';
                ++depth_;
            }
            if ((c == ']' || c == '}') && depth_ != 0 && --depth_ == 2 && inside_) {
                inside_ = false;
                element_ += piece.substr(begin, i + 1 - begin);
                if (!visit(std::string_view(element_))) return false;
                element_.clear();
                begin = i + 1;
            }
        }
        if (inside_) element_ += piece.substr(begin);
        return element_.size() <= limit_;
    }
    /// Whether the text has ended with its outermost bracket.
    bool ended() const noexcept { return depth_ == 0 && !in_string_; }

private:
    std::string element_;
    std::size_t limit_, depth_ = 0;
    bool in_string_ = false, escaped_ = false, is_array_ = false, inside_ = false;
};

}  // namespace vitte::loader::bind
