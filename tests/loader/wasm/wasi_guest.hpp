// A guest of WASI for tests: a module that imports every function and exports one for each that calls it.
#pragma once

#include <cstring>
#include <optional>
#include <vitte/loader/wasm/wasi.hpp>

#include "../../support/scratch.hpp"
#include "../../support/wasm_builder.hpp"

namespace {
namespace wasm = vitte::loader::wasm;
namespace wasi = wasm::wasi;
using namespace wasm_test;

struct described {
    const char* name;
    const char* parameters;  // i: i32, I: i64
};
/// Every function of the specification; all return an i32 but proc_exit.
constexpr described functions[] = {
    {"args_get", "ii"},
    {"args_sizes_get", "ii"},
    {"clock_res_get", "ii"},
    {"clock_time_get", "iIi"},
    {"environ_get", "ii"},
    {"environ_sizes_get", "ii"},
    {"fd_advise", "iIIi"},
    {"fd_allocate", "iII"},
    {"fd_close", "i"},
    {"fd_datasync", "i"},
    {"fd_fdstat_get", "ii"},
    {"fd_fdstat_set_flags", "ii"},
    {"fd_fdstat_set_rights", "iII"},
    {"fd_filestat_get", "ii"},
    {"fd_filestat_set_size", "iI"},
    {"fd_filestat_set_times", "iIIi"},
    {"fd_pread", "iiiIi"},
    {"fd_prestat_dir_name", "iii"},
    {"fd_prestat_get", "ii"},
    {"fd_pwrite", "iiiIi"},
    {"fd_read", "iiii"},
    {"fd_readdir", "iiiIi"},
    {"fd_renumber", "ii"},
    {"fd_seek", "iIii"},
    {"fd_sync", "i"},
    {"fd_tell", "ii"},
    {"fd_write", "iiii"},
    {"path_create_directory", "iii"},
    {"path_filestat_get", "iiiii"},
    {"path_filestat_set_times", "iiiiIIi"},
    {"path_link", "iiiiiii"},
    {"path_open", "iiiiiIIii"},
    {"path_readlink", "iiiiii"},
    {"path_remove_directory", "iii"},
    {"path_rename", "iiiiii"},
    {"path_symlink", "iiiii"},
    {"path_unlink_file", "iii"},
    {"poll_oneoff", "iiii"},
    {"proc_exit", "i"},
    {"proc_raise", "i"},
    {"random_get", "ii"},
    {"sched_yield", ""},
    {"sock_accept", "iii"},
    {"sock_recv", "iiiiii"},
    {"sock_send", "iiiii"},
    {"sock_shutdown", "ii"},
};
constexpr std::uint32_t function_count = std::size(functions);
static_assert(function_count == 46);

// Numbers of errors, from the specification.
enum : std::uint32_t {
    success = 0,
    badf = 8,
    exist = 20,
    fault = 21,
    ilseq = 25,
    inval = 28,
    isdir = 31,
    loop = 32,
    nametoolong = 37,
    noent = 44,
    nomem = 48,
    notdir = 54,
    notempty = 55,
    notsock = 57,
    notsup = 58,
    perm = 63,
    notcapable = 76
};
constexpr std::uint64_t all_rights = (1u << 30) - 1, may_read = 1u << 1, may_seek = 1u << 2, may_tell = 1u << 5,
                        may_write = 1u << 6, may_poll = 1u << 27;

/// One page of memory, and for each function `f` an export `f` that passes its parameters on.
code every_function() {
    code types = unsigned_number(function_count), imports = types, own = types, bodies = types,
         exports = unsigned_number(function_count + 1);
    for (std::uint32_t i = 0; i < function_count; ++i) {
        const described& f = functions[i];
        code parameters, instructions;
        for (std::uint32_t k = 0; f.parameters[k] != 0; ++k) {
            parameters = std::move(parameters) + bytes({f.parameters[k] == 'i' ? i32 : i64});
            instructions = std::move(instructions) + bytes({0x20}) + unsigned_number(k);
        }
        const bool returns = std::strcmp(f.name, "proc_exit") != 0;
        types = std::move(types) + bytes({0x60}) + unsigned_number(static_cast<std::uint32_t>(parameters.size())) +
                parameters + (returns ? bytes({1, i32}) : bytes({0}));
        imports = std::move(imports) + imported("wasi_snapshot_preview1", f.name, bytes({0}) + unsigned_number(i));
        own = std::move(own) + unsigned_number(i);
        bodies = std::move(bodies) + body(std::move(instructions) + bytes({0x10}) + unsigned_number(i));
        exports = std::move(exports) + exported(f.name, 0, function_count + i);
    }
    exports = std::move(exports) + exported("memory", 2, 0);
    return module({make_section(1, types), make_section(2, imports), make_section(3, own),
                   make_section(5, list({bytes({0, 1})})), make_section(7, exports), make_section(10, bodies)});
}
wasm::compiled_module compiled(const code& m) {
    auto made = wasm::compiled_module::compile(m);
    if (!made) BOOST_FAIL(made.error().reading << ": " << made.error().reason << " at " << made.error().offset);
    return *made;
}

wasm::value value_of(wasm::value_type type, std::uint64_t number) {
    if (type == wasm::i32) return {type, wasm::constant_value::of(static_cast<std::uint32_t>(number))};
    return {type, wasm::constant_value::of(number)};
}

/// A guest whose first folder, descriptor 3, is called "/".
template <vitte::sys::platform P = vitte::sys::native>
struct basic_guest {
    scratch folder;
    wasi::basic_context<P> world;
    wasm::basic_store<P> store;
    wasm::instance* made = nullptr;

