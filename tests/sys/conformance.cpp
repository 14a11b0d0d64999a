// The contract of platforms, function by function, on whatever keeps it: the native one, decorated ones, and the
// simulated one.
#include <cstring>
#include <set>
#include <vitte/sys/fs.hpp>
#include <vitte/sys/memory.hpp>
#include <vitte/sys/platform/contract.hpp>
#include <vitte/sys/platform/faulty.hpp>
#include <vitte/sys/platform/simulated.hpp>
#include <vitte/sys/platform/traced.hpp>
#include <vitte/sys/process.hpp>
#include <vitte/sys/thread.hpp>

#include "../support/scratch.hpp"
#include "../support/stage.hpp"
#include "../support/text_files.hpp"

namespace {
using namespace vitte::sys;
using vitte::errc;

template <class P>
struct tests_of {
    using files = typename P::files;
    using directories = typename P::directories;
    using memory = typename P::memory;
    using clocks = typename P::clocks;
    using threads = typename P::threads;
    using handle = typename files::handle;
    static constexpr handle here = directories::current;

    static handle opened(const char* path, const open_options& how) {
        const auto made = files::open(path, how);
        BOOST_REQUIRE(made.has_value());
        return *made;
    }
    static std::size_t put(handle to, const std::string& text) {
        return files::write(to, bytes(text).data(), text.size()).value_or(0);
    }
    static std::string get(handle from, std::uint64_t offset, std::size_t size) {
        std::string text(size, '?');
        const auto got = files::read_at(from, reinterpret_cast<std::byte*>(text.data()), size, offset);
        text.resize(got.value_or(0));
        return text;
    }
    static bool is(const auto& outcome, errc code) { return !outcome && outcome.error().code == code; }

    static void opening() {
        const handle made = opened(SCRATCH "/file", open_mode::create_new);
        BOOST_TEST(put(made, "0123456789") == 10u);
        std::byte one;
        BOOST_TEST(!files::read(made, &one, 1).has_value());
        BOOST_TEST(files::close(made).has_value());
        BOOST_TEST(is(files::open(SCRATCH "/file", open_mode::create_new), errc::already_exists));
        BOOST_TEST(is(files::open(SCRATCH "/file", open_mode::create_both), errc::already_exists));
        BOOST_TEST(is(files::open(SCRATCH "/no", open_mode::read), errc::not_found));
        BOOST_TEST(is(files::open(SCRATCH "/no", open_mode::read_write), errc::not_found));
        BOOST_TEST(is(files::open(SCRATCH "/no/file", open_mode::write), errc::not_found));
        BOOST_TEST(is(files::open(SCRATCH, open_mode::write), errc::is_a_directory));
        BOOST_TEST(!files::open(SCRATCH "/file/below", open_mode::read).has_value());
        const handle kept = opened(SCRATCH "/file", open_mode::update);
        BOOST_TEST(get(kept, 0, 20) == "0123456789");
        static_cast<void>(files::close(kept));
        const handle emptied = opened(SCRATCH "/file", open_mode::write);
        BOOST_TEST(files::info(emptied)->size == 0u);
        static_cast<void>(files::close(emptied));
        const handle added = opened(SCRATCH "/file", open_options(open_mode::update, open_append));
        BOOST_TEST((put(added, "one") == 3 && put(added, "two") == 3));
        BOOST_TEST(get(added, 0, 20) == "onetwo");
        static_cast<void>(files::close(added));
        BOOST_TEST(is(files::close(files::invalid), errc::bad_handle));
        BOOST_TEST(files::remove(SCRATCH "/file").has_value());
        BOOST_TEST(is(files::remove(SCRATCH "/file"), errc::not_found));
        BOOST_TEST((files::standard(standard_stream::output) != files::invalid));
    }

