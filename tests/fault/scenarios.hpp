// What is tried while calls fail, or the power does: templates over the platform on which calls fail, which stands on
// the platform that is looked at afterwards.
#pragma once

#include <set>
#include <string>
#include <vector>
#include <vitte/loader/hot_reload.hpp>
#include <vitte/loader/module_store.hpp>
#include <vitte/loader/plugin/file.hpp>
#include <vitte/sys/fs.hpp>
#include <vitte/sys/fs/attributes.hpp>
#include <vitte/sys/fs/canonical.hpp>
#include <vitte/sys/fs/glob.hpp>
#include <vitte/sys/fs/temporary.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/memory.hpp>
#include <vitte/sys/platform/confined.hpp>
#include <vitte/sys/platform/faulty.hpp>
#include <vitte/sys/random.hpp>
#include <vitte/sys/thread.hpp>

#include "../support/scratch.hpp"

#if defined(VITTE_STOP_AT_ONCE)  // where one failure is all that is asked for
#undef BOOST_TEST
#define BOOST_TEST BOOST_TEST_REQUIRE
#endif

/// What is tried, and what is true before it, after it, and whatever happens.
struct scenario {
    const char* name;
    void (*prepare)();
    vitte::result<void> (*run)();
    bool (*done)();        ///< whether all of it has happened
    bool (*harmless)();    ///< whether nothing is lost, done or not
    bool durable = false;  ///< whether what was done is still done when the power fails afterwards
    bool tidy = false;     ///< whether one failure leaves nothing beside the old file
    unsigned close = 0;    ///< which of its closes must not fail in silence: that of a file that was written
};

/// Counts what is taken and given back, and what is given back twice.
template <vitte::sys::platform Base>
class ledger {
public:
    static inline int views = 0, threads = 0, wrong_closes = 0;

    template <class Call, class... Arguments>
    static auto around(const char* name, Call call, const Arguments&... arguments) noexcept {
        if constexpr (std::is_void_v<decltype(call())>) {
            call();
        } else {
            auto returned = call();
            if constexpr (requires { returned.error(); }) note(name, returned, arguments...);
            return returned;
        }
    }

private:
    template <class Result, class... Arguments>
    static void note(std::string_view name, const Result& returned, const Arguments&... arguments) noexcept {
        if (!returned) {
            const bool closes = name == "files.close" || name == "sockets.close" || name == "devices.close";
            if (closes && returned.error().code == vitte::errc::bad_handle) ++wrong_closes;
            if (name == "memory.release") ++wrong_closes;
            return;
        }
        const bool at_a_place = name == "memory.map_file" && first_is_set(arguments...);
        if ((name == "memory.reserve" || name.starts_with("memory.map")) && !at_a_place) ++views;
        if (name == "memory.release") --views;
        if (name == "threads.start") ++threads;
        if (name == "threads.join" || name == "threads.detach") --threads;
    }
    template <class First, class... Rest>
    static bool first_is_set(const First& first, const Rest&...) noexcept {
        if constexpr (std::is_pointer_v<First>)
            return first != nullptr;
        else
            return false;
    }
    static bool first_is_set() noexcept { return false; }
};
template <vitte::sys::platform Base>
struct audited : vitte::sys::decorated<Base, ledger<Base>> {};

template <vitte::sys::platform Base>
struct scenarios {
    using frail = vitte::sys::faulty<audited<Base>>;
    using injected = vitte::sys::faults<audited<Base>>;
    using errc = vitte::errc;
    using done_or_not = vitte::result<void>;