    explicit basic_guest(std::size_t most_listed = 1000)
        : world(100, most_listed), store(std::move(*wasm::basic_store<P>::create())) {
        BOOST_REQUIRE(world.add_folder(folder.path, "/").has_value());
        start();
    }
    void start() {
        world.offer(store);
        auto done = store.instantiate(compiled(every_function()));
        if (!done) BOOST_FAIL(done.error().message());
        made = *done;
    }

    std::uint32_t call(const char* name, std::initializer_list<std::uint64_t> arguments) {
        const auto& f = made->find(name)->as<wasm::function>();
        BOOST_REQUIRE(arguments.size() == f.description->parameters.size());
        std::vector<wasm::value> values;
        for (const std::uint64_t a : arguments) values.push_back(value_of(f.description->parameters[values.size()], a));
        const auto returned = store.invoke(f, values);
        if (!returned) BOOST_FAIL(name << ": " << returned.error().message());
        return returned->empty() ? 0 : returned->front().template as<std::uint32_t>();
    }

    // Memory: paths are put at 4096 and 6144, slices at 1024, data at 8192, results at 16.
    std::byte* at(std::uint32_t address) { return made->memory("memory").data() + address; }
    template <class T>
    T get(std::uint32_t address) {
        return vitte::load<T>(at(address), vitte::byte_order::little);
    }
    template <class T>
    void put(std::uint32_t address, T value) {
        vitte::store<T>(at(address), value, vitte::byte_order::little);
    }
    std::uint64_t put_text(std::uint32_t address, std::string_view text) {
        std::memcpy(at(address), text.data(), text.size());
        return text.size();
    }
    std::string text(std::uint32_t address, std::uint32_t size) {
        return {reinterpret_cast<const char*>(at(address)), size};
    }
    std::uint32_t result() { return get<std::uint32_t>(16); }

    /// A function of one path below descriptor 3.
    std::uint32_t on_path(const char* name, std::string_view path) {
        return call(name, {3, 4096, put_text(4096, path)});
    }
    std::uint32_t open(std::string_view path, std::uint32_t how = 0, std::uint64_t rights = all_rights,
                       std::uint32_t follow = 1, std::uint32_t flags = 0, std::uint32_t folder_fd = 3) {
        return call("path_open", {folder_fd, follow, 4096, put_text(4096, path), how, rights, rights, flags, 16});
    }
    std::uint32_t opened(std::string_view path, std::uint32_t how = 0, std::uint64_t rights = all_rights,
                         std::uint32_t flags = 0) {
        BOOST_REQUIRE(open(path, how, rights, 1, flags) == success);
        return result();
    }
    /// A folder, through which all may be done.
    std::uint32_t opened_folder(std::string_view path) {
        BOOST_REQUIRE(open_folder(path, all_rights & ~may_write) == success);
        return result();
    }
    std::uint32_t open_folder(std::string_view path, std::uint64_t rights) {
        constexpr std::uint64_t directory = 2;
        return call("path_open", {3, 1, 4096, put_text(4096, path), directory, rights, all_rights, 0, 16});
    }
    std::uint32_t write(std::uint32_t fd, std::string_view content) {
        put<std::uint32_t>(1024, 8192);
        put<std::uint32_t>(1028, static_cast<std::uint32_t>(put_text(8192, content)));
        return call("fd_write", {fd, 1024, 1, 16});
    }
    std::optional<std::string> read(std::uint32_t fd, std::uint32_t size) {
        put<std::uint32_t>(1024, 8192);
        put<std::uint32_t>(1028, size);
        if (call("fd_read", {fd, 1024, 1, 16}) != success) return {};
        return text(8192, result());
    }
    std::uint32_t seek(std::uint32_t fd, std::int64_t offset, std::uint32_t whence) {
        return call("fd_seek", {fd, static_cast<std::uint64_t>(offset), whence, 16});
    }
};
using guest = basic_guest<>;
constexpr std::uint32_t create = 1, directory = 2, alone = 4, emptying = 8;
}  // namespace