    static void transfers() {
        const handle file = opened(SCRATCH "/file", open_mode::create_both);
        std::byte two[2];
        BOOST_TEST(put(file, "abcdef") == 6u);
        BOOST_TEST(files::read(file, two, 2).value() == 0u);
        BOOST_TEST(files::write_at(file, bytes("XY").data(), 2, 1).value() == 2u);
        BOOST_TEST(files::write_at(file, bytes("end").data(), 3, 8).value() == 3u);
        BOOST_TEST(get(file, 0, 20) == std::string("aXYdef\0\0end", 11));
        BOOST_TEST(get(file, 9, 20) == "nd");
        BOOST_TEST(get(file, 11, 20) == "");
        BOOST_TEST(files::resize(file, 3).has_value());
        BOOST_TEST(files::resize(file, 5).has_value());
        BOOST_TEST(get(file, 0, 20) == std::string("aXY\0\0", 5));
        BOOST_TEST((files::sync(file) && files::sync_data(file)));
        if constexpr (requires(io_slice s) { files::write_vector(file, &s, 1u); }) {
            std::byte data[4] = {std::byte{'p'}, std::byte{'q'}, std::byte{'r'}, std::byte{'s'}};
            io_slice slices[] = {{data, 1}, {data + 1, 3}};
            BOOST_TEST(files::write_vector(file, slices, 2).value() == 4u);  // behind what was written before
            BOOST_TEST(get(file, 6, 20) == "pqrs");
            BOOST_TEST(files::read_vector(file, slices, 2).value() == 0u);
        }
        const file_info facts = files::info(file).value();
        BOOST_TEST((facts.kind == file_kind::regular && facts.links == 1u && facts.modified != no_time));
        BOOST_TEST(facts.same_file(files::info(SCRATCH "/file").value()));
        BOOST_TEST(is(files::info(SCRATCH "/no"), errc::not_found));
        static_cast<void>(files::close(file));
    }

