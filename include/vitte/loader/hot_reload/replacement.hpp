/// The file of a module that may be replaced at any time: when what is there is whole, and new.
#pragma once

#include <algorithm>
#include <string>
#include <vitte/core/blake3.hpp>
#include <vitte/loader/hot_reload/whole_file.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/time/deadline.hpp>

namespace vitte::loader::detail {

/// What a file held when it was read.
struct file_content {
    sys::byte_buffer bytes;
    blake3::digest digest{};
};

/// Looks at a file until it stays as it is. One that was renamed to its place is taken as it is. One that may still be
/// written must have the same size, time and identity for half of the settle time, and then the same content before and
/// after the other half.
template <sys::platform P>
class file_replacement {
public:
    file_replacement(std::string path, std::int64_t settle, std::uint64_t most)
        : path_(std::move(path)), half_(settle / 2), most_(std::min<std::uint64_t>(most, PTRDIFF_MAX)) {}

    enum class state : unsigned char {
        same,       ///< as it was when it was taken last, or gone
        unsettled,  ///< look again at `due`
        settled,    ///< `content` has it, and it is not what was taken last
    };

    /// When to look again, if it may be somebody writes it.
    sys::deadline due() const noexcept { return due_; }
    /// Something happened to it: it may be another one although its size and time are the same.
    void touch() noexcept { known_ = false; }

    /// What was taken is to be tried once more.
    void look_again() noexcept {
        known_ = false;
        due_ = sys::deadline::after<P>(2 * half_);
    }

    /// `renamed`: nobody writes it any more. `errc::would_block` while it is changed.
    result<state> look(bool renamed, file_content& content) {
        const auto facts = P::files::info(path_.c_str());
        if (!facts && (facts.error().code == errc::not_found || facts.error().code == errc::not_a_directory)) {
            forget();
            return state::same;
        }
        if (!facts) return unexpected(facts.error());
        const bool as_before = known_ && is_same(*facts, facts_);
        if (as_before && due_.is_never()) return state::same;
        if (!renamed) {
            if (!as_before) {
                remember(*facts);
                has_digest_ = false;
                return wait_more();
            }
            if (sys::deadline::after<P>(0) < due_) return state::unsettled;
        }
        auto read = read_whole();
        if (!read && read.error().code == errc::would_block) {
            forget();
            return wait_more();
        }
        if (!read) return unexpected(read.error());
        if (!renamed && !(has_digest_ && digest_ == read->digest)) {
            digest_ = read->digest;
            has_digest_ = true;
            return wait_more();
        }
        due_ = sys::deadline::never();
        content = std::move(*read);
        return state::settled;
    }

    /// What is there now, if nobody changes it meanwhile: else `errc::would_block`. `errc::too_large` if it is larger
    /// than allowed, `errc::invalid_argument` if it is no regular file.
    result<file_content> read_whole() {
        VITTE_TRY(const auto file,
                  sys::basic_file<P>::open(path_.c_str(), {sys::open_mode::read, sys::open_nonblocking}));
        VITTE_TRY(const sys::file_info before, file.info());
        if (before.kind != sys::file_kind::regular) return fail(errc::invalid_argument, "read module: no regular file");
        if (before.size > most_) return fail(errc::too_large, "read module");
        file_content made;
        VITTE_CHECK(made.bytes.grow(static_cast<std::size_t>(before.size)));
        VITTE_TRY(const std::size_t got, file.read_at(made.bytes.bytes(), 0));
        VITTE_TRY(const sys::file_info after, file.info());
        if (got != before.size || !is_same(before, after)) return fail(errc::would_block, "read module");
        made.digest = blake3().update(made.bytes.bytes()).finish();
        remember(after);
        return made;
    }

private:
    /// The time at which it was changed in any way is the system's to set, and nobody else's.
    static bool is_same(const sys::file_info& a, const sys::file_info& b) noexcept {
        return a.same_file(b) && a.size == b.size && a.modified == b.modified && a.changed == b.changed;
    }
    void remember(const sys::file_info& now) noexcept {
        facts_ = now;
        known_ = true;
    }
    void forget() noexcept {
        known_ = has_digest_ = false;
        due_ = sys::deadline::never();
    }
    state wait_more() noexcept {
        due_ = sys::deadline::after<P>(half_);
        return state::unsettled;
    }

    const std::string path_;
    const std::int64_t half_;
    const std::uint64_t most_;
    sys::file_info facts_{};
    blake3::digest digest_{};
    sys::deadline due_ = sys::deadline::never();
    bool known_ = false, has_digest_ = false;
};

}  // namespace vitte::loader::detail
