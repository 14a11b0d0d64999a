// Modules that are replaced while they are called: by what is at their path, with their state, and back again.
#include <boost/test/unit_test.hpp>
#include <vitte/loader/container.hpp>
#include <vitte/loader/format/vitb/writer.hpp>
#include <vitte/loader/hot_reload.hpp>
#include <vitte/loader/hot_reload/imports.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/loader/wasm/format.hpp>
#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/thread.hpp>
#include <vitte/sys/thread/event.hpp>

#include "../support/fixtures.hpp"
#include "../support/needs.hpp"
#include "../support/scratch.hpp"
#include "../support/wasm_builder.hpp"

namespace {
using namespace vitte;
using namespace vitte::sys::literals;
using namespace wasm_test;
using loader::hot_change;
using loader::hot_module;
using loader::hot_options;
using sys::deadline;
using content = std::vector<std::byte>;

const ability own_linker{"a linker of ours", [] { return loader::native::machine::supported; }};
const std::string path = SCRATCH "/module";

/// What differs between two versions of `hot.c`.
struct variant {
    std::uint32_t generation = 1, init = 0, blocks = 0, restore = 0, state_version = 1;
};
content native(const variant& v) {
    static const auto image = sys::read(fixture("libhot.so").c_str());
    BOOST_REQUIRE(image);
    content made(image->bytes().begin(), image->bytes().end());
    const std::uint32_t values[] = {v.generation, v.init, v.blocks, v.restore, v.state_version};
    for (std::uint32_t i = 0; i < 5; ++i) {
        const std::uint32_t mark = 0x7e570001 + i;
        const auto* const bytes_of = reinterpret_cast<const std::byte*>(&mark);
        const auto at = std::search(made.begin(), made.end(), bytes_of, bytes_of + 4);
        BOOST_REQUIRE((at != made.end()));
        __builtin_memcpy(&*at, &values[i], 4);
    }
    return made;
}

/// The same in WebAssembly: `hot_risky` traps if `blocks` is set, and `vitte_save` calls `back` with `init` if that is.
content webassembly(const variant& v, bool lacks = false) {
    const auto number = [](std::uint32_t n) { return bytes({0x41}) + signed_number(static_cast<std::int32_t>(n)); };
    const code state = bytes({0x23, 0});
    const code calls_back = v.init != 0 ? number(v.init) + bytes({0x10, 0, 0x1a}) : code();
    return module(
        {make_section(1, list({type({i32}, {i32}), type({}, {i64}), type({i32, i32}, {i32}), type({}, {i32})})),
         make_section(2, list({imported("env", "back", bytes({0, 0}))})),
         make_section(
             3, list({bytes({3}), bytes({0}), bytes({0}), bytes({0}), bytes({1}), bytes({0}), bytes({2}), bytes({3})})),
         make_section(5, bytes({1, 0, 1})), make_section(6, bytes({1, i32, 1, 0x41, 0, 0x0b})),
         make_section(7, list({exported(lacks ? "other" : "hot_generation", 0, 1), exported("hot_add", 0, 2),
                               exported("hot_back", 0, 3), exported("hot_risky", 0, 4), exported("vitte_save", 0, 5),
                               exported("vitte_room", 0, 6), exported("vitte_restore", 0, 7),
                               exported("vitte_state_version", 0, 8), exported("memory", 2, 0)})),
         make_section(10, list({body(number(v.generation)), body(state + bytes({0x20, 0, 0x6a, 0x24, 0}) + state),
                                body(bytes({0x20, 0, 0x10, 0}) + number(1000 * v.generation) + bytes({0x6a})),
                                body(v.blocks != 0 ? bytes({0}) : bytes({0x20, 0})),
                                body(calls_back + number(0) + state + bytes({0x36, 2, 0, 0x42}) +
                                     signed_number(std::int64_t{4} << 32)),
                                body(number(16)), body(bytes({0x20, 0, 0x28, 2, 0, 0x24, 0}) + number(v.restore)),
                                body(number(v.state_version))}))});
}

/// Says that it has saved the first `size` bytes of a memory of so many pages.
content saves_all(std::uint32_t pages, std::int64_t size) {
    return module({make_section(1, list({type({}, {i64})})), make_section(3, bytes({1, 0})),
                   make_section(5, bytes({1, 0}) + unsigned_number(pages)),
                   make_section(7, list({exported("vitte_save", 0, 0), exported("memory", 2, 0)})),
                   make_section(10, list({body(bytes({0x42}) + signed_number(size << 32))}))});
}

/// A loader with all formats, a host for plugins, and the file.
struct world {
    scratch folder;
    loader::module_loader loader;
    vitte_host host{};
    loader::exported_life life{&host};
    hot_options options;