    static void more_of_files() {
        const handle file = opened(SCRATCH "/file", open_mode::create_both);
        const handle other = opened(SCRATCH "/file", open_mode::read_write);
        if constexpr (requires { files::allocate(file, 0, 1); }) {
            if (const auto done = files::allocate(file, 0, 100'000)) BOOST_TEST(files::info(file)->size == 100'000u);
            else BOOST_TEST(is(done, errc::not_supported));  // macOS, OpenBSD and some file systems cannot
            BOOST_TEST(files::resize(file, 0).has_value());
        }
        if constexpr (requires { files::try_lock(file, true); }) {
            BOOST_TEST(files::try_lock(file, true).has_value());
            BOOST_TEST(is(files::try_lock(other, false), errc::would_block));
            BOOST_TEST(files::unlock(file).has_value());
            BOOST_TEST((files::try_lock(file, false) && files::try_lock(other, false)));
            BOOST_TEST(is(files::try_lock(other, true), errc::would_block));
            BOOST_TEST((files::unlock(file) && files::unlock(other)));
        }
        if constexpr (requires { files::set_mode(file, 0u); })
            BOOST_TEST((files::set_mode(file, 0640) && files::info(file)->mode == 0640u));
        if constexpr (requires { files::set_owner(file, 0u, 0u); })
            BOOST_TEST(files::set_owner(file, ~0u, ~0u).has_value());
        if constexpr (requires { files::set_times(file, 0, 0); }) {
            BOOST_TEST(files::set_times(file, no_time, 1'234'567'890'000'000'000).has_value());
            BOOST_TEST(files::info(file)->modified == 1'234'567'890'000'000'000);
        }
        if constexpr (requires { files::space(file); }) {
            const disk_space room = files::space(file).value();
            BOOST_TEST((room.total >= room.free && room.free >= room.available));
        }
        static_cast<void>(files::close(other));
        static_cast<void>(files::close(file));
    }

    static void holes_and_copies() {
        const handle file = opened(SCRATCH "/file", open_mode::create_both);
        constexpr std::uint64_t block = 1 << 20;
        static_cast<void>(files::write_at(file, bytes("x").data(), 1, 2 * block));
        if constexpr (requires { files::find_data(file, 0); }) {
            const auto data = files::find_data(file, 0);
            if (data) {  // some file systems do not know
                BOOST_TEST((*data <= 2 * block && files::find_hole(file, *data).value() > 2 * block));
                BOOST_TEST(is(files::find_data(file, 3 * block), errc::end_of_input));
            }
        }
        if constexpr (requires { files::punch_hole(file, 0, 1); }) {
            BOOST_TEST(files::punch_hole(file, 2 * block - 1, 3).has_value());
            BOOST_TEST((get(file, 2 * block, 1) == std::string(1, 0) && files::info(file)->size == 2 * block + 1));
        }
        static_cast<void>(files::write_at(file, bytes("content").data(), 7, 0));
        static_cast<void>(files::resize(file, 7));
        const handle copy = opened(SCRATCH "/copy", open_mode::create_both);
        if constexpr (requires { files::clone(file, copy); })
            if (const auto cloned = files::clone(file, copy)) BOOST_TEST(get(copy, 0, 20) == "content");
        if constexpr (requires { files::copy_some_at(file, 0, copy, 0, 1u); })
            BOOST_TEST((files::copy_some_at(file, 3, copy, 1, 20).value() == 4 && get(copy, 1, 20) == "tent"));
        if constexpr (requires { files::copy_some(file, copy, 1u); }) {
            const handle again = opened(SCRATCH "/file", open_mode::read);
            const handle fresh = opened(SCRATCH "/fresh", open_mode::create_both);
            BOOST_TEST((files::copy_some(again, fresh, 20).value() == 7 && get(fresh, 0, 20) == "content"));
            BOOST_TEST(files::copy_some(again, fresh, 20).value() == 0u);
            static_cast<void>(files::close(again));
            static_cast<void>(files::close(fresh));
        }
        static_cast<void>(files::close(copy));
        static_cast<void>(files::close(file));
    }

    static void attributes() {
        const handle file = opened(SCRATCH "/file", open_mode::create_both);
        if constexpr (requires(std::byte* b) { files::attribute(file, "", b, 0u); }) {
            std::byte value[8];
            if (!files::set_attribute(file, "user.test", bytes("value").data(), 5)) return;  // not on this file system
            BOOST_TEST(files::attribute(file, "user.test", value, 0).value() == 5u);
            BOOST_TEST(is(files::attribute(file, "user.test", value, 2), errc::too_large));
            BOOST_TEST(files::attribute(file, "user.test", value, 8).value() == 5u);
            BOOST_TEST(std::memcmp(value, "value", 5) == 0);
            char names[64];
            BOOST_TEST(files::attributes(file, names, sizeof names).value() >= 10u);
            BOOST_TEST(files::remove_attribute(file, "user.test").has_value());
            BOOST_TEST(is(files::attribute(file, "user.test", value, 8), errc::not_found));
            BOOST_TEST(is(files::remove_attribute(file, "user.test"), errc::not_found));
        }
        static_cast<void>(files::close(file));
    }

    static std::set<std::string> names(handle of) {
        std::set<std::string> all;
        typename directories::listing listing;
        directory_entry entry;
        BOOST_REQUIRE(listing.open(of).has_value());
        while (listing.next(entry).value_or(false)) all.insert(entry.name);
        listing.close();
        return all;
    }
    static handle folder(const char* path = SCRATCH) {
        const auto made = directories::open(here, path, true);
        BOOST_REQUIRE(made.has_value());
        return *made;
    }
    static void touch(handle in, const char* name) {
        const auto made = directories::open_file(in, name, open_mode::create_new);
        BOOST_REQUIRE(made.has_value());
        BOOST_TEST(files::close(*made).has_value());
    }

    static void folders() {
        const handle in = folder();
        touch(in, "a");
        BOOST_TEST(directories::create(in, "b", 0777).has_value());
        BOOST_TEST(is(directories::create(in, "b", 0777), errc::already_exists));
        BOOST_TEST(is(directories::create(in, "no/c", 0777), errc::not_found));
        BOOST_TEST((names(in) == std::set<std::string>{"a", "b"}));
        const handle below = folder(SCRATCH "/b");
        BOOST_TEST(names(below).empty());
        BOOST_TEST(is(directories::open(in, "a", true), errc::not_a_directory));
        BOOST_TEST(is(directories::open(in, "no", true), errc::not_found));
        touch(below, "inside");
        BOOST_TEST(is(directories::remove_folder(in, "b"), errc::not_empty));
        BOOST_TEST(!directories::remove(in, "b").has_value());
        BOOST_TEST(is(directories::remove_folder(in, "a"), errc::not_a_directory));
        BOOST_TEST(directories::remove(below, "inside").has_value());
        BOOST_TEST((directories::info(in, "b", false)->kind == file_kind::directory));
        BOOST_TEST((directories::info(in, "b/.", false)->same_file(files::info(below).value())));
        BOOST_TEST(directories::sync(in).has_value());
        BOOST_TEST(directories::set_times(in, "a", true, no_time, 1'000'000'000'000'000'000).has_value());
        BOOST_TEST(directories::info(in, "a", true)->modified == 1'000'000'000'000'000'000);
        BOOST_TEST(files::close(below).has_value());
        BOOST_TEST(directories::remove_folder(in, "b").has_value());
        BOOST_TEST((names(in) == std::set<std::string>{"a"}));
        BOOST_TEST(files::close(in).has_value());
        char path[4096];
        const auto current_length = directories::current_path(path, sizeof path);
        BOOST_TEST((current_length && *current_length == std::strlen(path)));
        const auto temporary_length = directories::temporary_folder(path, sizeof path);
        BOOST_TEST((temporary_length && *temporary_length == std::strlen(path)));
        BOOST_TEST(!directories::current_path(path, 1).has_value());
    }

    static void renaming() {
        const handle in = folder();
        touch(in, "a");
        touch(in, "b");
        BOOST_TEST((directories::create(in, "f", 0777) && directories::create(in, "f/g", 0777)));
        BOOST_TEST(is(directories::rename(in, "no", in, "x", rename_mode::replace), errc::not_found));
        BOOST_TEST(is(directories::rename(in, "a", in, "b", rename_mode::keep), errc::already_exists));
        BOOST_TEST(!directories::rename(in, "a", in, "f", rename_mode::replace).has_value());
        BOOST_TEST(!directories::rename(in, "f", in, "f/g/h", rename_mode::replace).has_value());
        BOOST_TEST(directories::rename(in, "a", in, "b", rename_mode::replace).has_value());
        BOOST_TEST((names(in) == std::set<std::string>{"b", "f"}));
        const file_info b = directories::info(in, "b", false).value();
        if (const auto done = directories::rename(in, "b", in, "f", rename_mode::exchange)) {
            BOOST_TEST(directories::info(in, "f", false)->same_file(b));
            BOOST_TEST(directories::rename(in, "b", in, "f", rename_mode::exchange).has_value());
        } else {
            BOOST_TEST(is(done, errc::not_supported));
        }
        BOOST_TEST(directories::rename(in, "b", in, "f/g/b", rename_mode::keep).has_value());
        BOOST_TEST(directories::rename(in, "f/g", in, "g", rename_mode::replace).has_value());
        BOOST_TEST(directories::info(in, "g/b", false)->same_file(b));
        static_cast<void>(files::close(in));
    }

    static void links() {
        const handle in = folder();
        touch(in, "a");
        BOOST_TEST(directories::create(in, "f", 0777).has_value());
        if (directories::link(in, "a", in, "b")) {
            BOOST_TEST(directories::info(in, "b", false)->links == 2u);
            BOOST_TEST(directories::remove(in, "b").has_value());
            BOOST_TEST(directories::info(in, "a", false)->links == 1u);
        }
        BOOST_TEST(is(directories::link(in, "no", in, "x"), errc::not_found));
        if (!directories::symbolic_link("f", in, "to")) return;
        char text[8];
        BOOST_TEST((directories::read_link(in, "to", text, 8).value() == 1u && text[0] == 'f'));
        BOOST_TEST(is(directories::read_link(in, "a", text, 8), errc::invalid_argument));
        BOOST_TEST((directories::info(in, "to", false)->kind == file_kind::symbolic_link));
        BOOST_TEST((directories::info(in, "to", true)->kind == file_kind::directory));
        BOOST_TEST(is(directories::open(in, "to", false), errc::not_a_directory));
        touch(in, "to/x");
        BOOST_TEST(directories::info(in, "f/x", false).has_value());
        BOOST_TEST(directories::symbolic_link("round", in, "round").has_value());
        BOOST_TEST(is(directories::info(in, "round/x", true), errc::too_many_links));
        BOOST_TEST(
            is(directories::open_file(in, "to", open_options(open_mode::read, open_no_follow)), errc::too_many_links));
        BOOST_TEST(is(directories::open_file(in, "round", open_mode::create_new), errc::already_exists));
        BOOST_TEST(is(directories::open_file(in, std::string(256, 'n').c_str(), open_mode::read), errc::name_too_long));
        if constexpr (requires { directories::open_unnamed(in, ".", 0600u); })
            if (const auto made = directories::open_unnamed(in, ".", 0600)) {
                BOOST_TEST(put(*made, "unnamed") == 7u);
                BOOST_TEST(directories::give_name(*made, in, "named").has_value());
                BOOST_TEST(is(directories::give_name(*made, in, "a"), errc::already_exists));
                BOOST_TEST(directories::info(in, "named", false)->size == 7u);
                static_cast<void>(files::close(*made));
            }
        static_cast<void>(files::close(in));
    }

    static void more_of_folders() {
        const handle in = folder();
        touch(in, "a");
        if constexpr (requires { directories::set_mode(in, "a", 0u); })
            BOOST_TEST((directories::set_mode(in, "a", 0600) && directories::info(in, "a", true)->mode == 0600u));
        if constexpr (requires { directories::set_owner(in, "a", true, 0u, 0u); })
            BOOST_TEST(directories::set_owner(in, "a", false, ~0u, ~0u).has_value());
        if constexpr (requires { directories::make_current(in); }) {
            const handle before = folder(".");
            BOOST_TEST(directories::make_current(in).has_value());
            BOOST_TEST(directories::info(here, "a", true).has_value());
            char path[4096] = {};
            BOOST_TEST(directories::current_path(path, sizeof path).has_value());
            BOOST_TEST(std::string_view(path).ends_with(SCRATCH));
            BOOST_TEST(directories::make_current(before).has_value());
            static_cast<void>(files::close(before));
        }
        static_cast<void>(files::close(in));
    }

    static void pages() {
        const std::size_t page = memory::page_size(), grain = memory::granularity();
        BOOST_TEST((page >= 256 && (page & (page - 1)) == 0 && grain >= page && grain % page == 0));
        auto* const at = static_cast<char*>(memory::reserve(4 * grain).value());
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(at) % grain == 0u);
        BOOST_TEST(memory::commit(at, page, access::read_write).has_value());
        BOOST_TEST((at[0] == 0 && at[page - 1] == 0));
        at[0] = 'x';
        BOOST_TEST(memory::protect(at, page, access::read).has_value());
        BOOST_TEST(at[0] == 'x');
        if (const auto rights = memory::protection(at)) BOOST_TEST((*rights == access::read));
        BOOST_TEST(memory::protect(at, page, access::read_write).has_value());
        if (memory::lock(at, page)) BOOST_TEST(memory::unlock(at, page).has_value());
        const auto told = memory::advise(at, page, memory_advice::sequential);
        BOOST_TEST((told || told.error().code == errc::not_supported));
        BOOST_TEST(memory::decommit(at, page).has_value());
        BOOST_TEST((memory::commit(at, page, access::read_write) && at[0] == 0));
        memory::flush_instruction_cache(at, page);
        BOOST_TEST(memory::release(at, 4 * grain).has_value());
        if (const auto huge = memory::map_huge(std::size_t{2} << 20))
            BOOST_TEST(memory::release(*huge, std::size_t{2} << 20).has_value());
    }

