// What gets out of a confined platform, by the kernel's way and by the walk: nothing.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tuple>
#include <vitte/core/xoshiro.hpp>
#include <vitte/sys/environment.hpp>
#include <vitte/sys/fs.hpp>
#include <vitte/sys/fs/canonical.hpp>
#include <vitte/sys/fs/glob.hpp>
#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/fs/temporary.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/fs/walk.hpp>
#include <vitte/sys/library.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/device.hpp>
#include <vitte/sys/platform/confined.hpp>
#include <vitte/sys/platform/contract.hpp>
#include <vitte/sys/platform/faulty.hpp>
#include <vitte/sys/platform/traced.hpp>
#include <vitte/sys/process.hpp>

#include "../support/scratch.hpp"
#include "../support/text_files.hpp"
#include "../support/together.hpp"

namespace {
using namespace vitte::sys;
using vitte::errc;
constexpr auto read_only = grant_rights::read, read_write = grant_rights::read_write;
namespace rule = vitte::sys::detail::rule;

/// The native platform, whose kernel cannot keep paths below a folder.
struct walking : native {
    struct directories : native::directories {
        using handle = native::directories::handle;
        static vitte::result<handle> open_beneath(handle, const char*, bool) = delete;
        static vitte::result<handle> open_file_beneath(handle, const char*, const open_options&) = delete;
    };
};
/// One whose kernel refuses now and then because folders are moved meanwhile.
struct wavering : native {
    struct directories : native::directories {
        using handle = native::directories::handle;
        static vitte::result<handle> open_beneath(handle, const char*, bool) noexcept {
            return vitte::fail(errc::would_block, "openat2");
        }
        static vitte::result<handle> open_file_beneath(handle, const char*, const open_options&) noexcept {
            return vitte::fail(errc::not_supported, "openat2");
        }
    };
};
using ways = std::tuple<native, walking, wavering>;

template <class P>
constexpr bool keeps_contract =
    platform<P> && memory_facet<typename P::memory> && files_facet<typename P::files> &&
    directories_facet<typename P::directories> && clocks_facet<typename P::clocks> &&
    threads_facet<typename P::threads> && random_facet<typename P::random> && libraries_facet<typename P::libraries> &&
    processes_facet<typename P::processes> && environment_facet<typename P::environment>;
static_assert(keeps_contract<confined<native>> && keeps_contract<confined<walking>> &&
              keeps_contract<confined<confined<native>>> && keeps_contract<confined<faulty<native>>>);
template <class P>
constexpr bool tells_of_outside = requires { typename P::watch_queue; } || requires {
    typename P::images;
} || requires(int h) { P::files::clone_to(h, ""); } || requires(int h) { P::directories::make_current(h); };
static_assert(!tells_of_outside<confined<native>>);

/// A folder that is granted as "/jail", and one beside it that is not.
template <class P>
struct jail {
    using box = confined<P>;
    using bounds = confinement<P>;
    const scratch folder;
    const directory all = std::move(*directory::open(folder.path));

    explicit jail(grant_rights rights = read_write) {
        bounds::reset();
        BOOST_REQUIRE((all.create_directory("in") && all.create_directory("out") && all.create_directory("in/deep") &&
                       all.create_directory("in/deep/er")));
        put(all, "out/secret", "precious");
        put(all, "in/file", "content");
        put(all, "in/deep/file", "deep");
        BOOST_REQUIRE(bounds::grant("/jail", all.open_directory("in")->native_handle(), rights).has_value());
    }
    ~jail() {
        bounds::reset();
        BOOST_TEST((names_in(*all.open_directory("out")) == std::set<std::string>{"secret"}));
        BOOST_TEST(text_of(SCRATCH "/out/secret") == "precious");
        BOOST_TEST(all.info("out/secret")->links == 1u);
    }
    void link(const char* text, const char* path) const { BOOST_REQUIRE(all.symbolic_link(text, path).has_value()); }
};

template <class Result>
bool refused(const Result& done, const char* by, errc code = errc::permission_denied) {
    if (!done && done.error().code == code && done.error().native == 0 &&
        done.error().operation == std::string_view(by))
        return true;
    BOOST_TEST_MESSAGE((done ? "succeeded" : done.error().operation));
    return false;
}
template <class Result>
bool fails(const Result& done, errc code) {
    return !done && done.error().code == code;
}

/// Everything that may be asked of a path, in a folder or from the current one.
template <class Box>
void check_no_way(const basic_directory<Box>& in, const char* path, const char* by) {
    BOOST_TEST_CONTEXT(path) {
        const bool folder_only = std::string_view(path).ends_with('/');  // which Linux does not even try to create
        for (const open_mode mode : {open_mode::read, open_mode::read_write, open_mode::write, open_mode::update})
            if (!folder_only || mode < open_mode::write) BOOST_TEST(refused(in.open_file(path, mode), by));
        BOOST_TEST(refused(in.open_directory(path, links::followed), by));
        BOOST_TEST(refused(in.info(path, links::followed), by));
        BOOST_TEST(refused(in.set_times(path, 0, 0, links::followed), by));
        BOOST_TEST(refused(in.set_mode(path, 0777), by));
        BOOST_TEST(refused(in.set_owner(path, ~0u, ~0u, links::followed), by));
        const std::string below = std::string(path) + "/name";
        BOOST_TEST(refused(in.open_file(below.c_str(), open_mode::create_new), by));
        BOOST_TEST(refused(in.open_file(below.c_str(), {open_mode::read, open_no_follow}), by));
        BOOST_TEST(refused(in.info(below.c_str()), by));
        BOOST_TEST(refused(in.create_directory(below.c_str()), by));
        BOOST_TEST(refused(in.remove(below.c_str()), by));
        BOOST_TEST(refused(in.remove_directory(below.c_str()), by));
        BOOST_TEST(refused(in.symbolic_link("x", below.c_str()), by));
        char text[100];
        BOOST_TEST(refused(in.read_link(below.c_str(), text), by));
        const auto here = basic_directory<Box>::open("/jail");
        BOOST_TEST(refused(here->rename("file", in, below.c_str()), by));
        BOOST_TEST(refused(in.rename(below.c_str(), *here, "got"), by));
        BOOST_TEST(refused(here->link("file", in, below.c_str()), by));
        BOOST_TEST(refused(in.link(below.c_str(), *here, "got"), by));
        if constexpr (requires { Box::directories::open_unnamed(in.native_handle(), path, 0600u); })
            BOOST_TEST(refused(Box::directories::open_unnamed(in.native_handle(), path, 0600), by));
    }
}
}  // namespace

