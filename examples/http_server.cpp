// http_server FOLDER ADDRESS:PORT: a server of files by HTTP/1.1 (RFC 9110, RFC 9112) with kept connections and ranges,
// and of nothing outside of its folder. One thread with a coroutine for each connection.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <vitte/sys/event.hpp>
#include <vitte/sys/fs/contained.hpp>
#include <vitte/sys/net/async.hpp>

namespace {
using namespace vitte;
using namespace vitte::sys;

constexpr std::int64_t patience = 60_s;  // with a request, and with who takes a step of what is sent
constexpr std::uint64_t step = 128 * 1024, small = 16 * 1024;  // what is not larger goes with its head
constexpr auto in_names = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// What some reader may take for the end of a line, or leave out (RFC 9112, 2.2).
bool misleads(char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 127; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool same(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

/// Takes what stands before `end`, or all if it is not there, off `text`, and `end` with it.
std::string_view take(std::string_view& text, std::string_view end) {
    const std::string_view taken = text.substr(0, text.find(end));
    text.remove_prefix(std::min(taken.size() + end.size(), text.size()));
    return taken;
}
std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}
std::optional<std::uint64_t> number_of(std::string_view text, int base = 10) {
    std::uint64_t made = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), made, base);
    return failed == std::errc() && end == text.data() + text.size() ? std::optional(made) : std::nullopt;
}

struct request {
    std::string_view method, target, range;
    bool keep = false;
};
/// What a head asks for; nothing if two readers may understand it in two ways.
std::optional<request> parsed(std::string_view head) {
    std::string_view line = take(head, "\r\n"), range;
    if (std::ranges::any_of(line, misleads) || line.find('\t') != line.npos) return {};
    const std::string_view method = take(line, " "), target = take(line, " ");
    const bool is_new = line == "HTTP/1.1";
    if (method.empty() || method.find_first_not_of(in_names) != method.npos || !target.starts_with('/')) return {};
    if (!is_new && line != "HTTP/1.0") return {};
    int hosts = 0;
    bool keeps = is_new, closes = false, is_conditional = false;
    while (!head.empty()) {
        line = take(head, "\r\n");
        const auto colon = line.find_first_not_of(in_names);
        if (colon == 0 || colon == line.npos || line[colon] != ':' || std::ranges::any_of(line, misleads)) return {};
        std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
        if (same(name, "Range")) range = value;
        is_conditional |= same(name, "If-Range");  // on a version of the file, which nothing here tells of
        hosts += same(name, "Host");
        // A body, which nothing here wants, would be taken for the next request.
        if (same(name, "Transfer-Encoding") || (same(name, "Content-Length") && value != "0")) return {};
        while (same(name, "Connection") && !value.empty()) {
            const std::string_view option = trimmed(take(value, ","));
            closes |= same(option, "close");
            keeps |= same(option, "keep-alive");
        }
    }
    if (hosts > 1 || (hosts == 0 && is_new)) return {};  // who speaks HTTP/1.0 may leave it out
    return request{method, target, is_conditional ? "" : range, keeps && !closes};
}

/// The path below the folder that a target stands for; "" if it is none.
std::string path_of(std::string_view target) {
    const std::string_view coded = take(target, "?");
    std::string made;
    for (std::size_t i = 1; i < coded.size(); ++i) {
        made += coded[i];
        if (coded[i] != '%') continue;
        made.back() = static_cast<char>(i + 2 < coded.size() ? number_of(coded.substr(i + 1, 2), 16).value_or(0) : 0);
        if (made.back() == '\0') return "";
        i += 2;
    }
    return made.empty() || made.back() == '/' ? made + "index.html" : made;
}

struct part {
    std::uint64_t first = 0, size = 0;
};
/// The range of a file of `size` bytes (RFC 9110, 14.1.2), empty if it is outside; nothing if it is not understood.
std::optional<part> part_of(std::string_view range, std::uint64_t size) {
    if (take(range, "=") != "bytes" || range.find('-') == range.npos) return {};
    const std::string_view from = take(range, "-");
    const auto first = number_of(from), last = number_of(range);
    if (from.empty() && last) return part{size - std::min(*last, size), std::min(*last, size)};  // the last so many
    if (!first || (last ? *last < *first : !range.empty())) return {};
    const std::uint64_t begin = std::min(*first, size);
    return part{begin, (last && *last < size ? *last + 1 : size) - begin};
}