    static inline const std::string old_text = std::string(5000, 'o'), new_text = std::string(9'000, 'n');
    static inline std::string found_text;
    static inline std::size_t found_count = 0;

    static std::string text(const char* path) { return vitte::sys::read_text<Base>(path).value_or(""); }
    static void file_with(const std::string& content) {
        const auto made = vitte::sys::basic_file<Base>::open(SCRATCH "/file", vitte::sys::open_mode::write);
        BOOST_REQUIRE((made && made->set_mode(0640) && made->write(bytes(content)) && made->sync()));
        BOOST_REQUIRE(vitte::sys::basic_directory<Base>::open(SCRATCH)->sync().has_value());
    }
    static void old_file() { file_with(old_text); }
    static bool old_or_new() { return text(SCRATCH "/file") == old_text || text(SCRATCH "/file") == new_text; }
    static bool still_old() { return text(SCRATCH "/file") == old_text; }
    static bool anything() { return true; }
    static void nothing() {}
    static void tree() {
        using namespace vitte::sys;
        BOOST_REQUIRE((create_directories<Base>(SCRATCH "/tree/a/b") && create_directories<Base>(SCRATCH "/tree/c")));
        for (const char* path : {SCRATCH "/tree/1", SCRATCH "/tree/a/2", SCRATCH "/tree/a/b/3", SCRATCH "/tree/c/4"})
            BOOST_REQUIRE(write<Base>(path, bytes("x")).has_value());
    }
    /// Deeper than handles are kept.
    static void deep_tree() {
        using namespace vitte::sys;
        std::string path = SCRATCH "/tree";
        for (int i = 0; i < 34; ++i) path += "/d";
        BOOST_REQUIRE(create_directories<Base>(path.c_str()).has_value());
        BOOST_REQUIRE(write<Base>((path + "/file").c_str(), bytes("x")).has_value());
    }
    static std::uint32_t mode_of(const char* path) { return vitte::sys::stat<Base>(path)->mode; }
    static bool is_there(const char* path) { return vitte::sys::stat<Base>(path).has_value(); }

    static done_or_not read_it() {
        VITTE_TRY(found_text, vitte::sys::read_text<frail>(SCRATCH "/file"));
        return {};
    }
    static done_or_not map_it() {
        VITTE_TRY(const auto whole, vitte::sys::basic_mapping<frail>::open(SCRATCH "/file"));
        found_text.assign(reinterpret_cast<const char*>(whole.bytes().data()), whole.bytes().size());
        return {};
    }
    static done_or_not walk_it() {
        found_count = 0;
        vitte::error failed;
        bool any = false;
        VITTE_CHECK(vitte::sys::walk<frail>(SCRATCH "/tree", [&](const vitte::sys::walk_entry<frail>& entry) {
            if (entry.failed != nullptr)
                failed = *entry.failed, any = true;
            else
                ++found_count;
            return vitte::sys::walk_next::on;
        }));
        return any ? done_or_not(vitte::unexpected(failed)) : done_or_not();
    }
    static done_or_not keep_a_temporary() {
        using namespace vitte::sys;
        VITTE_TRY(auto folder, basic_directory<frail>::open(SCRATCH));
        VITTE_TRY(auto made, basic_temporary_file<frail>::create_in(std::move(folder)));
        VITTE_CHECK(made.file().write(bytes(new_text)));
        VITTE_TRY(const auto where, basic_directory<frail>::open(SCRATCH));
        return made.keep(where, "kept");
    }
    static done_or_not find_path() {
        char path[4096];
        VITTE_TRY(const std::size_t size, vitte::sys::canonical<frail>(SCRATCH "/tree/../tree/a", path));
        found_text.assign(path, size);
        return {};
    }
    /// Pieces, room and locks.
    static done_or_not write_in_pieces() {
        using namespace vitte::sys;
        VITTE_TRY(auto made, basic_file<frail>::open(SCRATCH "/pieces", open_mode::update));
        VITTE_CHECK(made.lock_until(deadline::never()));
        VITTE_CHECK(made.resize(0));
        if (const auto room = made.allocate(0, 6); !room && room.error().code != errc::not_supported) return room;
        std::byte letters[] = {std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
        io_slice slices[] = {{letters, 1}, {letters + 1, 2}};
        VITTE_CHECK(made.write_vector(slices));
        VITTE_CHECK(made.write_at(bytes("def"), 3));
        VITTE_CHECK(made.sync_data());
        VITTE_CHECK(made.set_times(no_time, 1'000'000'000));
        if (const auto named = set_attribute(made, "user.test", bytes("x"));
            !named && named.error().code != errc::not_supported)
            return named;
        std::byte back[6];
        slices[0] = {back, 3};
        slices[1] = {back + 3, 3};
        VITTE_TRY(const auto again, basic_file<frail>::open(SCRATCH "/pieces"));
        VITTE_TRY(const std::size_t got, again.read_vector(slices));
        found_text.assign(reinterpret_cast<const char*>(back), got);
        return made.close();
    }
    static done_or_not copy_a_part() {
        using namespace vitte::sys;
        VITTE_TRY(const auto from, basic_file<frail>::open(SCRATCH "/file"));
        VITTE_TRY(auto to, basic_file<frail>::open(SCRATCH "/part", open_mode::write));
        VITTE_TRY(const std::uint64_t size, copy_range(from, 1000, to, 0, 3000));
        found_count = static_cast<std::size_t>(size);
        return to.close();
    }
    static done_or_not name_twice() {
        using namespace vitte::sys;
        VITTE_TRY(const auto in, basic_directory<frail>::open(SCRATCH));
        VITTE_CHECK(gone(in, "second"));
        VITTE_CHECK(in.link("file", in, "second"));
        VITTE_CHECK(gone(in, "third"));
        VITTE_CHECK(in.symbolic_link("second", "third"));
        char link[16];
        VITTE_TRY(const std::size_t size, in.read_link("third", link));
        found_text.assign(link, size);
        return in.sync();
    }
    static done_or_not gone(const vitte::sys::basic_directory<frail>& in, const char* name) {
        const auto removed = in.remove(name);
        return removed || removed.error().code != errc::not_found ? removed : done_or_not();
    }
    /// A reservation with a view of a file in it, and shared memory.
    static done_or_not use_pages() {
        using namespace vitte::sys;
        VITTE_TRY(const auto source, basic_file<frail>::open(SCRATCH "/file"));
        const std::size_t page = basic_region<frail>::page_size();
        VITTE_TRY(auto region, basic_region<frail>::reserve(16 * page));
        VITTE_CHECK(region.commit(0, page));
        VITTE_CHECK(region.map_file(page, page, access::read, source, 0));
        VITTE_CHECK(region.protect(0, page, access::read));
        VITTE_TRY(const auto guarded, basic_region<frail>::allocate_guarded(page));
        VITTE_TRY(const auto huge, basic_region<frail>::allocate_huge(page));
        guarded.data()[0] = huge.data()[0];
        VITTE_TRY(const auto shared, basic_shared_memory<frail>::create(page));
        VITTE_TRY(auto view, basic_view<frail>::map(shared.file(), page));
        view.bytes()[0] = region.data()[page];
        VITTE_TRY(const auto file_to_map, basic_file<frail>::open(SCRATCH "/file", open_mode::read_write));
        VITTE_TRY(auto stored, basic_view<frail>::map(file_to_map, page));
        VITTE_CHECK(stored.sync());
        found_text = std::string(1, static_cast<char>(view.bytes()[0]));
        return {};
    }
    /// One thread gives the other a number, in time.
    static done_or_not hand_over() {
        using namespace vitte::sys;
        basic_mutex<frail> mutex;
        basic_condition_variable<frail> given;
        int there = 0;
        VITTE_TRY(auto giver, (basic_thread<void, frail>::start([&] {
                      this_thread::sleep_until<frail>(deadline::after<frail>(100'000));
                      const scoped_lock hold(mutex);
                      there = 7;
                      given.notify_one();
                  })));
        {
            const scoped_lock hold(mutex);
            given.wait(mutex, [&] { return there != 0; });
        }
        found_count = static_cast<std::size_t>(there);
        return giver.join();
    }

    static done_or_not use_temporaries() {
        using namespace vitte::sys;
        found_count = 0;
        VITTE_TRY(const auto folder, basic_temporary_directory<frail>::create());
        VITTE_TRY(const auto file, basic_temporary_file<frail>::create());
        VITTE_CHECK(file.file().write(bytes(old_text)));
        VITTE_TRY(auto random, seeded_generator<frail>());
        found_count = is_there(folder.path()) && random() != random();
        return {};
    }
    /// In a granted folder only.
    static done_or_not stay_within() {
        using namespace vitte::sys;
        using bounds = confinement<frail>;
        using within = confined<frail>;
        struct cleaner {
            ~cleaner() { bounds::reset(); }
        } clean;
        VITTE_CHECK(bounds::grant(SCRATCH, grant_rights::read_write));
        VITTE_TRY(const auto folder, basic_directory<within>::open(SCRATCH "/."));
        if (const auto made = folder.create_directory("below"); !made && made.error().code != errc::already_exists)
            return made;
        VITTE_CHECK(write<within>(SCRATCH "/below/within", bytes(new_text)));
        VITTE_TRY(found_text, read_text<within>(SCRATCH "/below/within"));
        VITTE_TRY(const file_info facts, folder.info("below"));
        return facts.kind == file_kind::directory ? done_or_not() : vitte::fail(errc::unknown, "kind");
    }

    using store = vitte::loader::basic_module_store<Base>;
    using frail_store = vitte::loader::basic_module_store<frail>;
    static constexpr vitte::loader::store_limits small_store{.bytes = 60'000};

    static std::string version_in_store(const char* version) {
        const auto in = store::open(SCRATCH "/store");
        const auto content = in ? in->read("acme/image", version) : vitte::fail(errc::not_found, "open");
        if (!content) return {};
        return {reinterpret_cast<const char*>(content->bytes().data()), content->size()};
    }
    static void store_with_old() {
        const auto in = store::open(SCRATCH "/store");
        BOOST_REQUIRE((in && in->add("acme/image", "1.0.0", bytes(old_text))));
    }
    static done_or_not add_to_store() {
        VITTE_TRY(const auto in, frail_store::open(SCRATCH "/store"));
        VITTE_CHECK(in.add("acme/image", "1.0.0", bytes(new_text)));
        return {};
    }
    static done_or_not read_from_store() {
        VITTE_TRY(const auto in, frail_store::open(SCRATCH "/store"));
        VITTE_TRY(const auto content, in.read("acme/image", "1.0.0"));
        found_text.assign(reinterpret_cast<const char*>(content.bytes().data()), content.size());
        return {};
    }
    /// A `load_error` as an error, which does not own its words.
    static vitte::unexpected<vitte::error> told(const vitte::loader::load_error& e) {
        static std::string why;
        return vitte::fail(e.code, (why = e.message()).c_str());
    }
    /// A module whose one function tells the size of its file.
    struct sized_body final : vitte::loader::detail::module_body {
        explicit sized_body(std::size_t of) noexcept : size(of) {}
        const char* kind() const noexcept override { return "a size"; }
        void* symbol(const char*) const noexcept override { return nullptr; }
        vitte::result<vitte::loader::detail::function_entry, vitte::loader::load_error> function(
            const char*, const vitte::loader::signature*) const override {
            const auto enter = [](void*, void* target, std::uint64_t* values) {
                *values = *static_cast<std::size_t*>(target);
                return std::unique_ptr<vitte::loader::trap>();
            };
            return vitte::loader::detail::function_entry{const_cast<std::size_t*>(&size), nullptr, enter};
        }
        std::size_t size;
    };
    /// Whatever fails, the version before goes on.
    static done_or_not replace_module() {
        using module = vitte::loader::basic_hot_module<frail>;
        const auto failed = [](const vitte::loader::load_error& e) { return told(e); };
        found_count = 0;
        const auto load = [](const char* path, std::span<const std::byte> of) {
            return vitte::result<vitte::loader::module, vitte::loader::load_error>(
                vitte::loader::module(path, std::make_unique<sized_body>(of.size())));
        };
        VITTE_CHECK(vitte::sys::write<frail>(SCRATCH "/file", bytes(old_text)));
        auto made = module::create(SCRATCH "/file", load, {.settle = 0});
        if (!made) return failed(made.error());
        const auto size = made->template function<std::uint64_t()>("size");
        if (!size) return failed(size.error());
        found_count = *(*size)();
        VITTE_CHECK(vitte::sys::write<frail>(SCRATCH "/file", bytes(new_text)));
        const auto replaced = [&] {
            if constexpr (requires { made->wait(vitte::sys::deadline::never()); })
                return made->wait(vitte::sys::deadline::after(30'000'000'000));
            else
                return made->reload();
        }();
        found_count = *(*size)();
        BOOST_TEST(found_count == (replaced ? new_text : old_text).size());
        return replaced ? done_or_not() : failed(replaced.error());
    }
    static std::string version_of_size(char version) { return version + std::string(20'000, 'o'); }
    static void put_in_store(const std::string& folder, const std::string& name, const std::string& content) {
        using namespace vitte::sys;
        const std::string path = SCRATCH "/store/" + folder;
        BOOST_REQUIRE((create_directories<Base>(path.c_str()) && write<Base>((path + "/" + name).c_str(), bytes(content))));
    }
    /// More than there is room for, content that is damaged, and what a writer has left.
    static void full_store() {
        using namespace vitte::loader;
        for (const char version : {'1', '2', '3', '4'}) {
            const std::string content = version_of_size(version), number = version + std::string(".0.0");
            const content_hash hash = vitte::blake3().update(bytes(content)).finish();
            const auto at = detail::hash_place::of(hash);
            const std::string fan = std::string("content/") + at.folder.c_str();
            put_in_store(fan, at.name.c_str(), version == '4' ? "damaged" : content);
            put_in_store("names/@acme+image@", number,
                         std::string(detail::name_record{"acme/image", number, hash}.write().view()));
            if (version == '4') put_in_store(fan, ".0123456789abcdef01234567", "unfinished");
        }
    }
    static done_or_not collect_store() {
        VITTE_TRY(const auto in, frail_store::open(SCRATCH "/store", small_store));
        VITTE_CHECK(in.verify());
        VITTE_CHECK(in.collect(0));
        return {};
    }
    static bool versions_are_whole_or_gone() {
        for (const char version : {'1', '2', '3', '4'}) {
            const std::string found = version_in_store((version + std::string(".0.0")).c_str());
            if (!found.empty() && found != version_of_size(version)) return false;
        }
        return true;
    }

    /// A plugin of WebAssembly, which is nothing but what it says of itself, beside a file that is none.
    static void folder_of_plugins() {
        using namespace vitte::sys;
        const std::string said = R"({"name": "acme/a", "version": "1.0.0", "abi": 1})", section = "\x0cvitte.plugin" + said;
        std::string file(std::string_view("\0asm\1\0\0\0\0", 9));
        file += static_cast<char>(section.size());
        BOOST_REQUIRE((create_directories<Base>(SCRATCH "/plugins/below") &&
                       write<Base>(SCRATCH "/plugins/below/a.wasm", bytes(file + section)) &&
                       write<Base>(SCRATCH "/plugins/none.wasm", bytes(old_text))));
    }
    static done_or_not find_plugins() {
        using namespace vitte::loader;
        load_error passed_over;
        VITTE_TRY(const auto paths, plugin_paths<frail>(SCRATCH "/plugins", [&](const load_error& e) { passed_over = e; }));
        if (!passed_over.module.empty()) return told(passed_over);
        for (const std::string& path : paths) {
            const auto made = read_plugin_file<frail>(path.c_str());
            if (made) found_text += made->said.name;
            if (!made && made.error().reason.find("neither an image") == std::string::npos)
                return told(made.error());
        }
        return {};
    }

    /// Whether `replace` opens the old file, too, for its access control list.
    static constexpr bool looks_at_old = requires { Base::files::access_list; };

    static std::vector<scenario> all() {
        using namespace vitte::sys;
        return {
            {"read a file", old_file, read_it, [] { return found_text == old_text; }, anything},
            {"map a file", old_file, map_it, [] { return found_text == old_text; }, anything},
            {"replace a file", old_file, [] { return replace<frail>(SCRATCH "/file", bytes(new_text)); },
             [] { return text(SCRATCH "/file") == new_text && mode_of(SCRATCH "/file") == 0640; }, old_or_new, true,
             true, looks_at_old ? 2 : 1},
            {"write a file", nothing, [] { return write<frail>(SCRATCH "/file", bytes(new_text)); },
             [] { return text(SCRATCH "/file") == new_text; }, anything, false, false, 1},
            {"copy a file", old_file, [] { return copy<frail>(SCRATCH "/file", SCRATCH "/copy"); },
             [] { return text(SCRATCH "/copy") == old_text && mode_of(SCRATCH "/copy") == 0640; }, still_old, false,
             true, 1},
            {"copy a file with holes",
             [] {
                 const auto made = basic_file<Base>::open(SCRATCH "/file", open_mode::create_new);
                 BOOST_REQUIRE((made->write_at(bytes(old_text), 1'000'000) && made->resize(2'000'000) && made->sync()));
             },
             [] { return copy<frail>(SCRATCH "/file", SCRATCH "/copy"); },
             [] { return text(SCRATCH "/copy") == text(SCRATCH "/file"); }, anything, false, true, 1},
            {"copy a part", old_file, copy_a_part,
             [] { return found_count == 3000 && text(SCRATCH "/part") == old_text.substr(0, 3000); }, still_old},
            {"add to a file", old_file, [] { return append<frail>(SCRATCH "/file", bytes(new_text)); },
             [] { return text(SCRATCH "/file").ends_with(new_text); },
             [] { return text(SCRATCH "/file").starts_with(old_text); }, false, false, 1},
            {"write in pieces", nothing, write_in_pieces,
             [] { return found_text == "abcdef" && text(SCRATCH "/pieces") == "abcdef"; }, anything},
            {"make folders", nothing, [] { return create_directories<frail>(SCRATCH "/x/y/z"); },
             [] { return is_there(SCRATCH "/x/y/z"); }, anything},
            {"remove a tree", tree, [] { return remove_all<frail>(SCRATCH "/tree"); },
             [] { return !is_there(SCRATCH "/tree"); }, anything},
            {"remove a file", old_file,
             []() -> done_or_not {
                 const auto removed = remove<frail>(SCRATCH "/file");
                 return removed || removed.error().code != errc::not_found ? removed : done_or_not();
             },
             [] { return !is_there(SCRATCH "/file"); }, anything},
            {"walk a tree", tree, walk_it, [] { return found_count == 7; }, anything},
            {"walk a deep tree", deep_tree, walk_it, [] { return found_count == 35; }, anything},
            {"remove a deep tree", deep_tree, [] { return remove_all<frail>(SCRATCH "/tree"); },
             [] { return !is_there(SCRATCH "/tree"); }, anything},
            {"use temporary files", old_file, use_temporaries, [] { return found_count != 0; }, still_old},
            {"keep a temporary file", old_file, keep_a_temporary, [] { return text(SCRATCH "/kept") == new_text; },
             still_old, false, true},
            {"name a file twice", old_file, name_twice,
             [] { return found_text == "second" && text(SCRATCH "/third") == old_text; }, still_old, true},
            {"find the canonical path", tree, find_path, [] { return found_text.ends_with(SCRATCH "/tree/a"); },
             anything},
            {"use pages", old_file, use_pages, [] { return found_text == "o"; }, still_old},
            {"stay within a granted folder", old_file, stay_within, [] { return found_text == new_text; }, still_old},
            {"add to a store", store_with_old, add_to_store, [] { return version_in_store("1.0.0") == new_text; },
             [] { return version_in_store("1.0.0") == old_text || version_in_store("1.0.0") == new_text; }, true},
            {"make a store", nothing, add_to_store, [] { return version_in_store("1.0.0") == new_text; },
             [] { return version_in_store("1.0.0").empty() || version_in_store("1.0.0") == new_text; }, true},
            {"read from a store", store_with_old, read_from_store, [] { return found_text == old_text; },
             [] { return version_in_store("1.0.0") == old_text; }},
            {"collect a store", full_store, collect_store, anything, versions_are_whole_or_gone},  // what it can
            {"find plugins", folder_of_plugins, find_plugins, [] { return found_text == "acme/a"; }, anything},
            {"replace a module", nothing, replace_module, [] { return found_count == new_text.size(); }, anything},
            {"hand over between threads", nothing, hand_over, [] { return found_count == 7; }, anything},
        };
    }

    /// Before each try.
    static void begin(const scenario& s) {
        using namespace vitte::sys;
        BOOST_REQUIRE((remove_all<Base>(SCRATCH) && create_directories<Base>(SCRATCH)));
        s.prepare();
        found_text.clear();
        found_count = 0;
    }
    /// Before it is tried once more: copies do not replace, nor do temporary files.
    static void make_room() {
        for (const char* path : {SCRATCH "/copy", SCRATCH "/kept"}) static_cast<void>(vitte::sys::remove<Base>(path));
    }
};