    world() {
        host.size = sizeof host;
        host.abi = VITTE_PLUGIN_ABI;
        loader.provide("host_saving", saving);
        loader.provide("back", back);
        loader.add_format(loader::container_format());
        loader.add_format(loader::wasm::format());
        options.life = &life;
        options.settle = 20_ms;
        on_back = nullptr;
        on_saving = nullptr;
    }
    static inline std::function<std::uint32_t(std::uint32_t)> on_back;
    static inline std::function<void()> on_saving;
    static std::uint32_t back(std::uint32_t n) { return on_back ? on_back(n) : n; }
    static void saving() {
        if (on_saving) on_saving();
    }

    /// As careful writers do.
    static void rename_there(std::span<const std::byte> what) {
        BOOST_REQUIRE(sys::write((path + ".new").c_str(), what).has_value());
        BOOST_REQUIRE(sys::directory::current().rename((path + ".new").c_str(), path.c_str()).has_value());
    }
    hot_module create(std::span<const std::byte> what) {
        rename_there(what);
        auto made = hot_module::create(path, loader::from_bytes(loader), options);
        BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message()));
        return std::move(*made);
    }
};
template <class Result>
std::string why(const Result& r) {
    return r.has_value() ? "it did not fail" : r.error().message();
}
void says(const std::string& text, const std::string& part) {
    BOOST_TEST(text.find(part) != std::string::npos, text << " lacks: " << part);
}
template <class Signature>
loader::hot_function<Signature> look_up(const hot_module& in, const char* name) {
    const auto found = in.function<Signature>(name);
    BOOST_REQUIRE_MESSAGE(found.has_value(), why(found));
    return *found;
}
std::uint32_t generation(const hot_module& of) { return *look_up<std::uint32_t()>(of, "hot_generation")(); }
using counting = std::uint32_t(std::uint32_t);

