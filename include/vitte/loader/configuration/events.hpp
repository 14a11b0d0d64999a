/// A configuration that follows its file, in a loop, or for a thread that waits.
#pragma once

#include <vitte/loader/configuration/live.hpp>
#include <vitte/sys/event/files.hpp>
#include <vitte/sys/fs/path.hpp>

namespace vitte::loader {

/// Has a loop tell when a `basic_live_configuration` has taken its file again, or found it wrong, from `open` to
/// `close` or its end. Both stay where they are. The folder of the file is watched, so that a file that is replaced is
/// seen.
template <sys::platform P = sys::native>
class basic_configuration_events {
public:
    using outcome = result<std::vector<configuration_change>, configuration_error>;

    /// `told` is called in the loop, with what `poll` of the configuration returns; changes are never empty. It may
    /// close this, but not end it.
    basic_configuration_events(sys::basic_loop<P>& in, basic_live_configuration<P>& of,
                               std::function<void(const outcome&)> told)
        : loop_(in), of_(of), told_(std::move(told)), look_(*this), timer_(look_) {}
    basic_configuration_events(const basic_configuration_events&) = delete;
    basic_configuration_events& operator=(const basic_configuration_events&) = delete;
    ~basic_configuration_events() { close(); }

    result<void> open() {
        VITTE_TRY(auto made, sys::basic_watcher<P>::create());
        VITTE_CHECK(made.add(folder_of(of_.path()).c_str(), false));
        watcher_.emplace(std::move(made));
        events_.emplace(loop_, *watcher_);
        VITTE_CHECK(events_->open());
        look();  // at what has changed since the file was read
        return {};
    }
    void close() noexcept {
        loop_.cancel(timer_);
        events_.reset();
        watcher_.reset();
    }

private:
    struct look_again : sys::loop_callback {
        explicit look_again(basic_configuration_events& e) noexcept
            : loop_callback([](loop_callback& self) noexcept { static_cast<look_again&>(self).of.look(); }), of(e) {}
        basic_configuration_events& of;
    };

    static std::string folder_of(const std::string& path) {
        const std::string_view parent = sys::basic_path_view<sys::detail::style_of<P>()>(path).parent().text();
        return parent.empty() ? "." : std::string(parent);
    }
    void look() noexcept {
        // Whatever happened in the folder: the file's facts tell whether it matters.
        while (events_->take([](const sys::watch_event&) {}).has_value()) {
        }
        const outcome done = of_.poll();
        if (of_.settling() || !events_->when_changed(look_, of_.quiet()))
            loop_.start(timer_, sys::deadline::after<P>(of_.quiet()));
        if (!done || !done->empty()) told_(done);
    }

    sys::basic_loop<P>& loop_;
    basic_live_configuration<P>& of_;
    std::function<void(const outcome&)> told_;
    look_again look_;
    sys::loop_timer timer_;
    std::optional<sys::basic_watcher<P>> watcher_;
    std::optional<sys::basic_file_watcher<P>> events_;
};
using configuration_events = basic_configuration_events<>;

}  // namespace vitte::loader
