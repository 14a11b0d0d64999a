/// A configuration that follows its file.
#pragma once

#include <functional>
#include <optional>
#include <vitte/loader/configuration.hpp>
#include <vitte/sys/time/deadline.hpp>

namespace vitte::loader {

/// What is in force is a configuration that was read whole: one that is not, or whose file is gone, is told of once,
/// and the old one stays. A file is taken when nothing has changed it for a while, so that one that is being written in
/// pieces is not, unless its writer pauses for longer than that; who replaces the file, as `sys::replace` does, needs
/// no luck. For one thread at a time.
///
/// It asks for the facts of the file and is told nothing by the OS, so that it works wherever files are. For who wants
/// to wait, or has a loop: `loader/configuration/events.hpp`.
template <sys::platform P = sys::native>
class basic_live_configuration {
public:
    using changes = std::vector<configuration_change>;

    /// Reads the file at `path`, which must be right this time. `known` is copied. It is taken again when it was the
    /// same for `quiet` nanoseconds.
    static result<basic_live_configuration, configuration_error> open(std::string path, option_schemas known,
                                                                      std::int64_t quiet = 50'000'000) {
        basic_live_configuration made(std::move(path), std::move(known), quiet);
        const auto content = detail::read_configuration_text<P>(made.path_.c_str());
        if (!content) return detail::no_configuration(content.error(), made.path_);
        VITTE_TRY(made.current_, made.parse(content->text));
        made.told_ = facts_of(content->facts);
        return made;
    }

    const std::string& path() const noexcept { return path_; }
    std::int64_t quiet() const noexcept { return quiet_; }
    /// Valid until `poll` takes another one.
    const configuration& current() const noexcept { return current_; }
    /// Whether the file has changed and nothing was taken of it yet: `poll` wants to be called again, after `quiet`.
    bool settling() const noexcept { return settling_; }

    /// Takes the file if it has changed and is quiet; returns what is different in it, or nothing. The error of a file
    /// that is wrong is returned once, until it changes again. Takes a call of the OS if nothing has happened.
    result<changes, configuration_error> poll() {
        const auto named = sys::retried([&] { return P::files::info(path_.c_str()); });
        const seen now = named ? facts_of(*named) : seen{};
        if (now == told_) {
            settling_ = false;
            return changes{};
        }
        const std::int64_t time = sys::monotonic_time<P>();
        if (!settling_ || !(now == candidate_)) {
            candidate_ = now;
            since_ = time;
            settling_ = true;
        }
        if (time - since_ < quiet_) return changes{};
        if (!named) return give_up(named.error());
        auto content = detail::read_configuration_text<P>(path_.c_str());
        if (!content && content.error().code == errc::would_block) return changes{};
        if (!content) return give_up(content.error());
        if (!(facts_of(content->facts) == now)) return changes{};
        told_ = now;
        settling_ = false;
        VITTE_TRY(configuration made, parse(content->text));
        changes all = changes_between(current_, made);
        current_ = std::move(made);
        return all;
    }

private:
    /// What differs if somebody has changed or replaced a file. Nothing is known of one that is not there.
    struct seen {
        std::uint64_t device = 0, inode = 0, size = 0;
        std::int64_t modified = 0, changed = 0;
        bool is_there = false;
        friend bool operator==(const seen&, const seen&) = default;
    };
    static seen facts_of(const sys::file_info& of) noexcept {
        return {of.device, of.inode, of.size, of.modified, of.changed, true};
    }

    basic_live_configuration(std::string path, option_schemas known, std::int64_t quiet)
        : path_(std::move(path)), known_(std::move(known)), quiet_(quiet) {}

    result<configuration, configuration_error> parse(std::string_view text) const {
        return configuration::read(text, format_of_configuration(path_), known_, path_);
    }
    unexpected<configuration_error> give_up(const error& why) {
        told_ = candidate_;
        settling_ = false;
        return detail::no_configuration(why, path_);
    }

    std::string path_;
    option_schemas known_;
    std::int64_t quiet_;
    configuration current_;
    seen told_, candidate_;
    std::int64_t since_ = 0;
    bool settling_ = false;
};
using live_configuration = basic_live_configuration<>;

}  // namespace vitte::loader
