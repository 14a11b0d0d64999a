/// Errors as `std::error_code` and back, and results as `std::expected` where the standard library has it, for programs
/// that are made of both.
#pragma once

#include <string>
#include <system_error>
#include <version>

#if defined(__cpp_lib_expected)
#include <expected>
#endif

#include <vitte/core/error_cause.hpp>
#include <vitte/core/result.hpp>

namespace vitte {

namespace detail {
struct portable_cause {
    errc ours;
    std::errc theirs;
};
/// The conditions of [system.error.syn] that causes of ours stand for; of several the first is the one that it becomes.
inline constexpr portable_cause portable_causes[] = {
    {errc::not_found, std::errc::no_such_file_or_directory},
    {errc::not_found, std::errc::no_such_process},
    {errc::not_found, std::errc::no_child_process},
    {errc::not_found, std::errc::no_such_device},
    {errc::not_found, std::errc::no_such_device_or_address},
    {errc::already_exists, std::errc::file_exists},
    {errc::permission_denied, std::errc::permission_denied},
    {errc::permission_denied, std::errc::operation_not_permitted},
    {errc::permission_denied, std::errc::read_only_file_system},
    {errc::invalid_argument, std::errc::invalid_argument},
    {errc::invalid_argument, std::errc::argument_out_of_domain},
    {errc::invalid_argument, std::errc::bad_address},
    {errc::bad_handle, std::errc::bad_file_descriptor},
    {errc::out_of_memory, std::errc::not_enough_memory},
    {errc::out_of_handles, std::errc::too_many_files_open},
    {errc::out_of_handles, std::errc::too_many_files_open_in_system},
    {errc::no_space, std::errc::no_space_on_device},
    {errc::too_large, std::errc::file_too_large},
    {errc::too_large, std::errc::value_too_large},
    {errc::too_large, std::errc::argument_list_too_long},
    {errc::name_too_long, std::errc::filename_too_long},
    {errc::not_a_directory, std::errc::not_a_directory},
    {errc::is_a_directory, std::errc::is_a_directory},
    {errc::not_empty, std::errc::directory_not_empty},
    {errc::too_many_links, std::errc::too_many_symbolic_link_levels},
    {errc::too_many_links, std::errc::too_many_links},
    {errc::cross_device, std::errc::cross_device_link},
    {errc::busy, std::errc::device_or_resource_busy},
    {errc::busy, std::errc::text_file_busy},
    {errc::interrupted, std::errc::interrupted},
    {errc::would_block, std::errc::resource_unavailable_try_again},
    {errc::would_block, std::errc::operation_would_block},
    {errc::timed_out, std::errc::timed_out},
    {errc::broken_pipe, std::errc::broken_pipe},
    {errc::io_error, std::errc::io_error},
    {errc::not_supported, std::errc::not_supported},
    {errc::not_supported, std::errc::operation_not_supported},
    {errc::not_supported, std::errc::function_not_supported},
    {errc::malformed, std::errc::executable_format_error},
    {errc::malformed, std::errc::illegal_byte_sequence},
    {errc::out_of_range, std::errc::result_out_of_range},
    {errc::would_block, std::errc::operation_in_progress},
    {errc::too_large, std::errc::message_size},
    {errc::refused, std::errc::connection_refused},
    {errc::disconnected, std::errc::connection_reset},
    {errc::disconnected, std::errc::connection_aborted},
    {errc::unreachable, std::errc::network_unreachable},
    {errc::unreachable, std::errc::host_unreachable},
    {errc::unreachable, std::errc::network_down},
    {errc::address_in_use, std::errc::address_in_use},
    {errc::no_such_address, std::errc::address_not_available},
    {errc::not_connected, std::errc::not_connected},
    {errc::not_connected, std::errc::destination_address_required},
    {errc::already_connected, std::errc::already_connected},
    {errc::cancelled, std::errc::operation_canceled},
};

/// `errc::unknown` as a code: 0 would stand for success.
inline constexpr int unknown_cause = 255;
constexpr errc cause_of_code(int code) noexcept {
    return code == unknown_cause ? errc::unknown : static_cast<errc>(code);
}

class cause_category final : public std::error_category {
public:
    const char* name() const noexcept override { return "vitte"; }
    std::string message(int code) const override { return vitte::message(cause_of_code(code)); }
    std::error_condition default_error_condition(int code) const noexcept override {
        for (const portable_cause& known : portable_causes)
            if (static_cast<int>(known.ours) == code) return known.theirs;
        return {code, *this};
    }
    bool equivalent(int code, const std::error_condition& condition) const noexcept override {
        for (const portable_cause& known : portable_causes)
            if (static_cast<int>(known.ours) == code && condition == known.theirs) return true;
        return default_error_condition(code) == condition;
    }
};
}  // namespace detail

/// The category "vitte", whose codes are `errc`; they equal the conditions (`std::errc`) that they stand for.
/// `unknown`, `end_of_input` and what else has no such condition are conditions of this category. One object in a
/// program.
inline const std::error_category& error_category() noexcept {
    static const detail::cause_category category;
    return category;
}
/// Lets `errc` become a `std::error_code` ([syserr.errcode.nonmembers]).
inline std::error_code make_error_code(errc code) noexcept {
    return {code == errc::unknown ? detail::unknown_cause : static_cast<int>(code), error_category()};
}

/// The OS's own code, in `std::system_category()`, if the OS refused; otherwise the cause, in `error_category()`. The
/// operation is lost.
inline std::error_code to_error_code(const error& why) noexcept {
    if (why.native != 0) return {why.native, std::system_category()};
    return make_error_code(why.code);
}

/// The error that `code`, which tells of a failure, stands for: for the OS's own codes, which are kept, the cause
/// that they have for most operations; for others that of their category's conditions; `unknown` if none is known.
inline error from_error_code(const std::error_code& code, const char* operation) noexcept {
    if (code.category() == error_category()) return {detail::cause_of_code(code.value()), 0, operation};
    error made{errc::unknown, 0, operation};
    if (code.category() == std::system_category()) {
        made = {detail::cause_of(code.value()), code.value(), operation};
        if (made.code != errc::unknown) return made;
    }
    for (const detail::portable_cause& known : detail::portable_causes)
        if (code == known.theirs) {
            made.code = known.ours;
            break;
        }
    return made;
}

#if defined(__cpp_lib_expected)
template <class T, class E>
std::expected<T, E> to_expected(result<T, E> from) {
    if (!from) return std::unexpected(std::move(from).error());
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return *std::move(from);
}
template <class T, class E>
result<T, E> from_expected(std::expected<T, E> from) {
    if (!from) return unexpected(std::move(from).error());
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return *std::move(from);
}
#endif

}  // namespace vitte

template <>
struct std::is_error_code_enum<vitte::errc> : std::true_type {};