    static void mapped_files() {
        const std::size_t page = memory::page_size(), grain = memory::granularity();
        const handle file = opened(SCRATCH "/file", open_mode::create_both);
        put(file, std::string(grain, 'a') + "bcd");
        auto* const view =
            static_cast<char*>(memory::map_file(nullptr, grain + 3, access::read_write, file, 0).value());
        BOOST_TEST((view[0] == 'a' && view[grain + 2] == 'd'));
        view[0] = 'z';
        BOOST_TEST(get(file, 0, 1) == "a");
        BOOST_TEST(memory::release(view, grain + 3).has_value());
        auto* const space = static_cast<char*>(memory::reserve(2 * grain).value());
        if (memory::map_file(space, page, access::read, file, grain)) BOOST_TEST(std::string(space, 3) == "bcd");
        BOOST_TEST(memory::release(space, 2 * grain).has_value());
        const auto shared = memory::map_shared(nullptr, grain + 3, access::read_write, file, 0);
        if (shared) {
            auto* const text = static_cast<char*>(*shared);
            text[1] = 'y';
            BOOST_TEST(memory::sync(text, grain + 3).has_value());
            BOOST_TEST(get(file, 0, 3) == "aya");
            static_cast<void>(files::write_at(file, bytes("w").data(), 1, 2));
            BOOST_TEST(std::string(text, 3) == "ayw");
            BOOST_TEST(memory::release(text, grain + 3).has_value());
        }
        static_cast<void>(files::close(file));
    }

