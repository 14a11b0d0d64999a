/// One end of a simulated stream: that part of TCP (RFC 9293) which programs can tell. Bytes arrive in order, there is
/// only so much room for them, what is lost is sent again until patience is over, and each direction ends by itself or
/// both are reset. It has no congestion control.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vitte/sys/platform/simulated/packet.hpp>

namespace vitte::sys {

class simulated_connection {
public:
    enum class phase : unsigned char {
        idle,
        calling,    ///< has asked for a connection
        answering,  ///< was asked for one
        open,
        over,
    };
    static constexpr std::int64_t never = INT64_MAX;
    static constexpr std::uint64_t usual_buffer = 212'992;  ///< bytes, as on Linux

    /// Between two sockets of one host; one that is not local is of TCP.
    bool is_local = false;
    std::uint64_t send_buffer = usual_buffer, receive_buffer = usual_buffer;
    std::int64_t patience = 924'600'000'000;  ///< nanoseconds without an answer: 15 repetitions (tcp(7), tcp_retries2)

    phase now() const noexcept { return phase_; }
    /// Nobody has a handle of it any more.
    bool is_orphan() const noexcept { return orphan_; }
    /// Nothing can come or go any more.
    bool is_closed() const noexcept {
        return phase_ == phase::over || (!is_local && ended_ && end_sent_ && first_ == next_);
    }
    /// When `expire` is to be called.
    std::int64_t due() const noexcept { return due_; }
    /// What it has to send since this was last asked.
    std::vector<simulated_packet> take_packets() noexcept { return std::exchange(packets_, {}); }
    std::optional<errc> take_error() noexcept { return std::exchange(error_, std::nullopt); }

    /// Bits of `socket_event` that are true.
    unsigned ready() const noexcept {
        if (phase_ == phase::calling || phase_ == phase::answering) return 0;
        if (phase_ == phase::idle) return socket_writable | socket_hung_up;
        const bool no_more = ended_ || deaf_ || phase_ == phase::over;
        const bool mute = ends_ || gone_ || phase_ == phase::over;
        return (!in_.empty() || no_more || error_ ? socket_readable : 0u) |
               (mute || error_ || has_room() ? socket_writable : 0u) |
               (error_ || (no_more && mute) ? socket_hung_up : 0u);
    }

    void call(std::int64_t at) { begin(phase::calling, at); }
    void answer(const simulated_packet& to, std::int64_t at) {
        limit_ = to.window;
        begin(phase::answering, at);
    }
    /// Makes both of them one local connection.
    static void connect(simulated_connection& a, simulated_connection& b) noexcept {
        for (simulated_connection* const one : {&a, &b}) one->is_local = true, one->phase_ = phase::open;
        a.limit_ = b.granted_ = b.receive_buffer;
        b.limit_ = a.granted_ = a.receive_buffer;
    }

    result<std::size_t> send(std::span<const std::byte> from, std::int64_t at) {
        if (is_local && phase_ == phase::over) return fail(errc::broken_pipe, "send");
        if (const auto failed = take_error()) return fail(*failed, "send");
        if (phase_ == phase::calling) return fail(errc::would_block, "send");
        if (phase_ != phase::open || ends_ || gone_) return fail(errc::broken_pipe, "send");
        if (from.empty()) return std::size_t{0};
        const std::uint64_t room = out_.size() < send_buffer ? send_buffer - out_.size() : 0;
        wants_room_ = from.size() >= room;
        if (room == 0) return fail(errc::would_block, "send");
        if (from.size() > room) from = from.first(static_cast<std::size_t>(room));
        out_.append(from);
        pump(at);
        return from.size();
    }
    result<std::size_t> receive(std::span<std::byte> to) {
        if (!in_.empty()) {
            const std::size_t size = to.size() < in_.size() ? to.size() : in_.size();
            if (size != 0) __builtin_memcpy(to.data(), in_.from(0).data(), size);
            in_.drop(size);
            // Each bit of room need not be told.
            if (phase_ == phase::open && next_in_ + window() - granted_ >= receive_buffer / 4) acknowledge();
            return size;
        }
        if (ended_ && !is_local) return std::size_t{0};
        if (const auto failed = take_error()) return fail(*failed, "receive");
        if (phase_ == phase::idle) return fail(errc::not_connected, "receive");
        if (ended_ || deaf_ || phase_ == phase::over) return std::size_t{0};
        return fail(errc::would_block, "receive");
    }

    result<void> shut_down(unsigned directions, std::int64_t at) {
        if (phase_ == phase::over && is_local) return {};
        if (phase_ != phase::open || is_closed()) return fail(errc::not_connected, "shut down");
        if ((directions & socket_receives) != 0) {
            deaf_ = true;
            if (is_local) acknowledge();
        }
        if ((directions & socket_sends) != 0) end(at);
        return {};
    }
    /// The last handle is closed. What was not received, or was not to be sent (`at_once`), ends it by a reset.
    void close(bool at_once, std::int64_t at) {
        orphan_ = true;
        if (phase_ == phase::idle || phase_ == phase::calling) phase_ = phase::over;
        if (phase_ == phase::over) return;
        if (!is_closed() && (at_once || !in_.empty())) return reset();
        if (is_local) acknowledge();
        end(at);
        settle(at);
    }
    /// Ends it, and tells the other side.
    void reset() {
        add(simulated_packet::reset);
        stop();
    }
    /// The system gives it up; bits of `socket_event` that have changed.
    unsigned fail_with(errc why) noexcept {
        error_ = why;
        stop();
        return socket_readable | socket_writable | socket_hung_up;
    }

