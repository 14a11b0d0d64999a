/// Types of functions of modules of any kind that are known only at run time, written like `i64(i64,ptr)`. C functions
/// can have more, see `ffi/signature.hpp`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include <vitte/loader/ffi/kind.hpp>
#include <vitte/loader/format/parse_error.hpp>

namespace vitte::loader {

/// A type that crosses a call: integers of a size, IEEE 754 numbers, an address, or a text that ends with a NUL; none
/// of the kinds above `string`.
using value_type = ffi::kind;

/// The result and the parameters of a function.
class signature {
public:
    static constexpr std::size_t max_parameters = 16;

    constexpr signature() noexcept = default;
    /// At most `max_parameters`.
    constexpr signature(value_type result, std::initializer_list<value_type> parameters) noexcept
        : result_(result), count_(parameters.size()) {
        std::size_t i = 0;
        for (const value_type t : parameters) parameters_[i++] = t;
    }
    constexpr signature(value_type result, std::span<const value_type> parameters) noexcept
        : result_(result), count_(parameters.size()) {
        std::size_t i = 0;
        for (const value_type t : parameters) parameters_[i++] = t;
    }

    /// Reads `result(parameter,parameter...)`; spaces may stand between the parts. Fails with the byte where
    /// what is wrong begins.
    static constexpr result<signature, parse_error> parse(std::string_view text) noexcept {
        signature made;
        cursor at{text};
        VITTE_TRY(made.result_, at.type());
        VITTE_CHECK(at.expect('(', "a '(' is missing after the result type"));
        if (!at.accept(')')) {
            do {
                at.skip_spaces();
                if (made.count_ == max_parameters) return at.fault("more than 16 parameters");
                const cursor parameter = at;
                VITTE_TRY(made.parameters_[made.count_], at.type());
                if (made.parameters_[made.count_++] == value_type::nothing)
                    return parameter.fault("a parameter cannot be void");
            } while (at.accept(','));
            VITTE_CHECK(at.expect(')', "a ',' or ')' is missing after a parameter"));
        }
        at.skip_spaces();
        if (at.position != text.size()) return at.fault("there is text after the ')'");
        return made;
    }

    constexpr value_type result_type() const noexcept { return result_; }
    constexpr std::span<const value_type> parameters() const noexcept { return {parameters_.data(), count_}; }

private:
    struct cursor {
        std::string_view text;
        std::size_t position = 0;

        constexpr unexpected<parse_error> fault(const char* reason) const noexcept {
            return malformed("signature", reason, position);
        }
        constexpr void skip_spaces() noexcept {
            while (position < text.size() && text[position] == ' ') ++position;
        }
        constexpr bool accept(char wanted) noexcept {
            skip_spaces();
            if (position == text.size() || text[position] != wanted) return false;
            ++position;
            return true;
        }
        constexpr result<void, parse_error> expect(char wanted, const char* reason) noexcept {
            if (!accept(wanted)) return fault(reason);
            return {};
        }
        constexpr result<value_type, parse_error> type() noexcept {
            skip_spaces();
            const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
            std::size_t end = position;
            while (end < text.size() && letter(text[end])) ++end;
            const std::string_view word = text.substr(position, end - position);
            if (const value_type named = ffi::kind_named(word); named <= value_type::string) {
                position = end;
                return named;
            }
            return fault("a type is needed: void, i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, ptr or str");
        }
    };

    value_type result_ = value_type::nothing;
    std::array<value_type, max_parameters> parameters_{};
    std::size_t count_ = 0;
};

}  // namespace vitte::loader