    static void shared_memory() {
        const auto made = memory::create_shared();
        if (!made) return;
        const std::size_t grain = memory::granularity();
        BOOST_TEST((memory::resize_shared(*made, grain) && files::info(*made)->size == grain));
        auto* const a = static_cast<char*>(memory::map_shared(nullptr, grain, access::read_write, *made, 0).value());
        auto* const b = static_cast<char*>(memory::map_shared(nullptr, grain, access::read, *made, 0).value());
        a[5] = 'x';
        BOOST_TEST(b[5] == 'x');
        BOOST_TEST((memory::release(a, grain) && memory::release(b, grain)));
        if (memory::seal(*made, static_cast<unsigned>(memory_seal::size)))
            BOOST_TEST(!memory::resize_shared(*made, 2 * grain).has_value());
        static_cast<void>(files::close(*made));
        const char* const name = "/vitte-conformance";
        static_cast<void>(memory::remove_shared(name));
        const auto named = memory::open_shared(name, open_mode::create_new);
        BOOST_REQUIRE(named.has_value());
        BOOST_TEST(is(memory::open_shared(name, open_mode::create_new), errc::already_exists));
        const auto again = memory::open_shared(name, open_mode::read_write);
        BOOST_TEST((again && files::close(*again) && files::close(*named)));
        BOOST_TEST(memory::remove_shared(name).has_value());
        BOOST_TEST(is(memory::open_shared(name, open_mode::read_write), errc::not_found));
    }

