/// `service_client`: asks a `module_service`, by any stream, and waits.
#pragma once

#include <memory>
#include <vitte/loader/serve/frame.hpp>
#include <vitte/loader/serve/message.hpp>
#include <vitte/sys/time/retry_pace.hpp>

namespace vitte::loader {

/// A message of a server. It is moved as a whole: what is read points into it.
class service_message {
public:
    static result<service_message, service_error> read(std::string_view text) {
        service_message made;
        made.text_ = std::make_unique<std::string>(text);
        const auto done = made.document_.read(*made.text_, {64, false});
        if (!done)
            return refused(errc::malformed, "the server's answer: " + std::string(done.error().message().c_str()));
        return made;
    }
    json::value root() const noexcept { return document_.root(); }
    /// What was asked for, or why it was not done.
    result<json::value, service_error> outcome() const {
        if (const json::value found = root().find("result")) return found;
        const json::value why = root().find("error");
        const auto text = [&](const char* name) {
            return std::string(why ? why.get<std::string_view>(name).value_or("") : std::string_view());
        };
        return unexpected(service_error{text("code"), text("message")});
    }

private:
    std::unique_ptr<std::string> text_;
    json::document document_;
};

/// Over a stream of `sys/net` that is its own. For one thread at a time.
template <class Stream>
class service_client {
    using retry_pace = sys::detail::retry_pace<typename Stream::platform_type>;

public:
    /// Says hello. Fails if the server speaks another protocol.
    static result<service_client, service_error> open(Stream with, sys::deadline until = sys::deadline::never()) {
        service_client made(std::move(with));
        VITTE_TRY(const service_message told, made.ask({}, until));
        VITTE_TRY([[maybe_unused]] const json::value hello, told.outcome());
        return made;
    }

    /// Sends a request under an id of its own and waits for the answer.
    result<service_message, service_error> ask(service_request what, sys::deadline until = sys::deadline::never()) {
        what.id = ++last_id_;
        VITTE_CHECK(send(what, until));
        for (retry_pace pace;;) {
            if (const auto timely = pace.in_time(until, "receive"); !timely)
                return refused(timely.error().code, timely.error().message().c_str());
            VITTE_TRY(service_message told, next(until));
            const json::value id = told.root().find("id");
            if (id && id.get<std::uint64_t>().value_or(0) == what.id) return told;
        }
    }
    /// Sends a request and does not wait.
    result<void, service_error> send(const service_request& what, sys::deadline until = sys::deadline::never()) {
        const auto text = write_request(what);
        if (!text) return refused(text.error().code, text.error().message().c_str());
        std::string frame;
        append_frame(frame, *text);
        const auto sent = stream_.send(std::as_bytes(std::span(frame)), until);
        if (!sent) return refused(sent.error().code, sent.error().message().c_str());
        return {};
    }
    /// The next message of any kind, answers and events.
    result<service_message, service_error> next(sys::deadline until = sys::deadline::never()) {
        for (retry_pace pace;;) {
            const auto frame = in_.next();
            if (frame) return service_message::read(*frame);
            if (frame.error().code != errc::would_block)
                return refused(frame.error().code, "the server's answer is too long");
            const auto came = receive(until, pace);
            if (!came) return refused(came.error().code, came.error().message().c_str());
            if (*came == 0) return refused(errc::disconnected, "the server has ended");
            in_.filled(*came);
        }
    }

private:
    explicit service_client(Stream with) noexcept : stream_(std::move(with)) {}
    result<std::size_t> receive(sys::deadline until, retry_pace& pace) noexcept {
        VITTE_CHECK(pace.in_time(until, "receive"));
        return stream_.receive(in_.room(), until);
    }

    Stream stream_;
    message_reader in_{most_of_message};
    std::uint64_t last_id_ = 0;
};
template <class Stream>
service_client(Stream) -> service_client<Stream>;

}  // namespace vitte::loader
