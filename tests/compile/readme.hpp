// What the examples of the README have around them.
#pragma once
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <vitte/loader/loader.hpp>
#include <vitte/loader/wasm/format.hpp>
#include <vitte/plugin.h>
#include <vitte/loader/wasm/store.hpp>
#include <vitte/sys/fs.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/sandbox.hpp>

void report(const std::string& what);
void log(const std::string& what);
void host_log(const char* text);
int note(int code);
void compile(const char* path);
bool signed_by_us(std::span<const std::byte> bytes);
template <class... Arguments>
void print(const char* form, Arguments... arguments);
template <class Platform>
vitte::result<void> save(const char* path);
template <class Platform>
void serve(unsigned short port);

struct clock_service {
    static constexpr const char* name = "acme/clock";
    static constexpr std::uint32_t version = 1;
    vitte_service head;
    std::int64_t (*now)(void* state);
};
extern const clock_service system_clock;

struct session {
    int send(int what);
};
extern std::string text;
extern std::vector<std::byte> bytes, compiled;
extern const void* address;
extern vitte::sys::tcp_stream connection;

// What an example takes over from the one before it.
namespace native_modules {
extern vitte::loader::module_loader loader;
extern vitte::loader::module plugin;
extern std::string next;
}  // namespace native_modules
namespace guests {
using namespace vitte::loader;
extern vitte::result<wasm::store> store;
extern vitte::result<wasm::compiled_module, parse_error> module;
extern vitte::result<wasm::instance*, load_error> plugin;
}  // namespace guests