    static void time() {
        const std::int64_t start = clocks::monotonic(), wall = clocks::wall();
        BOOST_TEST(clocks::sleep_until(start + 3'000'000).has_value());
        BOOST_TEST(clocks::monotonic() >= start + 3'000'000);
        BOOST_TEST((clocks::boot() >= 0 && clocks::coarse() >= start - 100'000'000));
        BOOST_TEST((wall > 1'600'000'000'000'000'000 && clocks::wall() > wall));
        const std::int64_t cpu = clocks::process_cpu();
        BOOST_TEST((clocks::process_cpu() >= cpu && clocks::thread_cpu() >= 0));
        BOOST_TEST(clocks::sleep_until(0).has_value());
    }

    static void threads_and_words() {
        struct task {
            std::uint32_t word = 0;
            std::uint64_t id = 0;
        } work;
        const auto started = threads::template start<[](void* opaque) {
            auto* const t = static_cast<task*>(opaque);
            static_cast<void>(threads::name("worker"));
            t->id = threads::id();
            __atomic_store_n(&t->word, 1, __ATOMIC_RELEASE);
            threads::wake_all(&t->word);
        }>(0, &work);
        BOOST_REQUIRE(started.has_value());
        while (__atomic_load_n(&work.word, __ATOMIC_ACQUIRE) == 0)
            static_cast<void>(threads::wait(&work.word, 0, INT64_MAX));
        BOOST_TEST(threads::join(*started).has_value());
        BOOST_TEST((work.id != 0 && work.id != threads::id()));
        const auto other = threads::wait(&work.word, 0, INT64_MAX);
        BOOST_TEST((other || is(other, errc::would_block)));
        const std::int64_t until = clocks::monotonic() + 2'000'000;
        for (;;) {
            const auto waited = threads::wait(&work.word, 1, until);
            if (is(waited, errc::timed_out)) break;
            BOOST_REQUIRE((waited || is(waited, errc::interrupted)));
        }
        BOOST_TEST(clocks::monotonic() >= until);
        BOOST_TEST(!threads::wake_one(&work.word));
        const auto alone = threads::template start<[](void*) {}>(0, nullptr);
        BOOST_TEST((alone && threads::detach(*alone)));
        threads::yield();
        BOOST_TEST(threads::cpu_count() >= 1u);
        if (const auto cpus = threads::affinity()) BOOST_TEST((cpus->size() >= 1 && threads::set_affinity(*cpus)));
        BOOST_TEST(!threads::set_affinity(cpu_set{}).has_value());
        const auto set = threads::set_priority(thread_priority::normal);
        BOOST_TEST((set || is(set, errc::not_supported)));
    }