BOOST_AUTO_TEST_SUITE(confined_)

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_granted_is_there, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    for (const char* path :
         {"/jail/file", "//jail//file", "/./jail/./file", "/jail/deep/../file", "/jail/deep/er/../../file"})
        BOOST_TEST(*read_text<box>(path) == "content", path);
    j.link("deep", "in/alias");
    j.link("../file", "in/deep/up");
    j.link("alias/up", "in/chain");
    j.link("er/..//../deep/./file", "in/deep/winding");
    for (const char* path : {"/jail/alias/up", "/jail/deep/up", "/jail/chain"})
        BOOST_TEST(*read_text<box>(path) == "content", path);
    BOOST_TEST(*read_text<box>("/jail/alias/winding") == "deep");
    BOOST_TEST((vitte::sys::stat<box>("/jail/chain")->kind == file_kind::regular));
    const auto d = basic_directory<box>::open("/jail/");
    BOOST_TEST((d->info("chain")->kind == file_kind::symbolic_link));
    BOOST_TEST((d->info("alias/", links::not_followed)->kind == file_kind::directory));
    BOOST_TEST(fails(d->open_directory("alias"), errc::not_a_directory));
    BOOST_TEST(fails(d->open_file("chain", {open_mode::read, open_no_follow}), errc::too_many_links));
    BOOST_TEST((fails(d->info("file/"), errc::not_a_directory) && fails(d->remove("file/"), errc::not_a_directory)));
    BOOST_TEST((fails(d->info(""), errc::not_found) && fails(d->info("no"), errc::not_found)));
    BOOST_TEST(d->info(".")->same_file(*j.all.info("in")));
    BOOST_TEST((names_in(j.all).size() == 2u && fails(d->create_directory("."), errc::already_exists)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(paths_that_nobody_granted_are_outside, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    const auto here = basic_directory<box>::current();
    for (const char* path : {"/", "/etc/passwd", "/jailer", "/jai", "/jail2/file", "jail/file", "file", ".", "..",
                             "./jail", "/x/../jail/file", "/../jail/file", SCRATCH "/out/secret", "/proc/self/fd/0"})
        check_no_way(here, path, rule::outside);
    BOOST_TEST(refused(read_text<box>("/etc/passwd"), rule::outside));
    BOOST_TEST(refused(write<box>("new", as_bytes("x")), rule::outside));
    BOOST_TEST(refused(vitte::sys::remove<box>(SCRATCH "/out/secret"), rule::outside));
    BOOST_TEST(refused(vitte::sys::stat<box>("/etc"), rule::outside));
    BOOST_TEST(refused(create_directories<box>(SCRATCH "/out/new"), rule::outside));
    BOOST_TEST(refused(remove_all<box>(SCRATCH "/out"), rule::outside));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nothing_leads_out, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    j.link("/", "in/root");
    j.link("/jail/file", "in/absolute");
    j.link("..", "in/parent");
    j.link("../out", "in/beside");
    j.link("../out/secret", "in/secret");
    j.link("deep/../../out", "in/through");
    j.link("../../out", "in/deep/beside");
    j.link("deep/beside", "in/chain");
    j.link("chain", "in/longer");
    j.link("../../../../../../../../..", "in/far");
    j.link("../in/file", "in/out and back");
    j.link("./../out//", "in/slashes");
    const auto top = basic_directory<box>::open("/jail"), deep = basic_directory<box>::open("/jail/deep");
    for (const char* path :
         {"..",           "../",      "../out",      "../in",  "./..",        "deep/../..",     "deep/er/../../../out",
          "root",         "root/etc", "absolute",    "parent", "parent/out",  "beside",         "beside/",
          "secret",       "through",  "chain",       "longer", "deep/beside", "deep/../beside", "far",
          "out and back", "slashes",  ".//beside//."})
        check_no_way(*top, path, rule::leads_out);
    for (const char* path : {"..", "../..", "../file", "er/../..", "beside", "beside/secret"})
        check_no_way(*deep, path, rule::leads_out);
    check_no_way(basic_directory<box>::current(), "/jail/../out", rule::leads_out);
    check_no_way(basic_directory<box>::current(), "/jail/beside", rule::leads_out);
    BOOST_TEST(refused(deep->open_file("/etc/passwd"), rule::outside));
    BOOST_TEST(*read_text<box>("/jail/file") == "content");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(links_are_names_unless_they_are_followed, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    const auto top = basic_directory<box>::open("/jail");
    BOOST_TEST((top->symbolic_link("/etc", "absolute") && top->symbolic_link("../out/secret", "secret")));
    BOOST_TEST((top->info("secret")->kind == file_kind::symbolic_link));
    char text[100];
    BOOST_TEST(*top->read_link("absolute", text) == 4u);
    BOOST_TEST(top->set_times("secret", 0, 0).has_value());
    BOOST_TEST(fails(top->open_file("secret", open_mode::create_new), errc::already_exists));
    BOOST_TEST(fails(top->open_file("secret", {open_mode::write, open_no_follow}), errc::too_many_links));
    BOOST_TEST(fails(top->create_directory("absolute"), errc::already_exists));
    BOOST_TEST(fails(top->remove_directory("absolute/"), errc::not_a_directory));
    BOOST_TEST(fails(top->open_directory("absolute"), errc::not_a_directory));
    BOOST_TEST(top->link("secret", *top, "again").has_value());
    BOOST_TEST((top->rename("secret", "deep/secret") && top->remove("deep/secret") && top->remove("again")));
    BOOST_TEST(top->symbolic_link("loop", "loop").has_value());
    BOOST_TEST(
        (fails(top->open_file("loop"), errc::too_many_links) && fails(top->info("loop/x"), errc::too_many_links)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(magic_links_lead_nowhere, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    BOOST_REQUIRE(confinement<P>::grant("/proc", read_only).has_value());
    const auto outside = j.all.open_file("out/secret");
    const auto folder = j.all.open_directory("out");
    const std::string file = "/proc/self/fd/" + std::to_string(outside->native_handle());
    BOOST_TEST(refused(basic_file<box>::open(file.c_str()), rule::leads_out));
    BOOST_TEST(refused(basic_file<box>::open((file + "/").c_str()), rule::leads_out));
    BOOST_TEST(refused(vitte::sys::stat<box>(file.c_str()), rule::leads_out));
    const std::string through = "/proc/self/fd/" + std::to_string(folder->native_handle()) + "/secret";
    BOOST_TEST(refused(basic_file<box>::open(through.c_str()), rule::leads_out));
    for (const char* path : {"/proc/self/root", "/proc/self/cwd", "/proc/self/exe", "/proc/self/root/etc/passwd"})
        BOOST_TEST(refused(basic_file<box>::open(path), rule::leads_out), path);
    BOOST_TEST(read<box>("/proc/self/stat").has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(long_paths_stay_below, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    const auto top = basic_directory<box>::open("/jail");
    std::string path;
    for (int i = 0; i < 300; ++i) path += "deep/../";
    BOOST_TEST(top->info((path + "file").c_str()).has_value());
    BOOST_TEST(refused(top->info((path + "../out/secret").c_str()), rule::leads_out));
    BOOST_TEST(!top->info((std::string(9000, '/') + "x").c_str()).has_value());
    BOOST_TEST(fails(top->info((std::string(10'000, 'x')).c_str()), errc::name_too_long));
    std::string way = "deep";
    for (int i = 0; i < 200; ++i) {
        BOOST_REQUIRE(top->create_directory((way += "/d").c_str()).has_value());
    }
    BOOST_TEST(top->open_file((way + "/file").c_str(), open_mode::create_new).has_value());
    for (int i = 0; i < 201; ++i) way += "/..";
    BOOST_TEST(top->info((way + "/file").c_str())->size == 7u);
    BOOST_TEST(refused(top->info((way + "/../out").c_str()), rule::leads_out));
    BOOST_TEST(remove_all<box>("/jail/deep").has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_may_only_be_read_stays, P, ways) {
    const jail<P> j(read_only);
    using box = typename jail<P>::box;
    BOOST_REQUIRE(j.all.create_directory("free").has_value());
    BOOST_REQUIRE(
        confinement<P>::grant("/free", j.all.open_directory("free")->native_handle(), read_write).has_value());
    const auto top = basic_directory<box>::open("/jail"), free = basic_directory<box>::open("/free");
    const auto deep = top->open_directory("deep");
    const auto is_read_only = [](const auto& done) { return refused(done, rule::read_only); };
    for (const auto mode :
         {open_mode::read_write, open_mode::write, open_mode::create_new, open_mode::update, open_mode::create_both})
        BOOST_TEST((is_read_only(top->open_file("file", mode)) && is_read_only(deep->open_file("file", mode)) &&
                    is_read_only(basic_file<box>::open("/jail/new", mode))));
    BOOST_TEST((is_read_only(top->create_directory("new")) && is_read_only(deep->create_directory("new"))));
    BOOST_TEST((is_read_only(top->remove("file")) && is_read_only(deep->remove("file"))));
    BOOST_TEST((is_read_only(top->remove_directory("deep")) && is_read_only(deep->remove_directory("er"))));
    BOOST_TEST((is_read_only(top->rename("file", "new")) && is_read_only(top->rename("file", *free, "new")) &&
                is_read_only(free->rename("new", *top, "new")) && is_read_only(top->link("file", *free, "new")) &&
                is_read_only(deep->link("file", *deep, "new")) && is_read_only(top->symbolic_link("x", "new"))));
    BOOST_TEST((is_read_only(top->set_times("file", 0, 0)) && is_read_only(top->set_mode("file", 0)) &&
                is_read_only(top->set_owner("file", 0, 0))));
    const auto file = deep->open_file("file");
    BOOST_TEST((is_read_only(file->set_times(0, 0)) && is_read_only(file->set_mode(0)) &&
                is_read_only(file->set_owner(~0u, ~0u)) && is_read_only(file->write(as_bytes("x"))) &&
                is_read_only(file->write_at(as_bytes("x"), 0)) && is_read_only(file->resize(0)) &&
                is_read_only(file->allocate(0, 1))));
    const std::byte one{};
    const auto h = file->native_handle();
    if constexpr (requires { box::files::set_attribute(h, "user.a", &one, std::size_t{1}); })
        BOOST_TEST((is_read_only(box::files::set_attribute(h, "user.a", &one, std::size_t{1})) &&
                    is_read_only(box::files::remove_attribute(h, "user.a"))));
    if constexpr (requires { box::files::punch_hole(h, std::uint64_t{0}, std::uint64_t{1}); })
        BOOST_TEST(is_read_only(box::files::punch_hole(h, std::uint64_t{0}, std::uint64_t{1})));
    if constexpr (requires { box::directories::open_unnamed(h, ".", 0600u); })
        BOOST_TEST((is_read_only(box::directories::open_unnamed(top->native_handle(), ".", 0600)) &&
                    is_read_only(box::directories::give_name(h, free->native_handle(), "new"))));
    BOOST_TEST(is_read_only(basic_view<box>::map(*file, 4)));
    BOOST_TEST((basic_view<box>::map(*file, 4, access::read).has_value()));
    BOOST_TEST((copy<box>("/jail/file", "/free/copy") && *read_text<box>("/free/copy") == "content"));
    BOOST_TEST(names_in(j.all).size() == 3u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(things_move_between_granted_folders, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    BOOST_REQUIRE((j.all.create_directory("other") &&
                   confinement<P>::grant("C:\\other", j.all.open_directory("other")->native_handle(), read_write)));
    const auto in = basic_directory<box>::open("/jail"), other = basic_directory<box>::open("C:\\other/");
    BOOST_TEST((in->rename("file", *other, "moved") && other->link("moved", *in, "deep/second")));
    BOOST_TEST((in->rename("deep/second", *other, "moved", rename_mode::keep).error().code == errc::already_exists));
    BOOST_TEST(in->info("deep/second")->same_file(*j.all.info("other/moved")));
    BOOST_TEST(in->info("deep/second")->links == 2u);
    BOOST_TEST(other->remove("moved").has_value());
    BOOST_TEST((in->rename("deep/", *other, "folder/") && names_in(*j.all.open_directory("other")).contains("folder")));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_longest_grant_counts, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    using bounds = confinement<P>;
    BOOST_REQUIRE((bounds::grant("/jail/deep", j.all.open_directory("in/deep")->native_handle(), read_only) &&
                   bounds::grant(".", j.all.native_handle(), read_only)));
    BOOST_TEST(refused(vitte::sys::remove<box>("/jail/deep/file"), rule::read_only));
    BOOST_TEST(refused(vitte::sys::remove<box>("/jail//./deep/file"), rule::read_only));
    BOOST_TEST(refused(vitte::sys::stat<box>("/jail/deep/../file"), rule::leads_out));
    BOOST_TEST((vitte::sys::stat<box>("out/secret").has_value() && vitte::sys::stat<box>("./out/secret").has_value() &&
                vitte::sys::stat<box>(".").has_value()));
    BOOST_TEST(refused(vitte::sys::stat<box>("../x"), rule::leads_out));
    BOOST_TEST(bounds::grant("/jail", j.all.open_directory("in")->native_handle(), read_only).has_value());
    BOOST_TEST(refused(vitte::sys::remove<box>("/jail/file"), rule::read_only));
    bounds::reset();
    BOOST_TEST(refused(vitte::sys::stat<box>("/jail/file"), rule::outside));
    for (int i = 0; i < 32; ++i)
        BOOST_TEST(bounds::grant(("/" + std::to_string(i)).c_str(), j.all.native_handle(), read_only).has_value());
    BOOST_TEST(fails(bounds::grant("/32", j.all.native_handle(), read_only), errc::out_of_handles));
    BOOST_TEST(fails(bounds::grant("", j.all.native_handle(), read_only), errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(algorithms_work_inside, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    BOOST_TEST((create_directories<box>("/jail/a/b/c") && write<box>("/jail/a/b/c/file", as_bytes("text")) &&
                append<box>("/jail/a/b/c/file", as_bytes(" more")) &&
                *read_text<box>("/jail/a/b/c/file") == "text more"));
    BOOST_TEST((replace<box>("/jail/a/file", as_bytes("new")) && replace<box>("/jail/a/file", as_bytes("newer")) &&
                *read_text<box>("/jail/a/file") == "newer"));
    BOOST_TEST((copy<box>("/jail/a/file", "/jail/a/copy") && *read_text<box>("/jail/a/copy") == "newer"));
    std::set<std::string> met;
    BOOST_TEST(
        (walk<box>("/jail", [&](const walk_entry<box>& e) { return met.insert(e.path), walk_next::on; }).has_value()));
    BOOST_TEST((met.contains("/jail/a/b/c/file") && met.size() == 10u));
    met.clear();
    BOOST_TEST(glob<box>("/jail/a/**/f*", [&](const char* path) { met.insert(path); }).has_value());
    BOOST_TEST((met == std::set<std::string>{"/jail/a/file", "/jail/a/b/c/file"}));
    auto temporary = basic_temporary_file<box>::create();
    BOOST_REQUIRE(temporary.has_value());
    BOOST_TEST((temporary->file().write(as_bytes("kept")) &&
                temporary->keep(*basic_directory<box>::open("/jail/a"), "kept") &&
                *read_text<box>("/jail/a/kept") == "kept"));
    {
        const auto folder = basic_temporary_directory<box>::create();
        BOOST_REQUIRE(folder.has_value());
        BOOST_TEST(std::string(folder->path()).starts_with("/jail/."));
    }
    BOOST_TEST((remove_all<box>("/jail/a") && remove_all<box>("/jail/a")));
    BOOST_TEST((names_in(*j.all.open_directory("in")) == std::set<std::string>{"deep", "file"}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(algorithms_fail_clearly_outside, P, ways) {
    const jail<P> j(read_only);
    using box = typename jail<P>::box;
    BOOST_TEST(refused(replace<box>("/etc/x", as_bytes("x")), rule::outside));
    BOOST_TEST(refused(replace<box>("/jail/file", as_bytes("x")), rule::read_only));
    BOOST_TEST(refused(copy<box>("/jail/file", "/etc/x"), rule::outside));
    BOOST_TEST(refused(copy<box>("/etc/passwd", "/jail/x"), rule::outside));
    BOOST_TEST(refused(create_directories<box>("/jail/new"), rule::read_only));
    BOOST_TEST(refused(walk<box>("/", [](const walk_entry<box>&) { return walk_next::on; }), rule::outside));
    unsigned found = 0;  // what may not be read is empty
    BOOST_TEST(glob<box>("/etc/*", [&](const char*) { ++found; }).has_value());
    BOOST_TEST(found == 0);
    BOOST_TEST(refused(basic_temporary_file<box>::create(), rule::temporary));
    BOOST_TEST(refused(basic_temporary_directory<box>::create(), rule::temporary));
    char text[4096];
    BOOST_TEST(refused(canonical<box>("file", text), rule::current_path));
    BOOST_TEST(refused(canonical<box>("/jail/file", text), rule::outside));
    BOOST_TEST(refused(box::directories::current_path(text, sizeof text), rule::current_path));
    BOOST_TEST(refused(this_process::directory<box>(text), rule::current_path));
}

BOOST_AUTO_TEST_CASE(folders_under_several_names_are_made) {
    const scratch folder;
    using box = confined<native>;
    confinement<native>::reset();
    BOOST_REQUIRE(confinement<native>::grant(SCRATCH, read_write).has_value());
    BOOST_TEST(create_directories<box>(SCRATCH "/a/b").has_value());
    char deep[4096];
    BOOST_REQUIRE(canonical(folder.path, deep).has_value());
    BOOST_REQUIRE(confinement<native>::grant(deep, read_write).has_value());
    const std::string below = std::string(deep) + "/c/d";
    BOOST_TEST(create_directories<box>(below.c_str()).has_value());
    BOOST_TEST(remove_all<box>(below.c_str()).has_value());
    confinement<native>::reset();
}

BOOST_AUTO_TEST_CASE(capabilities_are_granted_one_by_one) {
    using box = confined<native>;
    using bounds = confinement<native>;
    bounds::reset();
    char text[1000];
    BOOST_TEST(refused(box::environment::get("PATH", text, sizeof text), rule::environment));
    int variables = 0;
    box::environment::for_each([](void* count, const char*) { ++*static_cast<int*>(count); }, &variables);
    BOOST_TEST(variables == 0);
    BOOST_TEST(refused(box::libraries::open(nullptr), rule::libraries));
    const char* const arguments[] = {"true", nullptr};
    process_request<int> request{"/bin/true", arguments, nullptr, nullptr, {0, 1, 2}};
    BOOST_TEST(refused(box::processes::spawn(request), rule::processes));
    box::processes::pipe_end end;
    BOOST_TEST(refused(end.open(true), rule::processes));
    BOOST_TEST(refused(box::memory::open_shared("/vitte", open_mode::create_new), rule::shared_names));
    BOOST_TEST(refused(box::memory::remove_shared("/vitte"), rule::shared_names));
    BOOST_TEST(print<box>("", standard_stream::output).has_value());
    bounds::grant_environment();
    BOOST_TEST(refused(basic_pseudo_terminal<box>::open({24, 80}), rule::devices));
    BOOST_TEST(refused(basic_serial_port<box>::open("/dev/tty"), rule::devices));
    {
        const auto pty = pseudo_terminal::open({24, 80});
        BOOST_REQUIRE(pty.has_value());
        BOOST_TEST(refused(basic_terminal<box>(pty->peer(), pty->peer()).raw(), rule::devices));
        BOOST_TEST(refused(basic_terminal<box>(pty->peer(), pty->peer()).size(), rule::devices));
        BOOST_TEST(refused(control<box>(pty->peer(), system_request<control_direction::none, 'T', 0x0e>{}), rule::devices));
        bounds::grant_devices();
        const bool has_raw = terminal(pty->peer(), pty->peer()).raw().has_value();
        BOOST_TEST(basic_terminal<box>(pty->peer(), pty->peer()).raw().has_value() == has_raw);
        const auto own = basic_pseudo_terminal<box>::open({24, 80});
        BOOST_REQUIRE(own.has_value());
    }
    bounds::grant_libraries();
    bounds::grant_processes();
    bounds::refuse_streams();
    box::environment::for_each([](void* count, const char*) { ++*static_cast<int*>(count); }, &variables);
    BOOST_TEST(variables > 0);
    BOOST_TEST(box::libraries::open(nullptr).has_value() == native::libraries::open(nullptr).has_value());
    const auto child = box::processes::spawn(request);
    BOOST_REQUIRE(child.has_value());
    BOOST_TEST(box::processes::wait(*child, INT64_MAX)->succeeded());
    box::processes::close(*child);
    BOOST_TEST(fails(print<box>("", standard_stream::output), errc::bad_handle));
    BOOST_TEST(refused(box::files::write(1, nullptr, 0), rule::foreign));
    bounds::reset();
}

namespace {
/// Sockets are bound to loopback, and nobody is connected with but those whose port was granted.
struct network_jail {
    using box = confined<native>;
    using bounds = confinement<native>;
    using stream = basic_tcp_stream<box>;
    using listener = basic_tcp_listener<box>;
    using messages = basic_udp_socket<box>;
    const deadline soon = deadline::after(120_s);

    network_jail() {
        bounds::reset();
        BOOST_REQUIRE(bounds::grant_network(network("127.0.0.0/8"), may_bind).has_value());
    }
    ~network_jail() { bounds::reset(); }
    static vitte::ip_network network(const char* text) { return vitte::ip_network::parse(text).value(); }
    static vitte::ip_endpoint place(const char* address, std::uint16_t port = 0) {
        return {vitte::ip_address::parse(address).value(), port};
    }
};
static_assert(sockets_facet<network_jail::box::sockets> && names_facet<network_jail::box::names>);
template <class S>
constexpr bool carries_handles =
    requires(io_slice slice, std::size_t n) { S::receive_handles(0, &slice, 1, nullptr, n); };
static_assert(carries_handles<native::sockets> && !carries_handles<network_jail::box::sockets>);
}  // namespace

BOOST_AUTO_TEST_CASE(networks_are_used_where_they_are_granted) {
    const network_jail j;
    using jail = network_jail;
    const auto server = jail::listener::listen(jail::place("127.0.0.1")).value();
    const vitte::ip_endpoint there = server.local_address()->ip();
    BOOST_TEST(refused(jail::stream::connect(there, j.soon), rule::network));
    BOOST_REQUIRE(
        jail::bounds::grant_network(jail::network("127.0.0.1/32"), may_connect, {there.port, there.port}).has_value());
    const auto client = jail::stream::connect(there, j.soon);
    BOOST_REQUIRE(client.has_value());
    BOOST_TEST(server.accept(j.soon).has_value());
    for (const char* other : {"127.0.0.2", "0.0.0.0", "::1", "::", "::ffff:127.0.0.2", "10.0.0.1"})
        BOOST_TEST(refused(jail::stream::connect(jail::place(other, there.port), j.soon), rule::network));
    BOOST_TEST(refused(jail::stream::connect({there.address, static_cast<std::uint16_t>(there.port ^ 1)}, j.soon),
                       rule::network));
    for (const char* other : {"0.0.0.0", "::", "10.0.0.1"})
        BOOST_TEST(refused(jail::listener::listen(jail::place(other)), rule::network));
    // What is granted as IPv4 is reached by its form of IPv6, and no more by it than by itself.
    BOOST_TEST(!refused(jail::stream::connect(jail::place("::ffff:127.0.0.1", there.port), j.soon), rule::network));
    jail::bounds::reset();
    BOOST_TEST(refused(jail::stream::connect(there, j.soon), rule::network));
}

BOOST_AUTO_TEST_CASE(messages_go_where_networks_are_granted) {
    const network_jail j;
    using jail = network_jail;
    const auto mine = jail::messages::bind(jail::place("127.0.0.1")).value(),
               other = jail::messages::bind(jail::place("127.0.0.1")).value();
    const socket_address there = other.local_address().value(), elsewhere = jail::place("127.0.0.2", 9);
    const std::byte text[4] = {};
    BOOST_TEST(refused(mine.send_to(text, there, j.soon), rule::network));
    BOOST_TEST(refused(mine.connect(there), rule::network));
    BOOST_REQUIRE(jail::bounds::grant_network(jail::network("127.0.0.1/32"), may_connect).has_value());
    std::byte room[8];
    datagram some[] = {{room, 4, there}, {room, 4, elsewhere}, {room, 4, there}};
    BOOST_TEST(mine.send_batch(some, j.soon).value() == 1u);
    BOOST_TEST(refused(mine.send_batch(std::span(some).subspan(1), j.soon), rule::network));
    BOOST_TEST(other.receive(room, j.soon).value() == 4u);
    BOOST_TEST(refused(mine.join(vitte::ipv4_address{{239, 1, 2, 3}}), rule::network));
}

BOOST_AUTO_TEST_CASE(no_socket_leads_around_the_bounds) {
    const network_jail j;
    using jail = network_jail;
    using sockets = jail::box::sockets;
    const basic_socket<jail::box> unbound(sockets::open(socket_family::ipv4, socket_kind::stream).value());
    BOOST_TEST(refused(sockets::listen(unbound.native_handle(), 1), rule::unbound));  // it would listen everywhere
    BOOST_REQUIRE(jail::bounds::grant_network(jail::network("0.0.0.0/0"), may_connect).has_value());
    const auto deserted = jail::listener::listen(jail::place("127.0.0.1"))->local_address()->ip();
    const basic_tcp_stream<jail::box> failed(sockets::open(socket_family::ipv4, socket_kind::stream).value());
    for (int i = 0; i < 2; ++i) {  // after the second attempt it could listen again, and everywhere
        BOOST_TEST(!sockets::connect(failed.native_handle(), deserted).has_value());
        BOOST_TEST(failed.wait(socket_writable, j.soon).has_value());
        BOOST_TEST(refused(sockets::listen(failed.native_handle(), 1), rule::unbound));
    }
    const auto here = tcp_listener::listen(jail::place("0.0.0.0")).value();
    for (const char* nobody : {"0.0.0.0", "::ffff:0.0.0.0"})  // which would lead to loopback
        BOOST_TEST(refused(jail::stream::connect(jail::place(nobody, here.local_address()->ip().port), j.soon),
                           rule::network));
    const auto path = vitte::unix_address::at_path(SCRATCH ".socket").value(),
               name = vitte::unix_address::abstract("x").value();
    for (const auto& local : {path, name}) {
        BOOST_TEST(refused(basic_unix_stream<jail::box>::connect(local, j.soon), rule::local));
        BOOST_TEST(refused(basic_unix_listener<jail::box>::listen(local), rule::local));
    }
    const auto both = basic_unix_stream<jail::box>::pair().value();
    std::span<int> handles;
    std::byte room[4];
    const int own[] = {0};
    BOOST_TEST(fails(both.first.send_handles(room, own, j.soon), errc::not_supported));
    BOOST_TEST(fails(both.first.receive_handles(room, handles, j.soon), errc::not_supported));
    BOOST_TEST(refused(resolve<jail::box>("localhost", j.soon), rule::names));
    jail::bounds::grant_names();
    BOOST_TEST(!refused(resolve<jail::box>("localhost", j.soon), rule::names));
}

BOOST_AUTO_TEST_CASE(a_socket_of_messages_without_an_address_neither_sends_nor_receives) {
    const network_jail j;
    using jail = network_jail;
    BOOST_REQUIRE(jail::bounds::grant_network(jail::network("0.0.0.0/0"), may_connect).has_value());
    const auto there = udp_socket::bind(jail::place("127.0.0.1")).value();
    const auto open = [] {
        return jail::messages(jail::box::sockets::open(socket_family::ipv4, socket_kind::datagram).value());
    };
    const auto unbound = open(), connected = open();
    const socket_address peer = there.local_address().value();
    std::byte room[4] = {};
    datagram one{room, sizeof room, peer};
    BOOST_TEST(refused(unbound.send_to(room, peer, j.soon), rule::network));  // the system would bind it to all addresses
    BOOST_TEST(refused(unbound.send_batch({&one, 1}, j.soon), rule::network));
    BOOST_TEST(unbound.local_address()->ip().port == 0);
    BOOST_TEST(refused(unbound.receive(room, j.soon), rule::unaddressed));
    BOOST_TEST(refused(unbound.receive_from(one, j.soon), rule::unaddressed));
    BOOST_TEST(refused(unbound.receive_batch({&one, 1}, j.soon), rule::unaddressed));
    BOOST_REQUIRE(connected.connect(peer).has_value());
    BOOST_TEST(connected.send(room, j.soon).has_value());
    BOOST_TEST(connected.send_to(room, peer, j.soon).has_value());
    BOOST_TEST(there.send_to(room, connected.local_address().value(), j.soon).has_value());
    BOOST_TEST(connected.receive(room, j.soon).value() == sizeof room);
    BOOST_REQUIRE(jail::bounds::grant_network(jail::network("::/0"), may_connect).has_value());
    BOOST_TEST(!connected.connect(jail::place("::1", 9)).has_value());  // of another family
    BOOST_TEST(refused(connected.receive(room, j.soon), rule::unaddressed));
    const auto exposed = connected.local_address()->ip().port;  // Linux keeps the port
    if (exposed != 0) static_cast<void>(udp_socket::bind(jail::place("127.0.0.1"))->send_to(room, jail::place("127.0.0.1", exposed), j.soon));
    BOOST_TEST(connected.connect(peer).has_value());
    BOOST_TEST(refused(connected.receive(room, j.soon), rule::unaddressed));  // what others sent meanwhile
    BOOST_REQUIRE(jail::bounds::grant_network(jail::network("::/128"), may_bind, {0, 0}).has_value());
    BOOST_TEST(!unbound.send_to(room, jail::place("::1", 9), j.soon).has_value());  // of another family
    BOOST_TEST(refused(unbound.send_to(room, peer, j.soon), rule::network));
    BOOST_TEST(refused(unbound.receive(room, j.soon), rule::unaddressed));
    BOOST_REQUIRE(jail::bounds::grant_network(jail::network("0.0.0.0/32"), may_bind, {0, 0}).has_value());
    BOOST_TEST(unbound.send_to(room, peer, j.soon).has_value());
    BOOST_TEST(fails(unbound.receive(room, deadline::passed()), errc::timed_out));
}

BOOST_AUTO_TEST_CASE(after_reset_sockets_only_receive_and_close) {
    const network_jail j;
    using jail = network_jail;
    BOOST_REQUIRE(jail::bounds::grant_network(jail::network("127.0.0.0/8"), may_connect).has_value());
    const auto server = jail::listener::listen(jail::place("127.0.0.1")).value();
    const auto bound = jail::messages::bind(jail::place("127.0.0.1")).value();
    const auto there = server.local_address()->ip();
    auto client = jail::stream::connect(there, j.soon).value();
    const auto accepted = server.accept(j.soon).value();
    const auto waiting = tcp_stream::connect(there, j.soon).value();
    std::byte room[4] = {};
    BOOST_REQUIRE(accepted.stream.send(room, j.soon).has_value());
    jail::bounds::reset();
    BOOST_REQUIRE(jail::bounds::grant_network(jail::network("127.0.0.0/8"), may_bind | may_connect).has_value());
    using sockets = jail::box::sockets;
    io_slice slices[] = {{room, sizeof room}};
    BOOST_TEST(refused(client.send(room, j.soon), rule::foreign));
    BOOST_TEST(refused(client.send_vector(slices, j.soon), rule::foreign));
    BOOST_TEST(refused(client.set_option(socket_option::no_delay), rule::foreign));
    BOOST_TEST(refused(server.accept(j.soon), rule::foreign));
    BOOST_TEST(refused(sockets::listen(server.native_handle(), 1), rule::foreign));
    BOOST_TEST(refused(bound.send_to(room, there, j.soon), rule::foreign));
    BOOST_TEST(refused(bound.connect(there), rule::foreign));
    BOOST_TEST(refused(bound.join(vitte::ipv4_address{{239, 1, 2, 3}}), rule::foreign));
    BOOST_TEST(client.receive(room, j.soon).value() == sizeof room);
    BOOST_TEST((client.shut_down() && client.close()));
}

BOOST_AUTO_TEST_CASE(sockets_count) {
    const network_jail j;
    using jail = network_jail;
    jail::bounds::limit({.sockets = 3});
    {
        const auto both = basic_unix_stream<jail::box>::pair();
        BOOST_REQUIRE(both.has_value());
        BOOST_TEST(jail::bounds::used().sockets == 2u);
        BOOST_TEST(refused(basic_unix_stream<jail::box>::pair(), rule::sockets, errc::out_of_handles));
        BOOST_TEST(jail::bounds::used().sockets == 2u);
        BOOST_TEST(jail::listener::listen(jail::place("127.0.0.1")).has_value());
        BOOST_TEST(jail::bounds::used().sockets == 2u);
        const auto last = jail::listener::listen(jail::place("127.0.0.1"));
        BOOST_REQUIRE(last.has_value());
        BOOST_TEST(refused(jail::listener::listen(jail::place("127.0.0.1")), rule::sockets, errc::out_of_handles));
        const auto client = tcp_stream::connect(last->local_address()->ip(), j.soon);
        BOOST_TEST(refused(last->accept(j.soon), rule::sockets, errc::out_of_handles));
        jail::bounds::limit({});
        BOOST_TEST(last->accept(j.soon).has_value());
    }
    BOOST_TEST(jail::bounds::used().sockets == 0u);
    for (std::size_t i = 0; i < 31; ++i)
        BOOST_TEST(jail::bounds::grant_network(jail::network("10.0.0.0/8"), may_bind).has_value());
    BOOST_TEST(refused(jail::bounds::grant_network(jail::network("10.0.0.0/8"), may_bind), rule::network,
                       errc::out_of_handles));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(handles_of_others_give_nothing, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    const auto out = j.all.open_directory("out");
    const auto secret = j.all.open_file("out/secret", open_mode::read_write);
    BOOST_TEST(refused(box::directories::open_file(out->native_handle(), "secret", {}), rule::foreign));
    BOOST_TEST(refused(box::directories::info(out->native_handle(), "secret", false), rule::foreign));
    BOOST_TEST(refused(box::files::write(secret->native_handle(), nullptr, 0), rule::foreign));
    BOOST_TEST(refused(box::files::resize(secret->native_handle(), 0), rule::foreign));
    BOOST_TEST(refused(box::memory::resize_shared(secret->native_handle(), 0), rule::foreign));
    auto given = j.all.open_directory("out");
    BOOST_REQUIRE(confinement<P>::adopt(given->native_handle(), read_only).has_value());
    BOOST_TEST(box::directories::info(given->native_handle(), "secret", false).has_value());
    BOOST_TEST(refused(box::directories::remove(given->native_handle(), "secret"), rule::read_only));
    const auto kept = basic_directory<box>::open("/jail");
    const auto open = kept->open_file("file", open_mode::read_write);
    confinement<P>::reset();
    BOOST_TEST((refused(kept->info("file"), rule::foreign) && refused(open->write(as_bytes("x")), rule::foreign)));
    std::byte read_still[7];
    BOOST_TEST(*open->read(read_still) == 7u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(handles_are_counted, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    using bounds = confinement<P>;
    bounds::limit({.handles = 3});
    {
        const auto top = basic_directory<box>::open("/jail"), deep = top->open_directory("deep");
        for (int i = 0; i < 10; ++i) BOOST_TEST(!top->open_file("no").has_value());
        BOOST_TEST(bounds::used().handles == 2u);
        auto file = top->open_file("file");
        BOOST_TEST(bounds::used().handles == 3u);
        BOOST_TEST(refused(top->open_file("new", open_mode::create_new), rule::handles, errc::out_of_handles));
        BOOST_TEST(refused(top->open_directory("deep"), rule::handles, errc::out_of_handles));
        BOOST_TEST(refused(basic_shared_memory<box>::create(1), rule::handles, errc::out_of_handles));
        BOOST_TEST(fails(top->info("new"), errc::not_found));
        BOOST_TEST(file->close().has_value());
        BOOST_TEST(top->open_file("new", open_mode::create_new).has_value());
    }
    BOOST_TEST(bounds::used().handles == 0u);
    bounds::limit({.handles = 4000});
    std::vector<basic_file<box>> many;
    for (;;) {
        auto next = basic_file<box>::open("/jail/file");
        if (!next) {
            BOOST_TEST(fails(next, errc::out_of_handles));
            break;
        }
        many.push_back(std::move(*next));
    }
    BOOST_TEST(bounds::used().handles == many.size());
    many.clear();
    BOOST_TEST(bounds::used().handles == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(bytes_are_counted, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    using bounds = confinement<P>;
    const auto full = [](const auto& done) { return refused(done, rule::written, errc::no_space); };
    bounds::limit({.written = 100});
    const auto file = basic_file<box>::open("/jail/new", open_mode::create_both);
    BOOST_TEST(file->write(bytes(std::string(60, 'a'))).has_value());
    BOOST_TEST(full(file->write(bytes(std::string(60, 'b')))));
    BOOST_TEST((file->info()->size == 100u && bounds::used().written == 100u));
    BOOST_TEST((full(file->write_at(as_bytes("x"), 0)) && full(file->resize(101)) && full(file->allocate(0, 1))));
    BOOST_TEST((file->resize(10) && file->write({}) && bounds::used().written == 100u));
    bounds::limit({.written = 150});
    BOOST_TEST((file->resize(30) && bounds::used().written == 120u && full(file->resize(61))));
    std::byte room[20];
    io_slice slices[] = {{room, 20}, {room, 5}, {room, 20}};
    BOOST_TEST(full(file->write_vector(slices)));
    BOOST_TEST((bounds::used().written == 150u && file->info()->size == 130u));
    bounds::limit({.written = 160});
    const auto copied = copy<box>("/jail/new", "/jail/copy");
    BOOST_TEST(full(copied));
    BOOST_TEST((fails(j.all.info("in/copy"), errc::not_found) && bounds::used().written == 160u));
    bounds::limit({.written = 164});
    BOOST_TEST((basic_view<box>::map(*file, 4).has_value() && bounds::used().written == 164u));
    BOOST_TEST(full(basic_view<box>::map(*file, 4)));
    std::byte one{};
    BOOST_TEST(!box::files::write(box::files::invalid, &one, 1).has_value());
    BOOST_TEST(bounds::used().written == 164u);
}

BOOST_AUTO_TEST_CASE(memory_is_counted) {
    using box = confined<native>;
    using bounds = confinement<native>;
    bounds::reset();
    const std::size_t page = native::memory::page_size();
    const auto spent = [](const auto& done) { return refused(done, rule::memory, errc::out_of_memory); };
    bounds::limit({.memory = 10 * page});
    {
        auto first = basic_region<box>::reserve(6 * page);
        BOOST_TEST((first.has_value() && first->commit(0, page)));
        BOOST_TEST(spent(basic_region<box>::reserve(5 * page)));
        BOOST_TEST(bounds::used().memory == 6 * page);
        auto shared = basic_shared_memory<box>::create(3 * page);
        BOOST_REQUIRE(shared.has_value());
        BOOST_TEST(spent(shared->resize(5 * page)));
        BOOST_TEST((shared->resize(page) && bounds::used().memory == 7 * page));
        {
            const auto view = basic_view<box>::map(shared->file(), page);
            BOOST_TEST((view.has_value() && bounds::used().memory == 8 * page && bounds::used().written == 0u));
            BOOST_TEST(spent(basic_view<box>::map(shared->file(), 3 * page)));
        }
        BOOST_TEST(bounds::used().memory == 7 * page);
    }
    BOOST_TEST(bounds::used().memory == 0u);
    BOOST_TEST(spent(box::memory::map_huge(std::size_t{1} << 30)));
    BOOST_TEST(!box::memory::map_file(nullptr, page, access::read, native::files::invalid, 0).has_value());
    BOOST_TEST(bounds::used().memory == 0u);
    bounds::reset();
}

/// In this process openat2(2) fails with `number` from now on, as in a container that does not know it.
bool refuse_openat2(int number) {
    sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(number)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{4, rules};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// Whether `work` returns true in a process of its own.
template <class Work>
bool in_child(Work work) {
    const pid_t child = fork();
    if (child == 0) _exit(work() ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    return status == 0;
}
const ability filters{"filters of system calls", [] { return in_child([] { return refuse_openat2(EPERM); }); }};

BOOST_AUTO_TEST_CASE(without_openat2_it_is_the_walk, *needs(filters)) {
    using box = confined<native>;
    const jail<native> j;
    j.link("../out", "in/beside");
    for (const int number : {EPERM, ENOSYS, EAGAIN})
        BOOST_TEST(in_child([number] {
            return refuse_openat2(number) && *read_text<box>("/jail/deep/../file") == "content" &&
                   refused(read_text<box>("/jail/beside/secret"), rule::leads_out);
        }));
}

template <class P>
bool kernel_keeps_below() {
    if constexpr (requires { P::directories::open_beneath(P::directories::current, ".", true); }) {
        const auto opened = P::directories::open_beneath(P::directories::current, ".", true);
        return opened && P::files::close(*opened);
    } else {
        return false;
    }
}
const ability kernel_paths{"a kernel that keeps paths below a folder", [] { return kernel_keeps_below<native>(); }};

BOOST_AUTO_TEST_CASE(the_kernel_opens_in_one_call, *needs(kernel_paths)) {
    using log = trace<native, struct one_call>;
    using watched = traced<native, struct one_call>;
    const jail<watched> j;
    log::clear();
    const auto opened = confined<watched>::files::open("/jail/deep/../file", {});
    BOOST_TEST((opened && log::count() == 1u));
    BOOST_TEST(std::string(log::at(0).name) == "directories.open_file_beneath");
    BOOST_TEST(confined<watched>::files::close(*opened).has_value());
}

BOOST_AUTO_TEST_CASE(failures_leave_no_handle_behind) {
    using broken = faulty<walking, struct any_failure>;
    const jail<broken> j;
    using box = jail<broken>::box;
    j.link("deep/er/../../alias2", "in/alias");
    j.link("deep", "in/alias2");
    using control = faults<walking, any_failure>;
    const auto handles = [&] { return names_in(*directory::open("/proc/self/fd")).size(); };
    const std::size_t before = handles();
    for (const errc code : {errc::permission_denied, errc::out_of_handles, errc::interrupted, errc::io_error})
        for (std::uint64_t call = 1; call < 40; ++call) {
            control::arm({.call = call, .code = code});
            static_cast<void>(box::files::info("/jail/alias/er/../file"));
            const auto file = box::files::open("/jail/alias/file", open_mode::read_write);
            if (file) static_cast<void>(box::files::close(*file));
            static_cast<void>(box::directories::rename(box::directories::current, "/jail/alias/file",
                                                       box::directories::current, "/jail/deep/file",
                                                       rename_mode::replace));
            control::arm();
            BOOST_TEST_REQUIRE(handles() == before);
            BOOST_TEST_REQUIRE(confinement<broken>::used().handles == 0u);
        }
}

BOOST_AUTO_TEST_SUITE(interference, *needs(threads))

BOOST_AUTO_TEST_CASE_TEMPLATE(folders_that_become_links_lead_nowhere, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    BOOST_REQUIRE((j.all.create_directory("in/tree") && j.all.create_directory("in/tree/target")));
    put(j.all, "in/tree/target/secret", "decoy");
    j.link("../../out", "in/tree/swap");
    put(j.all, "in/tree/plain", "decoy");
    j.link("../../out/secret", "in/tree/pointer");
    vitte::atomic<int> over{0};
    auto swapper = start_thread([&] {  // folder and link, and file and link, change places over and over
        const auto tree = j.all.open_directory("in/tree");
        while (over.load_acquire() == 0) {
            static_cast<void>(tree->rename("swap", "target", rename_mode::exchange));
            static_cast<void>(tree->rename("pointer", "plain", rename_mode::exchange));
        }
    });
    const auto top = basic_directory<box>::open("/jail/tree");
    int got = 0;
    for (int round = 0; round < 3000; ++round) {
        for (const char* path : {"/jail/tree/target/secret", "/jail/tree/plain"})
            if (const auto text = read_text<box>(path)) {
                BOOST_TEST_REQUIRE(*text == "decoy");
                ++got;
            }
        if (const auto facts = top->info("plain", links::followed)) BOOST_TEST_REQUIRE(facts->size == 5u);
        const std::string name = "target/" + std::to_string(round % 5);
        static_cast<void>(top->open_file(name.c_str(), open_mode::write));
        static_cast<void>(top->create_directory("target/folder"));
        static_cast<void>(top->set_mode("plain", 0644));
        static_cast<void>(top->set_times("target/secret", 0, 0, links::followed));
        static_cast<void>(top->rename(name.c_str(), "target/renamed"));
        static_cast<void>(top->link("target/secret", *top, "target/second"));
        static_cast<void>(top->remove("target/second"));
    }
    over.store_release(1);
    BOOST_TEST(swapper->join().has_value());
    BOOST_TEST(got > 0);
    BOOST_TEST(j.all.info("out/secret")->modified != 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(folders_that_are_moved_away_lead_nowhere, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    vitte::atomic<int> over{0};
    auto mover = start_thread([&] {  // ".." of what was below leads to the outside meanwhile
        while (over.load_acquire() == 0) {
            static_cast<void>(j.all.rename("in/deep/er", "er"));
            static_cast<void>(j.all.rename("er", "in/deep/er"));
        }
    });
    for (int round = 0; round < 3000; ++round)
        for (const char* path : {"/jail/deep/er/../out/secret", "/jail/deep/er/../../file", "/jail/deep/er/../file"})
            if (const auto text = read_text<box>(path)) BOOST_TEST_REQUIRE((*text == "content" || *text == "deep"));
    over.store_release(1);
    BOOST_TEST(mover->join().has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(limits_hold_for_all_threads_together, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    using bounds = confinement<P>;
    bounds::limit({.memory = unlimited, .handles = 6, .written = 100'000});
    together(4, [](unsigned i) {
        const std::string path = "/jail/" + std::to_string(i);
        for (int round = 0; round < 500; ++round)
            static_cast<void>(append<box>(path.c_str(), bytes(std::string(77, 'x'))));
    });
    BOOST_TEST(bounds::used().handles == 0u);
    BOOST_TEST(bounds::used().written == 100'000u);
    std::uint64_t there = 0;
    for (int i = 0; i < 4; ++i) there += j.all.info(("in/" + std::to_string(i)).c_str())->size;
    BOOST_TEST(there == 100'000u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(grants_come_and_go_while_they_are_used, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    const auto in = j.all.open_directory("in"), out = j.all.open_directory("out");
    together(3, [&](unsigned i) {
        for (int round = 0; round < 2000; ++round)
            if (i == 0) {
                BOOST_REQUIRE(confinement<P>::grant("/jail", in->native_handle(), read_only).has_value());
                if (round % 10 == 0) confinement<P>::reset();
                static_cast<void>(directory::open(SCRATCH "/out"));  // takes the number of a handle that was closed
            } else {
                const auto facts = vitte::sys::stat<box>("/jail/file");
                VITTE_ASSERT(!facts || facts->size == 7);
                VITTE_ASSERT(!vitte::sys::stat<box>("/jail/secret").has_value());
            }
    });
}

BOOST_AUTO_TEST_SUITE_END()

// Paths of a few names, dots and links, made at random; realpath(3) says where they lead.
BOOST_AUTO_TEST_CASE_TEMPLATE(random_paths_stay_below, P, ways) {
    const jail<P> j;
    using box = typename jail<P>::box;
    vitte::xoshiro256 random(31);
    const char* const names[] = {"a", "b", "deep", "er", "file", "..", "..", "..", ".", "", "l1", "l2", "l3", "out"};
    const auto path_of = [&](std::uint64_t most) {
        std::string made;
        for (std::uint64_t i = 0, count = 1 + random.below(most); i < count; ++i)
            made += (i == 0 ? "" : "/") + std::string(names[random.below(std::size(names))]);
        return made.empty() || made[0] == '/' ? "." + made : made;
    };
    BOOST_REQUIRE((j.all.create_directory("in/a") && j.all.create_directory("in/a/b")));
    char root_path[4096];
    BOOST_REQUIRE(realpath(SCRATCH "/in", root_path) != nullptr);
    const std::string root = root_path;
    const auto top = basic_directory<box>::open("/jail");
    int opened = 0, denied = 0;
    for (int round = 0; round < 500; ++round) {
        for (const char* link : {"in/l1", "in/a/l2", "in/deep/l3", "in/deep/er/l1", "in/l3"}) {
            static_cast<void>(j.all.remove(link));
            j.link(random.below(10) == 0 ? root.c_str() : path_of(4).c_str(), link);
        }
        for (int i = 0; i < 20; ++i) {
            const std::string path = path_of(7);
            const auto file = top->open_file(path.c_str());
            const auto facts = top->info(path.c_str(), links::followed);
            char real[4096];
            const bool there = realpath((root + "/" + path).c_str(), real) != nullptr;
            const bool below = there && (real == root || std::string(real).starts_with(root + "/"));
            BOOST_TEST_CONTEXT(path) {
                BOOST_TEST_REQUIRE((!file || below));
                BOOST_TEST_REQUIRE((!facts || below));
                BOOST_TEST_REQUIRE(file.has_value() == facts.has_value());
                if (file) BOOST_TEST_REQUIRE(file->info()->same_file(*vitte::sys::stat(real)));
                if (file) BOOST_TEST_REQUIRE(facts->same_file(*vitte::sys::stat(real)));
                // What is refused goes out on its way, is not there, or is a loop.
                if (below && !file) BOOST_TEST_REQUIRE(refused(file, rule::leads_out));
                opened += file ? 1 : 0;
                denied += !file && file.error().operation == std::string_view(rule::leads_out) ? 1 : 0;
            }
        }
    }
    BOOST_TEST(opened > 500);
    BOOST_TEST(denied > 500);
}

BOOST_AUTO_TEST_SUITE_END()