    /// Bits of `socket_event` for which there is news.
    unsigned arrived(const simulated_packet& packet, std::int64_t at) {
        if (phase_ == phase::over) return 0;
        if (packet.kind == simulated_packet::reset) {
            if (is_closed()) return 0;
            return fail_with(phase_ == phase::calling        ? errc::refused
                             : ended_ && !ends_ && !is_local ? errc::broken_pipe
                                                             : errc::disconnected);
        }
        unsigned news = 0;
        if (packet.kind == simulated_packet::answer) {
            acknowledge();
            if (phase_ != phase::calling) return 0;
            limit_ = packet.window;
            open();
            news = socket_writable;
        } else if (phase_ == phase::answering) {
            open();
        }
        if (phase_ != phase::open) return 0;
        news |= take_expected(packet, at) | take_bytes(packet);
        pump(at);
        settle(at);
        return news;
    }
    /// Does what is due; bits of `socket_event` for which there is news.
    unsigned expire(std::int64_t at) {
        if (at < due_) return 0;
        due_ = never;
        if (phase_ == phase::open && !is_waiting()) return stop(), 0;  // an end that was answered
        if (at - since_ >= (phase_ == phase::open ? patience : patience_of_calls)) return fail_with(errc::timed_out);
        ++retries_;
        timed_ = 0;
        if (phase_ == phase::open) {
            recovered_ = next_;
            repeat_first();
        } else {
            add(phase_ == phase::calling ? simulated_packet::call : simulated_packet::answer);
        }
        wait_for_answer(at);
        return 0;
    }

private:
    static constexpr std::int64_t patience_of_calls = 127'000'000'000;  // six repetitions (tcp(7), tcp_syn_retries)
    static constexpr std::int64_t time_wait = 60'000'000'000;

    std::size_t largest() const noexcept { return is_local ? 32'768 : 1'460; }  // RFC 9293, 3.7.1
    bool has_room() const noexcept { return 3 * out_.size() <= 2 * send_buffer; }
    std::uint64_t window() const noexcept { return in_.size() < receive_buffer ? receive_buffer - in_.size() : 0; }
    std::uint64_t end_of_data() const noexcept { return first_ + out_.size(); }
    bool is_waiting() const noexcept { return first_ < next_ || !out_.empty(); }

    void begin(phase as, std::int64_t at) {
        phase_ = as;
        add(as == phase::calling ? simulated_packet::call : simulated_packet::answer);
        since_ = at;
        wait_for_answer(at);
    }
    void open() noexcept {
        phase_ = phase::open;
        retries_ = 0;
        due_ = never;
    }
    void stop() noexcept {
        phase_ = phase::over;
        due_ = never;
        out_ = {};
    }
    void end(std::int64_t at) {
        ends_ = true;
        pump(at);
    }

    simulated_packet& add(simulated_packet::kinds kind) {
        simulated_packet& made = packets_.emplace_back();
        made.kind = kind;
        made.position = next_;
        made.expected = next_in_;
        made.window = window();
        made.gone = is_local && (orphan_ || deaf_);
        granted_ = next_in_ + made.window;
        return made;
    }
    void acknowledge() { add(simulated_packet::segment); }
    void send_from(std::uint64_t position, std::size_t size) {
        simulated_packet& made = add(simulated_packet::segment);
        const auto piece = out_.from(static_cast<std::size_t>(position - first_)).first(size);
        made.position = position;
        made.bytes.assign(piece.begin(), piece.end());
        made.ends = end_sent_ && position + size == end_of_data();
    }
    /// Sends what there is room for at the other side.
    void pump(std::int64_t at) {
        if (phase_ != phase::open) return;
        while (!end_sent_ && next_ < end_of_data() && next_ < limit_) {
            std::uint64_t size = end_of_data() - next_;
            if (size > limit_ - next_) size = limit_ - next_;
            if (size > largest()) size = largest();
            send_from(next_, static_cast<std::size_t>(size));
            next_ += size;
            if (timed_ == 0) timed_ = next_, timed_at_ = at;
        }
        if (ends_ && !end_sent_ && next_ == end_of_data()) {
            end_sent_ = true;
            send_from(next_++, 0);
        }
        if (is_waiting() && due_ == never) {
            since_ = at;
            wait_for_answer(at);
        }
    }
    /// Sends again what was not answered, or asks whether there is room now.
    void repeat_first() {
        const bool nothing_sent = first_ == next_;
        std::uint64_t size = next_ - first_ < out_.size() ? next_ - first_ : out_.size();
        if (size > largest()) size = largest();
        send_from(first_, static_cast<std::size_t>(size));
        packets_.back().asks = nothing_sent;
    }
    /// RFC 6298, with Linux's least timeout.
    void wait_for_answer(std::int64_t at) noexcept {
        const std::int64_t shortest = phase_ == phase::open ? 200'000'000 + 2 * round_trip_ : 1'000'000'000;
        const std::int64_t backed_off = shortest << (retries_ < 10 ? retries_ : 10);
        due_ = at + (backed_off < 120'000'000'000 ? backed_off : 120'000'000'000);
    }