std::string head_of(const char* status, std::uint64_t size, bool keep) {
    return std::string("HTTP/1.1 ") + status + "\r\nContent-Length: " + std::to_string(size) +
           "\r\nConnection: " + (keep ? "keep-alive\r\n" : "close\r\n");
}
/// Whether the connection can go on; as `answer`.
task<bool> refuse(async_tcp_stream& to, const char* status, bool keep) {
    const std::string head = head_of(status, 0, keep) + "\r\n";
    co_return (co_await to.send(std::as_bytes(std::span(head)), deadline::after(patience))) && keep;
}
task<bool> answer(async_tcp_stream& to, const contained_directory& folder, std::optional<request> asked) {
    if (!asked) co_return co_await refuse(to, "400 Bad Request", false);
    const auto [method, target, range, keep] = *asked;
    if (method != "GET" && method != "HEAD") co_return co_await refuse(to, "501 Not Implemented", keep);
    const std::string path = path_of(target);
    const auto file = folder.open_file(path.c_str(), {open_mode::read, open_nonblocking});
    const auto info = file ? file->info() : unexpected(file.error());
    const bool is_file = info && info->kind == file_kind::regular && !path.empty();
    const bool is_unknown = !info && info.error().code == errc::out_of_handles;
    if (!is_file) co_return co_await refuse(to, is_unknown ? "503 Service Unavailable" : "404 Not Found", keep);
    const auto some = part_of(method == "GET" ? range : "", info->size);  // of HEAD there is no part
    if (some && some->size == 0) co_return co_await refuse(to, "416 Range Not Satisfiable", keep);
    auto [first, size] = some.value_or(part{0, info->size});
    std::string head = head_of(some ? "206 Partial Content" : "200 OK", size, keep) + "Accept-Ranges: bytes\r\n";
    if (some)
        head += "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(first + size - 1) + "/" +
                std::to_string(info->size) + "\r\n";
    head += path.ends_with(".html")   ? "Content-Type: text/html; charset=utf-8\r\n\r\n"
            : path.ends_with(".wasm") ? "Content-Type: application/wasm\r\n\r\n"
                                      : "Content-Type: application/octet-stream\r\n\r\n";
    if (method == "HEAD") size = 0;
    const auto at_once = static_cast<std::size_t>(size <= small ? std::exchange(size, 0) : 0);
    head.resize(head.size() + at_once);
    const auto body = std::as_writable_bytes(std::span(head)).last(at_once);
    if (at_once != 0 && file->read_at(body, first).value_or(0) != at_once) co_return false;
    if (!co_await to.send(std::as_bytes(std::span(head)), deadline::after(patience))) co_return false;
    for (result<std::uint64_t> went; size != 0; first += *went, size -= *went) {
        went = co_await to.send_file(*file, first, std::min(step, size), deadline::after(patience));
        if (went.value_or(0) == 0) co_return false;
    }
    co_return keep;
}

task<> serve(loop& in, const contained_directory& folder, tcp_stream from) {
    async_tcp_stream stream(in, std::move(from));
    if (!stream.open()) co_return;
    std::byte room[16'384];  // the longest head
    std::size_t filled = 0;
    deadline until = deadline::after(patience);  // for the next request to be there
    for (bool keep = true; keep;) {
        const std::string_view text(reinterpret_cast<const char*>(room), filled);
        if (const auto end = text.find("\r\n\r\n"); end != text.npos) {
            keep = co_await answer(stream, folder, parsed(text.substr(0, end + 2)));
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
    const deadline end = deadline::after(1_s);
    while (deadline::after(0) < end && (co_await stream.receive(room, end)).value_or(0) != 0) continue;
}

task<> serve_all(loop& in, async_tcp_listener& door, const contained_directory& folder) {
    for (;;) {
        auto next = co_await door.accept();
        if (next) spawn(serve(in, folder, std::move(next->stream)));
        if (!next) co_await resume_at(in, deadline::after(100_ms));  // no handles until others have ended
    }
}

result<void> run(const char* path, const ip_endpoint& place) {
    VITTE_TRY(auto opened, directory::open(path));
    const contained_directory folder(std::move(opened));
    VITTE_TRY(auto listener, tcp_listener::listen(place));
    loop here;
    VITTE_CHECK(here.open());
    async_tcp_listener door(here, std::move(listener));
    VITTE_CHECK(door.open());
    std::printf("port %u\n", static_cast<unsigned>(door.socket().local_address()->ip().port));
    std::fflush(stdout);
    spawn(serve_all(here, door, folder));
    return here.run();
}
}  // namespace

int main(int argc, char** argv) {
    const auto place = argc == 3 ? ip_endpoint::parse(argv[2]) : fail(errc::invalid_argument, "read arguments");
    if (!place) return std::fputs("usage: http_server FOLDER ADDRESS:PORT\n", stderr), 2;
    const auto ended = run(argv[1], *place);
    if (!ended) std::fprintf(stderr, "http_server %s %s: %s\n", argv[1], argv[2], ended.error().message().c_str());
    return 1;
}