    static inline int destroyed = 0;
    static void keys() {
        static typename threads::key key;
        destroyed = 0;
        key = threads::create_key([](void* value) { destroyed += *static_cast<int*>(value); }).value();
        static int value = 7;
        BOOST_TEST(threads::get(key) == nullptr);
        const auto started =
            threads::template start<[](void*) { static_cast<void>(threads::set(key, &value)); }>(0, nullptr);
        BOOST_TEST((started && threads::join(*started)));
        BOOST_TEST(destroyed == 7);
        BOOST_TEST(threads::get(key) == nullptr);
        BOOST_TEST((threads::set(key, &value) && threads::get(key) == &value));
        BOOST_TEST(threads::set(key, nullptr).has_value());
        threads::delete_key(key);
    }

    static void random_and_environment() {
        std::byte some[300] = {};
        const auto filled = P::random::fill(some, sizeof some);
        BOOST_TEST((filled && *filled >= 256 && std::set<std::byte>(some, some + *filled).size() > 100));
        char value[8];
        BOOST_TEST(is(P::environment::get("VITTE_NO_SUCH_VARIABLE", value, sizeof value), errc::not_found));
        std::size_t count = 0;
        P::environment::for_each(
            [](void* n, const char* entry) { *static_cast<std::size_t*>(n) += std::strchr(entry, '=') != nullptr; },
            &count);
        BOOST_TEST(count >= 1u);
    }
};

using frail = faulty<native>;
using injected = faults<native>;
using real = std::tuple<native, traced<native>, faulty<native>>;
using all = std::tuple<native, traced<native>, faulty<native>, simulated, traced<simulated>, faulty<simulated>>;
using platforms = std::conditional_t<fiber::supported, all, real>;
}  // namespace

BOOST_AUTO_TEST_SUITE(conformance)

#define VITTE_CONFORMS(name)                            \
    BOOST_AUTO_TEST_CASE_TEMPLATE(name, P, platforms) { \
        on_stage<P>([] { tests_of<P>::name(); });       \
    }
