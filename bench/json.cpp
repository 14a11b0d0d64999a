// JSON documents in memory, against simdjson's DOM, and text from values, against std::to_chars.
#include <cstdlib>
#include <string>
#include <string_view>
#include <vitte/core/json.hpp>
#include <vitte/core/xoshiro.hpp>

#include "row.hpp"

#if __has_include(<simdjson.h>)
#include <simdjson.h>
#define VITTE_SIMDJSON 1
#endif

namespace {
namespace json = vitte::json;
using text_writer = json::writer<json::growing_output>;

[[noreturn]] void stop(const char* why) {
    std::fprintf(stderr, "json: %s\n", why);
    std::exit(1);
}

vitte::xoshiro256 random_numbers(1);

std::string words(unsigned least, unsigned more, bool foreign) {
    static constexpr std::string_view of[] = {
        "the", "module", "loads", "a", "symbol", "twice", "and", "https://example.org/a", "2026"};
    static constexpr std::string_view others[] = {"\xe3\x83\xa2\xe3\x82\xb8\xe3\x83\xa5\xe3\x83\xbc\xe3\x83\xab",
                                                  "na\xc3\xafve", "\xf0\x9f\x98\x80", "line\nbreak", "\"quoted\""};
    std::string made;
    for (auto n = least + random_numbers.below(more); n-- != 0;) {
        if (!made.empty()) made += ' ';
        made += foreign && random_numbers.below(4) == 0 ? others[random_numbers.below(5)] : of[random_numbers.below(9)];
    }
    return made;
}

/// What a service tells about messages and their authors.
void messages(text_writer& to) {
    to.begin_object().name("statuses").begin_array();
    for (std::uint64_t i = 0; i < 500; ++i) {
        to.begin_object();
        to.member("created_at", "Sun Aug 31 00:29:15 +0000 2014").member("id", 505874924095815681u + i);
        to.member("id_str", std::to_string(505874924095815681u + i)).member("text", words(5, 15, true));
        to.member("truncated", false).name("in_reply_to").null();
        to.name("user").begin_object().member("id", 1186275104u + i).member("name", words(1, 2, true));
        to.member("screen_name", "ayuu0123").member("location", "").member("description", words(4, 20, true));
        to.member("followers_count", random_numbers.below(2000)).member("friends_count", random_numbers.below(2000));
        to.member("listed_count", 0).member("utc_offset", -7200).member("verified", false).member("lang", "en");
        to.member("profile_background_color", "C0DEED")
            .member("profile_image_url", "http://pbs.twimg.com/profile_images/497760886795153410/LDjAwR_y_normal.jpeg");
        to.member("default_profile", true).member("following", false).end_object();
        to.name("entities").begin_object().name("hashtags").begin_array().end_array().name("indices").begin_array();
        to.value(0).value(13 + i % 7).end_array().end_object();
        to.member("retweet_count", 0).member("favorited", false).member("score", 0.125 * static_cast<double>(i));
        to.end_object();
    }
    to.end_array().end_object();
}
/// Outlines of countries: hardly anything but doubles.
void outlines(text_writer& to) {
    to.begin_array();
    for (int i = 0; i < 200; ++i) {
        to.begin_array();
        for (int k = 0; k < 300; ++k) {
            const auto coordinate = [] {
                return static_cast<double>(random_numbers.below(std::uint64_t{1} << 53)) * 0x1p-46 - 64;
            };
            to.begin_array().value(coordinate()).value(coordinate()).end_array();
        }
        to.end_array();
    }
    to.end_array();
}
void integers(text_writer& to) {
    to.begin_array();
    for (int i = 0; i < 100000; ++i) to.value(random_numbers.below(std::uint64_t{1} << random_numbers.below(64)));
    to.end_array();
}
void strings(text_writer& to) {
    to.begin_array();
    for (int i = 0; i < 10000; ++i) to.value(words(5, 20, i % 4 == 0));
    to.end_array();
}
void nested(text_writer& to) {
    to.begin_array();
    for (int i = 0; i < 500; ++i) {
        const int depth = 20 + i % 80;
        for (int k = 0; k < depth; ++k) to.begin_object().name("inner").begin_array().value(k);
        for (int k = 0; k < depth; ++k) to.end_array().end_object();
    }
    to.end_array();
}

void compare(const char* name, void (*make)(text_writer&), unsigned indent) {
    json::growing_output made;
    text_writer to(made, indent);
    make(to);
    if (!to.finish()) stop("not written");
    const std::string_view text = made.text();
    json::document document;
    const auto ours = [&] {
        return bench::nanoseconds(
            [&] {
                if (!document.read(text)) stop("not read");
            },
            10);
    };
    const std::string claim = std::string("json: ") + name + (indent == 0 ? "" : ", indented") + ", " +
                              std::to_string(text.size()) + " bytes";
#if defined(VITTE_SIMDJSON)
    simdjson::dom::parser parser;
    const simdjson::padded_string padded(text);
    bench::compare(claim.c_str(), "simdjson's DOM", 2.5, 41, ours, [&] {
        return bench::nanoseconds(
            [&] {
                if (parser.parse(padded).error() != simdjson::SUCCESS) stop("not read by simdjson");
            },
            10);
    });
#else
    bench::missing(claim.c_str(), "simdjson's DOM", ours(), 2.5);
#endif
}
}  // namespace

int main() {
    for (const unsigned indent : {0u, 2u}) {
        compare("messages", messages, indent);
        compare("doubles", outlines, indent);
        compare("integers", integers, indent);
        compare("strings", strings, indent);
        compare("nested", nested, indent);
    }
}
