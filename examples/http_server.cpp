// A server of files by HTTP/1.1 (RFC 9110, RFC 9112): kept connections, ranges, nothing outside of its folder. One
// thread with a coroutine for each connection.
//     http_server FOLDER ADDRESS:PORT
#include <charconv>
#include <cstdio>
#include <string>

#include <vitte/sys/event.hpp>
#include <vitte/sys/fs/contained.hpp>
#include <vitte/sys/net/async.hpp>

namespace {
using namespace vitte;
using namespace vitte::sys;

constexpr std::int64_t patience = 60_s;

/// What a request says.
struct request {
    std::string_view method, target, range;
    bool keep = false, is_valid = false;
};

bool same(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

request parsed(std::string_view head) {
    request made;
    std::string_view line = head.substr(0, head.find("\r\n"));
    const auto first = line.find(' '), last = line.rfind(' ');
    const std::string_view version = line.substr(last + 1);
    if (first == line.npos || last == first || (version != "HTTP/1.1" && version != "HTTP/1.0")) return made;
    made = {line.substr(0, first), line.substr(first + 1, last - first - 1), "", version == "HTTP/1.1", false};
    bool has_host = !made.keep;  // who speaks HTTP/1.0 may leave it out
    for (head.remove_prefix(line.size() + 2); !head.empty(); head.remove_prefix(line.size() + 2)) {
        line = head.substr(0, head.find("\r\n"));
        const auto colon = line.find(':');
        if (colon == line.npos || colon == 0 || line.find_first_of(" \t") < colon) return made;
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = line.substr(std::min(line.find_first_not_of(" \t", colon + 1), line.size()));
        if (same(name, "Range")) made.range = value;
        has_host |= same(name, "Host");
        if (same(name, "Connection")) made.keep = made.keep ? !same(value, "close") : same(value, "keep-alive");
        // A body, which nothing here wants, would be taken for the next request.
        if (same(name, "Transfer-Encoding") || (same(name, "Content-Length") && value != "0")) return made;
    }
    made.is_valid = made.target.starts_with('/') && has_host;
    return made;
}

/// The path below the folder that a target stands for; "" if it is none.
std::string path_of(std::string_view target) {
    std::string made;
    target = target.substr(0, target.find('?'));
    for (std::size_t i = 1; i < target.size(); ++i) {
        unsigned code = static_cast<unsigned char>(target[i]);
        if (target[i] == '%') {
            const char* const digits = target.data() + i + 1;
            if (i + 2 >= target.size() || std::from_chars(digits, digits + 2, code, 16).ptr != digits + 2) return "";
            i += 2;
        }
        if (code == 0) return "";
        made += static_cast<char>(code);
    }
    return made.empty() || made.back() == '/' ? made + "index.html" : made;
}

/// A part of a file: one range is understood (RFC 9110, 14.1.2), and others are as if they were not there.
struct part {
    std::uint64_t first = 0, size = 0;
    enum { all, some, none } kind = all;
};
part part_of(std::string_view range, std::uint64_t size) {
    const auto dash = range.find('-', 6);
    if (!range.starts_with("bytes=") || dash == range.npos) return {0, size, part::all};
    const std::string_view from = range.substr(6, dash - 6), to = range.substr(dash + 1);
    std::uint64_t first = 0, last = UINT64_MAX - 1;
    const auto is_number = [](std::string_view text, std::uint64_t& number) {
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
        return failed == std::errc() && end == text.data() + text.size();
    };
    if ((!from.empty() && !is_number(from, first)) || (!to.empty() && !is_number(to, last)) || last < first ||
        (from.empty() && to.empty()))
        return {0, size, part::all};
    if (from.empty()) {  // the last so many
        const std::uint64_t wanted = last < size ? last : size;
        return {size - wanted, wanted, wanted == 0 ? part::none : part::some};
    }
    if (first >= size) return {0, 0, part::none};
    return {first, (last < size ? last + 1 : size) - first, part::some};
}

const char* type_of(std::string_view path) {
    if (path.ends_with(".html")) return "text/html; charset=utf-8";
    return path.ends_with(".wasm") ? "application/wasm" : "application/octet-stream";
}

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

class server {
public:
    server(loop& in, contained_directory folder) : loop_(in), folder_(std::move(folder)) {}

    task<> listen(tcp_listener from) {
        async_tcp_listener door(loop_, std::move(from));
        if (!door.open()) co_return loop_.stop();
        for (;;) {
            auto next = co_await door.accept();
            if (next) spawn(serve(std::move(next->stream)));
            if (!next) co_await resume_at(loop_, deadline::after(100_ms));  // no handles until others have ended
        }
    }

private:
    task<> serve(tcp_stream from) {
        async_tcp_stream stream(loop_, std::move(from));
        if (!stream.open()) co_return;
        std::byte room[16'384];  // the longest head
        std::size_t filled = 0;
        deadline until = deadline::after(patience);  // for the next request to be there
        for (bool keep = true; keep;) {
            const std::string_view text(reinterpret_cast<const char*>(room), filled);
            if (const auto end = text.find("\r\n\r\n"); end != text.npos) {
                keep = co_await answer(stream, parsed(text.substr(0, end + 2)));
                std::memmove(room, room + end + 4, filled -= end + 4);
                until = deadline::after(patience);
            } else if (filled == sizeof room) {
                keep = co_await refuse(stream, "431 Request Header Fields Too Large", false);
            } else {
                const auto came = co_await stream.receive(std::span(room).subspan(filled), until);
                if (!came || *came == 0) co_return;
                filled += *came;
            }
        }
        // What it still sends is taken for a while, since closing now would take back what it was told.
        static_cast<void>(stream.socket().shut_down());
        while ((co_await stream.receive(room, deadline::after(1_s))).value_or(0) != 0) {
        }
    }

    /// Whether the connection can go on.
    task<bool> answer(async_tcp_stream& to, request asked) {
        if (!asked.is_valid) co_return co_await refuse(to, "400 Bad Request", false);
        const bool with_body = asked.method == "GET";
        if (!with_body && asked.method != "HEAD") co_return co_await refuse(to, "501 Not Implemented", asked.keep);
        const std::string path = path_of(asked.target);
        const auto file = folder_.open_file(path.c_str(), {open_mode::read, open_nonblocking});
        const auto info = file ? file->info() : unexpected(file.error());
        if (path.empty() || !info || info->kind != file_kind::regular)
            co_return co_await refuse(to, "404 Not Found", asked.keep);
        const part wanted = part_of(asked.range, info->size);
        if (wanted.kind == part::none) co_return co_await refuse(to, "416 Range Not Satisfiable", asked.keep);
        const bool whole = wanted.kind == part::all;
        std::string head = head_of(whole ? "200 OK" : "206 Partial Content", wanted.size, asked.keep);
        head += std::string("Accept-Ranges: bytes\r\nContent-Type: ") + type_of(path) + "\r\n";
        if (!whole)
            head += "Content-Range: bytes " + std::to_string(wanted.first) + "-" +
                    std::to_string(wanted.first + wanted.size - 1) + "/" + std::to_string(info->size) + "\r\n";
        head += "\r\n";
        if (!co_await to.send(as_bytes(head), deadline::after(patience))) co_return false;
        if (!with_body) co_return asked.keep;
        const auto sent = co_await to.send_file(*file, wanted.first, wanted.size, deadline::after(60 * patience));
        co_return sent.value_or(0) == wanted.size ? asked.keep : false;
    }
    task<bool> refuse(async_tcp_stream& to, const char* status, bool keep) {
        const std::string head = head_of(status, 0, keep) + "\r\n";
        co_return (co_await to.send(as_bytes(head), deadline::after(patience))) ? keep : false;
    }
    static std::string head_of(const char* status, std::uint64_t size, bool keep) {
        return std::string("HTTP/1.1 ") + status + "\r\nContent-Length: " + std::to_string(size) +
               "\r\nConnection: " + (keep ? "keep-alive\r\n" : "close\r\n");
    }

    loop& loop_;
    contained_directory folder_;
};

int report(const error& why, const char* what) {
    return std::fprintf(stderr, "http_server: %s\n", why.message(what).c_str()), 1;
}
}  // namespace

int main(int argc, char** argv) {
    const auto place = argc == 3 ? ip_endpoint::parse(argv[2]) : fail(errc::invalid_argument, "read arguments");
    if (!place) return std::fputs("usage: http_server FOLDER ADDRESS:PORT\n", stderr), 2;
    auto folder = directory::open(argv[1]);
    if (!folder) return report(folder.error(), argv[1]);
    auto listener = tcp_listener::listen(*place);
    if (!listener) return report(listener.error(), argv[2]);
    loop here;
    if (const auto opened = here.open(); !opened) return report(opened.error(), "loop");
    std::printf("port %u\n", static_cast<unsigned>(listener->local_address()->ip().port));
    std::fflush(stdout);
    server files(here, contained_directory(std::move(*folder)));
    spawn(files.listen(std::move(*listener)));
    const auto ended = here.run();
    return ended ? 1 : report(ended.error(), "loop");
}