VITTE_CONFORMS(opening)
VITTE_CONFORMS(transfers)
VITTE_CONFORMS(more_of_files)
VITTE_CONFORMS(holes_and_copies)
VITTE_CONFORMS(attributes)
VITTE_CONFORMS(folders)
VITTE_CONFORMS(renaming)
VITTE_CONFORMS(links)
VITTE_CONFORMS(more_of_folders)
VITTE_CONFORMS(pages)
VITTE_CONFORMS(mapped_files)
VITTE_CONFORMS(shared_memory)
VITTE_CONFORMS(time)
VITTE_CONFORMS(threads_and_words)
VITTE_CONFORMS(keys)
VITTE_CONFORMS(random_and_environment)

BOOST_AUTO_TEST_CASE(short_transfers_are_short_in_every_way) {
    const scratch folder;
    const text_file source("conformance-short.txt", "0123456789");
    char memory[10];
    const auto slice = [&](int at, std::size_t size) { return io_slice{reinterpret_cast<std::byte*>(memory) + at, size}; };
    const auto from = basic_file<frail>::open(source.path());
    const auto to = basic_file<frail>::open(SCRATCH "/to", open_mode::create_both);
    BOOST_REQUIRE((from && to));
    injected::arm({.short_transfers = true});
    io_slice in[] = {slice(0, 0), slice(0, 4), slice(4, 6)}, out[] = {slice(0, 0), slice(0, 4), slice(4, 6)};
    BOOST_TEST(*from->read_vector(in) == 10u);
    BOOST_TEST(std::string(memory, 10) == "0123456789");
    BOOST_TEST(to->write_vector(out).has_value());
    BOOST_TEST(injected::count() == 20u);
    BOOST_TEST(*copy_range(*from, 0, *to, 10, 10) == 10u);
    BOOST_TEST(injected::count() >= 30u);
    BOOST_TEST(injected::fired() == 0u);
    injected::arm();
    BOOST_TEST(text_of(SCRATCH "/to") == "01234567890123456789");
}

BOOST_AUTO_TEST_CASE(only_transfers_move_nothing) {
    const text_file file("conformance-nothing.txt", "x");
    const auto opened = basic_file<frail>::open(file.path(), open_mode::read_write);
    std::byte one{};
    injected::arm({.call = 1, .name = "files.read", .kind = fault_kind::nothing});
    BOOST_TEST(*opened->read(std::span(&one, 1)) == 0u);
    BOOST_TEST(injected::fired() == 1u);
    char path[4096], expected[4096];
    injected::arm({.call = 1, .times = fault::for_ever, .kind = fault_kind::nothing});
    const auto told = frail::directories::current_path(path, sizeof path);
    const auto wanted = native::directories::current_path(expected, sizeof expected);
    BOOST_TEST((told.has_value() == wanted.has_value() && (!told || std::string(path) == expected)));
    BOOST_TEST(injected::fired() == 0u);
    injected::arm();
}

BOOST_AUTO_TEST_CASE(what_is_no_failure_is_not_counted_as_one) {
    std::uint32_t word = 1;
    injected::arm({.early_wakes = true});
    for (int i = 0; i < 4; ++i)
        static_cast<void>(frail::threads::wait(&word, 1, native::clocks::monotonic() + 1'000'000));
    BOOST_TEST(injected::fired() == 0u);
    const text_file file("conformance-times.txt", "x");
    const auto opened = basic_file<frail>::open(file.path(), open_mode::read_write);
    std::byte one{};
    // The first call may not fail for lack of room, and is the only one that was to.
    injected::arm({.call = 1, .code = errc::no_space});
    BOOST_TEST((opened->read(std::span(&one, 1)) && opened->write(std::span(&one, 1)) && injected::fired() == 0));
    injected::arm({.call = 1, .code = errc::no_space, .times = 2});
    BOOST_TEST((opened->read(std::span(&one, 1)) && !opened->write(std::span(&one, 1)) && injected::fired() == 1));
    injected::arm();
}

BOOST_AUTO_TEST_SUITE_END()
