// Uses libraries that were never made for our linker: use [--program] zlib|lua|sqlite|llvm FILE. What they have to say
// goes to the output. `load FILE` only loads and unloads; --program offers the host's own symbols, which a static one
// has to.
#include <cstdio>
#include <cstring>
#include <string_view>

#include <vitte/loader/loader.hpp>

namespace {
using vitte::loader::module;

template <class Signature>
Signature* get(const module& of, const char* name) {
    auto found = of.function_pointer<Signature>(name);
    if (!found) {
        std::printf("%s\n", found.error().message().c_str());
        std::exit(1);
    }
    return *found;
}

int use_zlib(const module& m) {
    constexpr char text[] = "a text of a hundred bytes, a text of a hundred bytes, a text of a hundred bytes, a text of a hundred.";
    unsigned char packed[200];
    char unpacked[200] = {};
    unsigned long size = sizeof packed, room = sizeof unpacked;
    const int packs = get<int(unsigned char*, unsigned long*, const char*, unsigned long)>(m, "compress")(packed, &size, text, sizeof text);
    const int unpacks = get<int(char*, unsigned long*, const unsigned char*, unsigned long)>(m, "uncompress")(unpacked, &room, packed, size);
    const bool same = packs == 0 && unpacks == 0 && room == sizeof text && std::strcmp(text, unpacked) == 0;
    std::printf("%08lx %s %s\n", get<unsigned long(unsigned long, const char*, unsigned)>(m, "crc32")(0, "123456789", 9),
                same ? "same" : "different", size < 60 ? "smaller" : "larger");
    return 0;
}

int use_lua(const module& m) {
    struct state;
    state* const lua = get<state*()>(m, "luaL_newstate")();
    get<void(state*)>(m, "luaL_openlibs")(lua);
    const char* const script = R"(
        local t = setmetatable({}, {__index = function(_, n) return n * n end})
        local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(t[i]) end end)
        return string.format("%d %d %d %s %.3f", co(), co(), co(), tostring(select(2, pcall(error, "raised"))), math.sqrt(2)))";
    int wrong = get<int(state*, const char*)>(m, "luaL_loadstring")(lua, script);
    if (wrong == 0) wrong = get<int(state*, int, int, int, std::intptr_t, void*)>(m, "lua_pcallk")(lua, 0, 1, 0, 0, nullptr);
    std::printf("%d %s\n", wrong, get<const char*(state*, int, std::size_t*)>(m, "lua_tolstring")(lua, -1, nullptr));
    get<void(state*)>(m, "lua_close")(lua);
    return wrong;
}

int use_sqlite(const module& m) {
    struct database;
    database* db = nullptr;
    const auto run = get<int(database*, const char*, int (*)(void*, int, char**, char**), void*, char**)>(m, "sqlite3_exec");
    int wrong = get<int(const char*, database**)>(m, "sqlite3_open")(":memory:", &db);
    wrong |= run(db, "create table t(a integer primary key, b text); begin;"
                     "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000)"
                     "insert into t select i, printf('%04d', i * 7) from n; commit", nullptr, nullptr, nullptr);
    const auto print = [](void*, int count, char** values, char**) {
        for (int i = 0; i < count; ++i) std::printf("%s%s", values[i], i + 1 < count ? " " : "\n");
        return 0;
    };
    wrong |= run(db, "select count(*), sum(a), max(b) from t where b like '%7'", print, nullptr, nullptr);
    wrong |= get<int(database*)>(m, "sqlite3_close")(db);
    return wrong;
}

int use_llvm(const module& m) {
    struct object;
    object* const made = get<object*(const char*)>(m, "LLVMModuleCreateWithName")("made by hand");
    object* const type = get<object*(object*, object**, unsigned, int)>(m, "LLVMFunctionType")(get<object*()>(m, "LLVMInt32Type")(), nullptr, 0, 0);
    object* const function = get<object*(object*, const char*, object*)>(m, "LLVMAddFunction")(made, "answer", type);
    object* const block = get<object*(object*, const char*)>(m, "LLVMAppendBasicBlock")(function, "entry");
    object* const builder = get<object*()>(m, "LLVMCreateBuilder")();
    get<void(object*, object*)>(m, "LLVMPositionBuilderAtEnd")(builder, block);
    get<object*(object*, object*)>(m, "LLVMBuildRet")(builder, get<object*(object*, unsigned long long, int)>(m, "LLVMConstInt")(get<object*()>(m, "LLVMInt32Type")(), 42, 0));
    std::fputs(get<char*(object*)>(m, "LLVMPrintModuleToString")(made), stdout);
    get<void(object*)>(m, "LLVMDisposeBuilder")(builder);
    get<void(object*)>(m, "LLVMDisposeModule")(made);
    return 0;
}
}  // namespace

int main(int argc, char** argv) {
    vitte::loader::module_loader loader;
    const bool program = argc == 4 && std::string_view(argv[1]) == "--program";
    if (argc != 3 && !program) return 2;
    if (program && !loader.provide_program()) return 2;
    auto loaded = loader.load(argv[argc - 1]);
    if (!loaded) return std::printf("refused: %s\n", loaded.error().message().c_str()), 1;
    const std::string_view what = argv[argc - 2];
    const int wrong = what == "zlib"     ? use_zlib(*loaded)
                      : what == "lua"    ? use_lua(*loaded)
                      : what == "sqlite" ? use_sqlite(*loaded)
                      : what == "llvm"   ? use_llvm(*loaded)
                                         : 0;
    loaded->unload();
    std::puts("unloaded");
    return wrong;
}