/// Waits until the new version is there.
void replaced(hot_module& m) {
    const auto done = m.wait(deadline::after(10'000_ms));
    BOOST_TEST((done && *done == hot_change::replaced), why(done));
}
void stays(hot_module& m) {
    const auto done = m.wait(deadline::after(50_ms));
    BOOST_TEST((done && *done != hot_change::replaced), why(done));
}
/// What is there is refused once; the old one goes on, and nobody tries again.
void refuses(hot_module& m, std::span<const std::byte> what, errc code, const std::string& part) {
    const std::uint32_t before = generation(m);
    world::rename_there(what);
    const auto done = m.wait(deadline::after(10'000_ms));
    BOOST_TEST_REQUIRE(!done.has_value());
    BOOST_TEST((done.error().code == code), done.error().message());
    says(done.error().message(), part);
    BOOST_TEST(generation(m) == before);
    stays(m);
    BOOST_TEST(m.status().in_process == 1u);
}

/// What the process has of everything that could grow.
std::size_t lines_of(const char* file) {
    const auto text = sys::read(file);
    return text ? static_cast<std::size_t>(std::count(text->bytes().begin(), text->bytes().end(), std::byte{'\n'})) : 0;
}
std::size_t open_files() {
    std::size_t count = 0;
    if (const auto all = sys::directory::open("/proc/self/fd"))
        static_cast<void>(all->for_each([&](const sys::directory_entry&) { return ++count, true; }));
    return count;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(hot_reload)

/// The same of both kinds.
template <class Make>
void goes_on(Make make) {
    world w;
    hot_module m = w.create(make(variant{1}));
    const auto add = look_up<counting>(m, "hot_add");
    BOOST_TEST(generation(m) == 1u);
    BOOST_TEST(*add(5) == 5u);
    stays(m);
    world::rename_there(make(variant{2}));
    replaced(m);
    BOOST_TEST(generation(m) == 2u);
    BOOST_TEST(*add(3) == 8u);
    BOOST_TEST(m.status().in_process == 1u);
    world::rename_there(make(variant{2}));  // nothing new
    stays(m);
    BOOST_TEST(m.status().version == 2u);

    refuses(m, make({.generation = 3, .restore = 1}), errc::unknown, "restoring the state");
    refuses(m, make({.generation = 3, .state_version = 7}), errc::not_supported, "the version 1");
    BOOST_TEST(*add(1) == 9u);
    BOOST_TEST(sys::directory::current().remove(path.c_str()).has_value());
    stays(m);
    world::rename_there(make(variant{2}));
    stays(m);
    world::rename_there(make(variant{4}));
    replaced(m);
    BOOST_TEST(*add(1) == 10u);

    // Written in place, slowly: a beginning is never taken.
    const content next = make(variant{5});
    BOOST_TEST(sys::write(path.c_str(), std::span(next).first(next.size() / 2)).has_value());
    const auto half = m.check();
    BOOST_TEST((half && *half == hot_change::unsettled));
    BOOST_TEST(sys::append(path.c_str(), std::span(next).subspan(next.size() / 2)).has_value());
    replaced(m);
    BOOST_TEST(generation(m) == 5u);
    BOOST_TEST(*add(1) == 11u);

    refuses(m, std::span(next).first(next.size() - 1), errc::end_of_input, "reading");
    refuses(m, {}, errc::malformed, "empty");
    refuses(m, content(next.size()), errc::malformed, "zeros");
    world::rename_there(make(variant{6}));
    const auto now = m.reload();
    BOOST_TEST((now && *now == hot_change::replaced));
    BOOST_TEST(generation(m) == 6u);
}

BOOST_AUTO_TEST_CASE(native_modules_go_on_in_new_versions, *needs(own_linker)) { goes_on(native); }
BOOST_AUTO_TEST_CASE(webassembly_goes_on_in_new_versions) {
    goes_on([](const variant& v) { return webassembly(v); });
}

BOOST_AUTO_TEST_CASE(containers_are_replaced_and_must_be_signed_if_the_program_says_so) {
    world w;
    const auto contained = [](std::uint32_t generation) {
        loader::vitb::writer made;
        const content module = webassembly(variant{generation});
        BOOST_REQUIRE(made.add(loader::vitb::kind::code, module));
        const auto whole = made.finish();
        BOOST_REQUIRE(whole);
        return content(whole->span().begin(), whole->span().end());
    };
    bool is_signed = true;
    w.loader.verify_all([&](const loader::file_to_verify&) { return is_signed; });
    hot_module m = w.create(contained(1));
    BOOST_TEST(*look_up<counting>(m, "hot_add")(5) == 5u);
    world::rename_there(contained(2));
    replaced(m);
    BOOST_TEST(generation(m) == 2u);
    BOOST_TEST(*look_up<counting>(m, "hot_add")(5) == 10u);
    is_signed = false;
    refuses(m, contained(3), errc::permission_denied, "refuses");
    content damaged = contained(4);
    damaged[damaged.size() / 2] ^= std::byte{1};
    is_signed = true;
    refuses(m, damaged, errc::malformed, "");
}

BOOST_AUTO_TEST_CASE(what_is_for_another_machine_or_fails_to_start_is_refused, *needs(own_linker)) {
    world w;
    hot_module m = w.create(native(variant{1}));
    BOOST_TEST(*look_up<counting>(m, "hot_add")(2) == 2u);
    refuses(m, native({.generation = 2, .init = 5}), errc::unknown, "`init` returned 5");
    content other = native(variant{3});
    other[18] ^= std::byte{0x55};  // e_machine
    other[19] ^= std::byte{0x55};
    world::rename_there(other);
    const auto done = m.wait(deadline::after(10'000_ms));
    BOOST_TEST_REQUIRE(!done.has_value());
    BOOST_TEST(generation(m) == 1u);
    BOOST_TEST(*look_up<counting>(m, "hot_add")(2) == 4u);
}

BOOST_AUTO_TEST_CASE(exports_that_are_needed_are_not_lost) {
    world w;
    w.options.exports = {{"hot_add", loader::signature::parse("i32(i32)").value()}};
    hot_module m = w.create(webassembly(variant{1}));
    BOOST_TEST(generation(m) == 1u);  // which is needed from now on
    refuses(m, webassembly(variant{2}, true), errc::not_found, "hot_generation");
    w.options.exports = {{"hot_add", loader::signature::parse("f64(i32)").value()}};
    const auto other = hot_module::create(path, loader::from_bytes(w.loader), w.options);
    BOOST_TEST((!other && other.error().code == errc::invalid_argument), why(other));
    w.options.exports = {{"absent", loader::signature::parse("i32()").value()}};
    says(why(hot_module::create(path, loader::from_bytes(w.loader), w.options)), "absent");
}

BOOST_AUTO_TEST_CASE(a_trap_on_trial_goes_back) {
    world w;
    w.options.trial_calls = 3;
    hot_module m = w.create(webassembly(variant{1}));
    const auto risky = look_up<counting>(m, "hot_risky");
    const auto add = look_up<counting>(m, "hot_add");
    BOOST_TEST(*add(7) == 7u);
    const variant broken{.generation = 2, .blocks = 1};
    world::rename_there(webassembly(broken));
    replaced(m);
    BOOST_TEST(generation(m) == 2u);
    BOOST_TEST(m.status().in_process == 2u);
    BOOST_TEST((risky(5).error().code == loader::trap_code::unreachable));
    BOOST_TEST(generation(m) == 1u);
    BOOST_TEST(m.status().went_back == 1u);
    BOOST_TEST(*risky(5) == 5u);
    BOOST_TEST(*add(1) == 8u);
    stays(m);
    BOOST_TEST(m.status().in_process == 1u);

    world::rename_there(webassembly({.generation = 3, .blocks = 1}));
    replaced(m);
    BOOST_TEST(*risky.repeatable()(6) == 6u);
    BOOST_TEST(generation(m) == 1u);

    world::rename_there(webassembly({.generation = 4, .blocks = 1}));
    replaced(m);
    for (int i = 0; i < 3; ++i) BOOST_TEST(generation(m) == 4u);
    BOOST_TEST(!risky.repeatable()(6).has_value());  // the trial is over
    BOOST_TEST(generation(m) == 4u);
    m.collect();
    BOOST_TEST(m.status().in_process == 1u);
}

#if !defined(_WIN32)
BOOST_AUTO_TEST_CASE(links_are_followed_when_they_are_switched) {
    world w;
    const auto d = sys::directory::open(SCRATCH);
    BOOST_REQUIRE((d->create_directory("a") && d->create_directory("b")));
    BOOST_REQUIRE(sys::write(SCRATCH "/a/one", webassembly(variant{1})).has_value());
    BOOST_REQUIRE(sys::write(SCRATCH "/b/two", webassembly(variant{2})).has_value());
    BOOST_REQUIRE(d->symbolic_link("a/one", "module").has_value());
    auto m = hot_module::create(path, loader::from_bytes(w.loader), w.options);
    BOOST_REQUIRE_MESSAGE(m.has_value(), why(m));
    stays(*m);
    BOOST_REQUIRE((d->symbolic_link("b/two", "next") && d->rename("next", "module")));
    replaced(*m);
    BOOST_TEST(generation(*m) == 2u);
    BOOST_REQUIRE(sys::replace(SCRATCH "/b/two", webassembly(variant{3})).has_value());
    replaced(*m);
    BOOST_TEST(generation(*m) == 3u);
}
#endif

BOOST_AUTO_TEST_CASE(files_that_are_not_whole_are_known) {
    const content module = webassembly(variant{1});
    for (std::size_t size = 0; size < module.size(); ++size)
        if (loader::check_whole(std::span(module).first(size)))
            BOOST_TEST((module[size] <= std::byte{10}));  // where a section begins
    loader::vitb::writer made;
    BOOST_REQUIRE(made.add(loader::vitb::kind::code, module));
    const auto container = made.finish();
    BOOST_TEST(loader::check_whole(container->span()).has_value());
    for (std::size_t size = 0; size < container->size(); ++size)
        BOOST_TEST(!loader::check_whole(container->span().first(size)));
    if (!loader::native::machine::supported) return;
    const content image = native(variant{1});
    BOOST_TEST(loader::check_whole(image).has_value());
    for (std::size_t size = 0; size < image.size(); size += 1 + size / 64)
        BOOST_TEST(!loader::check_whole(std::span(image).first(size)));
}

/// Four threads call without a pause while the module is replaced, `VITTE_RELOADS` times if that is set.
template <class Make>
void is_replaced_under_calls(Make make) {
    world w;
    w.options.unload_within = 1'000_ms;
    hot_module m = w.create(make(variant{1}));
    const auto add = look_up<counting>(m, "hot_add");
    const auto of = look_up<std::uint32_t()>(m, "hot_generation");
    const char* const wanted = std::getenv("VITTE_RELOADS");
    const std::uint32_t reloads = wanted != nullptr ? static_cast<std::uint32_t>(std::atoi(wanted)) : 30;
    atomic<std::uint32_t> stop{0};
    std::uint32_t calls[4] = {}, failures[4] = {};
    std::vector<sys::thread<void>> threads;
    for (int t = 0; t < 4; ++t) {
        auto started = sys::start_thread([&, t] {
            for (std::uint32_t last = 1; stop.load_relaxed() == 0;) {
                failures[t] += !add(1).has_value();
                ++calls[t];
                const auto g = of();
                failures[t] += !g || *g < last || *g > reloads + 1;
                if (g) last = *g;
            }
        });
        BOOST_REQUIRE(started.has_value());
        threads.push_back(std::move(*started));
    }
    std::size_t maps = 0, files = 0;
    for (std::uint32_t i = 2; i <= reloads + 1; ++i) {
        world::rename_there(make(variant{i}));
        const auto done = m.check();
        const auto now = done && *done == hot_change::replaced ? done : m.reload();
        BOOST_TEST((now && *now == hot_change::replaced), why(now));
        if (i == 10) maps = lines_of("/proc/self/maps"), files = open_files();
    }
    BOOST_TEST(lines_of("/proc/self/maps") <= maps + 16);
    BOOST_TEST(open_files() <= files);
    stop.store_relaxed(1);
    for (auto& t : threads) BOOST_TEST(t.join().has_value());
    std::uint32_t all = 0;
    for (int t = 0; t < 4; ++t) {
        all += calls[t];
        BOOST_TEST(calls[t] > 0u);
        BOOST_TEST(failures[t] == 0u);
    }
    BOOST_TEST(*add(0) == all);
    BOOST_TEST(*of() == reloads + 1);
    m.collect();
    BOOST_TEST(m.status().in_process == 1u);
    BOOST_TEST_MESSAGE(reloads << " reloads under " << all << " calls");
}
BOOST_AUTO_TEST_CASE(native_calls_are_not_lost, *needs(own_linker)) { is_replaced_under_calls(native); }
BOOST_AUTO_TEST_CASE(webassembly_calls_are_not_lost) {
    is_replaced_under_calls([](const variant& v) { return webassembly(v); });
}

BOOST_AUTO_TEST_CASE(calls_within_calls_go_on_while_the_state_moves, *needs(threads)) {
    world w;
    w.options.hold_at_most = 10'000_ms;
    hot_module m = w.create(webassembly(variant{1}));
    const auto outer = look_up<counting>(m, "hot_back");
    const auto add = look_up<counting>(m, "hot_add");
    sys::event inside;
    atomic<std::uint32_t> switched{0};
    // From within a call: a reload that has to wait for it is refused, and calls go on.
    world::on_back = [&](std::uint32_t n) {
        world::rename_there(webassembly(variant{2}));
        const auto done = m.reload();
        BOOST_TEST((!done && done.error().code == errc::busy), why(done));
        return *add(n);
    };
    BOOST_TEST(*outer(1) == 1001u);
    // While another thread holds the calls: this one ends first.
    world::on_back = [&](std::uint32_t n) {
        inside.set();
        sys::this_thread::sleep_until(deadline::after(50_ms));
        BOOST_TEST(switched.load_acquire() == 0u);
        return *add(n);
    };
    auto caller = sys::start_thread([&] { return *outer(1); });
    inside.wait();
    const auto done = m.reload();
    switched.store_release(1);
    BOOST_TEST((done && *done == hot_change::replaced), why(done));
    BOOST_TEST(*caller->join() == 1002u);
    BOOST_TEST(*add(0) == 2u);
    BOOST_TEST(generation(m) == 2u);
}

BOOST_AUTO_TEST_CASE(a_version_stays_as_long_as_somebody_is_inside, *needs(threads)) {
    world w;
    w.options.life = nullptr;
    hot_module m = w.create(webassembly(variant{1}));
    const auto outer = look_up<counting>(m, "hot_back");
    sys::event inside, leave;
    world::on_back = [&](std::uint32_t n) {
        inside.set();
        leave.wait();
        return n;
    };
    std::vector<sys::thread<std::uint32_t>> callers;
    for (std::uint32_t i = 1; i <= 4; ++i) {
        inside.reset();
        auto started = sys::start_thread([&] { return *outer(1); });
        BOOST_REQUIRE(started.has_value());
        callers.push_back(std::move(*started));
        inside.wait();
        world::rename_there(webassembly(variant{i + 1}));
        const auto done = m.reload();
        BOOST_TEST((i < 4 ? done.has_value() : !done && done.error().code == errc::busy), why(done));
    }
    BOOST_TEST(m.status().in_process == 4u);
    leave.set();
    for (std::uint32_t i = 1; i <= 4; ++i) BOOST_TEST(*callers[i - 1].join() == 1000 * i + 1);
    const auto done = m.reload();
    BOOST_TEST((done && *done == hot_change::replaced), why(done));
    m.collect();
    BOOST_TEST(m.status().in_process == 1u);
}

BOOST_AUTO_TEST_CASE(a_save_that_does_not_end_holds_nobody_for_ever, *needs(own_linker)) {
    world w;
    w.options.hold_at_most = 50_ms;
    hot_module m = w.create(native({.generation = 1, .blocks = 1}));
    const auto add = look_up<counting>(m, "hot_add");
    BOOST_TEST(*add(1) == 1u);
    sys::event saves, called;
    world::on_saving = [&] {
        BOOST_TEST(*add(1) == 2u);  // who saves may call
        saves.set();
        called.wait();
    };
    auto caller = sys::start_thread([&] {
        saves.wait();
        const auto counted = add(1);
        called.set();
        return *counted;
    });
    world::rename_there(native(variant{2}));
    const auto done = m.reload();
    BOOST_TEST((!done && done.error().code == errc::timed_out), why(done));
    BOOST_TEST(*caller->join() == 3u);
    BOOST_TEST(generation(m) == 1u);
    world::on_saving = nullptr;
    replaced(m);  // what failed for lack of time is tried again
    BOOST_TEST(*add(1) == 4u);
    BOOST_TEST(generation(m) == 2u);
}

BOOST_AUTO_TEST_CASE(nobody_runs_in_a_guest_beside_its_save, *needs(threads)) {
    world w;
    w.options.hold_at_most = 20_ms;
    constexpr std::uint32_t from_save = 77;
    hot_module m = w.create(webassembly({.generation = 1, .init = from_save}));
    const auto outer = look_up<counting>(m, "hot_back");
    sys::event saves;
    atomic<std::uint32_t> inside{0}, most{0};
    world::on_back = [&](std::uint32_t n) {
        if (inside.fetch_add_seq_cst(1) != 0) most.store_release(2);
        if (n == from_save) {
            saves.set();
            sys::this_thread::sleep_until(deadline::after(200_ms));
        }
        inside.fetch_sub_release(1);
        return n;
    };
    auto caller = sys::start_thread([&] {
        saves.wait();
        return *outer(1);
    });
    world::rename_there(webassembly(variant{2}));
    const auto done = m.reload();
    BOOST_TEST((!done && done.error().code == errc::timed_out), why(done));
    BOOST_TEST(*caller->join() == 1001u);
    BOOST_TEST(most.load_acquire() == 0u);
    world::on_back = nullptr;
}

BOOST_AUTO_TEST_CASE(a_guest_leaves_no_more_than_a_native_module_may) {
    world w;
    constexpr std::int64_t size = (std::int64_t{1} << 28) + 1;
    hot_module m = w.create(saves_all(4097, size));
    world::rename_there(saves_all(4097, size - 1));
    const auto done = m.reload();
    BOOST_TEST((!done && done.error().code == errc::too_large), why(done));
}

BOOST_AUTO_TEST_CASE(files_that_are_too_large_are_not_read) {
    world w;
    w.options.most_of_file = 100'000;
    hot_module m = w.create(webassembly(variant{1}));
    world::rename_there(webassembly(variant{2}) + custom("more", content(100'000)));
    const auto done = m.reload();
    BOOST_TEST((!done && done.error().code == errc::too_large), why(done));
    BOOST_TEST(generation(m) == 1u);
}

#if !defined(_WIN32)
BOOST_AUTO_TEST_CASE(a_file_whose_time_was_set_back_is_seen) {
    world w;
    hot_module m = w.create(webassembly(variant{1}));
    stays(m);
    const auto before = sys::stat(path.c_str());
    BOOST_REQUIRE(before.has_value());
    const auto file = sys::file::open(path.c_str(), {sys::open_mode::update});
    BOOST_REQUIRE(
        (file && file->write_at(webassembly(variant{2}), 0) && file->set_times(before->accessed, before->modified)));
    for (int i = 0; i < 500; ++i) {
        const auto done = m.check();
        if (!done || *done == hot_change::replaced) break;
        sys::this_thread::sleep_until(deadline::after(5_ms));
    }
    BOOST_TEST(generation(m) == 2u);
}
#endif

BOOST_AUTO_TEST_CASE(what_is_destroyed_is_called_no_more, *needs(threads)) {
    world w;
    std::optional<hot_module> m(w.create(webassembly(variant{1})));
    const auto add = look_up<counting>(*m, "hot_add");
    atomic<std::uint32_t> begun{0};
    std::vector<sys::thread<std::uint32_t>> threads;
    for (int t = 0; t < 4; ++t) {
        auto started = sys::start_thread([&] {
            for (std::uint32_t calls = 0;; ++calls) {
                if (calls == 1) begun.fetch_add_release(1);
                const auto counted = add(1);
                if (!counted) return counted.error().code == loader::trap_code::host ? calls : 0;
            }
        });
        BOOST_REQUIRE(started.has_value());
        threads.push_back(std::move(*started));
    }
    while (begun.load_acquire() != 4) sys::this_thread::yield();
    m.reset();
    for (auto& t : threads) BOOST_TEST(*t.join() > 0u);
    BOOST_TEST(!add(1).has_value());
}

/// A module that was loaded for long, and calls one that is replaced.
BOOST_AUTO_TEST_CASE(who_needs_a_module_calls_its_new_version) {
    world w;
    std::vector<content (*)(const variant&)> kinds{[](const variant& v) { return webassembly(v); }};
    if (loader::native::machine::supported) kinds.push_back(native);
    for (const auto make : kinds) {
        hot_module m = w.create(make(variant{1}));
        loader::hot_imports imports("test/hot", m);
        BOOST_REQUIRE(imports.offer("hot_add", "u32(u32)").has_value());
        BOOST_REQUIRE(imports.offer("hot_generation", "u32()").has_value());
        loader::load_options options;
        options.imports = &imports;
        const code user = module({make_section(1, list({type({i32}, {i32}), type({}, {i32})})),
                                  make_section(2, list({imported("test/hot", "hot_add", bytes({0, 0})),
                                                        imported("test/hot@^1", "hot_generation", bytes({0, 1}))})),
                                  make_section(3, list({bytes({0})})), make_section(7, list({exported("use", 0, 2)})),
                                  make_section(10, list({body(bytes({0x20, 0, 0x10, 0, 0x41}) + signed_number(100) +
                                                              bytes({0x6c, 0x10, 1, 0x6a}))}))});
        const auto needs_it = w.loader.load(user, "user", options);
        BOOST_REQUIRE_MESSAGE(needs_it.has_value(), why(needs_it));
        const auto use = needs_it->function<counting>("use");
        BOOST_REQUIRE_MESSAGE(use.has_value(), why(use));
        BOOST_TEST(*(*use)(3) == 301u);
        world::rename_there(make(variant{2}));
        replaced(m);
        BOOST_TEST(*(*use)(4) == 702u);
        BOOST_TEST(m.status().in_process == 1u);
        const auto symbols = imports.symbols();
        BOOST_REQUIRE_MESSAGE(symbols.has_value(), why(symbols));
        const auto* const found = (*symbols)->find("hot_add");
        BOOST_REQUIRE(found != nullptr);
        BOOST_TEST(reinterpret_cast<counting*>(const_cast<void*>(found->address))(1) == 8u);
        const auto wrong = imports.function("test/hot", "hot_add", loader::signature::parse("i64(i32)").value());
        BOOST_TEST((!wrong && wrong.error().code == errc::invalid_argument));
        BOOST_TEST(!imports.function("test/hot", "absent", loader::signature::parse("i32()").value()).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_flood_of_other_changes_does_not_hide_one, *needs(threads)) {
    world w;
    hot_module m = w.create(webassembly(variant{1}));
    stays(m);
    atomic<std::uint32_t> stop{0};
    auto noise = sys::start_thread([&] {
        std::uint32_t changes = 0;
        do {
            static_cast<void>(sys::write(SCRATCH "/noise", bytes({1})));
            static_cast<void>(sys::write(changes % 2 == 0 ? SCRATCH "/x" : SCRATCH "/module.old", bytes({1})));
            ++changes;
        } while (stop.load_relaxed() == 0);
        return changes;
    });
    for (std::uint32_t i = 2; i < 6; ++i) {
        world::rename_there(webassembly(variant{i}));
        replaced(m);
        BOOST_TEST(generation(m) == i);
    }
    stop.store_relaxed(1);
    BOOST_TEST(*noise->join() > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