    unsigned take_expected(const simulated_packet& packet, std::int64_t at) {
        if (packet.expected + packet.window > limit_) limit_ = packet.expected + packet.window;
        if (packet.gone && !gone_) {
            gone_ = true;
            return socket_readable | socket_writable | socket_hung_up;
        }
        if (packet.expected > first_) {
            const std::uint64_t went = packet.expected - first_;
            out_.drop(went < out_.size() ? static_cast<std::size_t>(went) : out_.size());
            first_ = packet.expected;
            if (timed_ != 0 && first_ >= timed_) round_trip_ = at - timed_at_, timed_ = 0;
            retries_ = repeats_ = 0;
            since_ = at;
            due_ = never;
            if (is_waiting()) wait_for_answer(at);
            if (first_ < recovered_ && first_ < next_) repeat_first();  // RFC 6582, 3.2
            if (wants_room_ && has_room()) return wants_room_ = false, socket_writable;
        } else if (first_ == next_) {
            since_ = at;  // there is somebody, who has no room
        } else if (packet.bytes.empty() && !packet.ends && ++repeats_ == 3) {
            recovered_ = next_;
            repeat_first();  // RFC 5681, 3.2
        }
        return 0;
    }
    unsigned take_bytes(const simulated_packet& packet) {
        const std::uint64_t end = packet.position + packet.bytes.size();
        if (!packet.bytes.empty() && end > next_in_) {
            if (orphan_) return reset(), 0;
            if (ends_ && deaf_ && !is_local) {  // RFC 1122, 4.2.2.13
                add(simulated_packet::reset);
                return fail_with(errc::disconnected);
            }
            hold(packet.position, packet.bytes);
        }
        if (packet.ends) end_in_ = end;
        const std::uint64_t before = next_in_;
        const bool had_ended = ended_;
        while (!held_.empty() && held_.begin()->first <= next_in_) {
            const std::span<const std::byte> piece = held_.begin()->second;
            const std::uint64_t known = next_in_ - held_.begin()->first;
            if (known < piece.size()) {
                in_.append(piece.subspan(static_cast<std::size_t>(known)));
                next_in_ += piece.size() - known;
            }
            held_.erase(held_.begin());
        }
        if (next_in_ == end_in_ && !ended_) {
            ended_ = true;
            ++next_in_;
        }
        if (!packet.bytes.empty() || packet.ends || packet.asks) acknowledge();
        if (ended_ && !had_ended && ends_) return socket_readable | socket_writable | socket_hung_up;
        return next_in_ != before ? socket_readable : 0u;
    }
    /// Keeps what there is room for, until what is before it has come.
    void hold(std::uint64_t position, std::span<const std::byte> bytes) {
        const std::uint64_t limit = next_in_ + window();
        if (position >= limit) return;
        if (bytes.size() > limit - position) bytes = bytes.first(static_cast<std::size_t>(limit - position));
        auto& held = held_[position];
        if (held.size() < bytes.size()) held.assign(bytes.begin(), bytes.end());
    }
    /// An orphan whose end was answered stays for a while, to answer what is repeated (RFC 9293, 3.6.1).
    void settle(std::int64_t at) noexcept {
        if (!orphan_ || phase_ != phase::open || !end_sent_ || is_waiting()) return;
        if (is_local)
            stop();
        else if (due_ == never)
            due_ = at + time_wait;
    }

    phase phase_ = phase::idle;
    bool orphan_ = false, wants_room_ = false;
    bool ends_ = false, end_sent_ = false;  ///< nothing more is to be sent; and the other side was told
    bool ended_ = false;                    ///< nothing more comes
    bool deaf_ = false;                     ///< nothing more is to be received
    bool gone_ = false;                     ///< the other end does not receive any more
    std::optional<errc> error_;
    byte_queue out_, in_;
    std::map<std::uint64_t, std::vector<std::byte>> held_;
    std::uint64_t first_ = 0, next_ = 0;  ///< the first byte that was not answered, and the next to be sent
    std::uint64_t limit_ = 0;             ///< up to which there is room at the other side
    std::uint64_t next_in_ = 0, end_in_ = UINT64_MAX, granted_ = 0;  ///< the same of what comes
    std::uint64_t recovered_ = 0;                                    ///< what is before it may have been lost
    std::uint64_t timed_ = 0;                                        ///< whose answer is waited for to measure the way
    std::int64_t timed_at_ = 0, round_trip_ = 0, since_ = 0, due_ = never;
    unsigned retries_ = 0, repeats_ = 0;
    std::vector<simulated_packet> packets_;
};

}  // namespace vitte::sys
