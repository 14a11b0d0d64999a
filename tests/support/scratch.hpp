// A folder to make files in.
#pragma once

#include <set>
#include <string>

#include <vitte/sys/fs/tree.hpp>

#include "needs.hpp"

/// An empty folder, gone with this object.
struct scratch {
    const char* path = SCRATCH;  // the name of the program and ".d"
    scratch() { BOOST_REQUIRE((vitte::sys::remove_all(path) && vitte::sys::create_directories(path))); }
    ~scratch() { BOOST_TEST(vitte::sys::remove_all(path).has_value()); }
};

inline void put(const vitte::sys::directory& in, const char* name, const char* text = "x") {
    auto file = in.open_file(name, vitte::sys::open_mode::create_new);
    BOOST_REQUIRE(file.has_value());
    BOOST_REQUIRE(file->write(std::as_bytes(std::span(text, std::char_traits<char>::length(text)))).has_value());
}

inline std::set<std::string> names_in(const vitte::sys::directory& d) {
    std::set<std::string> names;
    BOOST_TEST(
        d.for_each([&](const vitte::sys::directory_entry& e) { return names.insert(e.name), true; }).has_value());
    return names;
}

inline std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

/// Some hosts of WASI follow them whatever they are told.
inline const ability unfollowed_links{"symbolic links that are not followed", [] {
    const scratch folder;
    const auto d = vitte::sys::directory::open(folder.path);
    return d->create_directory("real") && d->symbolic_link("real", "alias") && !d->open_directory("alias");
}};
