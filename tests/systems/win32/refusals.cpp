// What only shows on Windows: refusals and limits that tests/systems/README.md lists. Wine has them from strict.cpp and its
// neighbours.
#include <string>

#include <vitte/sys/environment.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/memory.hpp>
#include <vitte/sys/thread.hpp>

#include "../../support/scratch.hpp"
#include "strict.hpp"

extern "C" {
__declspec(dllimport) int SetFileAttributesW(const wchar_t*, unsigned long);
__declspec(dllimport) int SetEnvironmentVariableW(const wchar_t*, const wchar_t*);
}

namespace {
using namespace vitte::sys;
using vitte::errc;
namespace win32 = vitte::sys::win32;

/// Makes a reparse point of what is there: `data` is what follows the tag and the lengths.
bool make_point(const directory& in, const char* name, std::uint32_t tag, const std::wstring& data) {
    constexpr std::uint32_t write = 0x102, must_exist = 1, itself = 0x00204000;
    const auto file = win32::nt_open(in.native_handle(), name, write, must_exist, itself);
    BOOST_REQUIRE(file.has_value());
    struct {
        std::uint32_t tag;
        std::uint16_t size, reserved;
        wchar_t data[500];
    } point{tag, static_cast<std::uint16_t>(data.size() * 2), 0, {}};
    data.copy(point.data, data.size());
    unsigned long told = 0;
    const int made = win32::DeviceIoControl(*file, 0x900a4, &point, 8u + point.size, nullptr, 0, &told, nullptr);
    win32::CloseHandle(*file);
    return made != 0;
}
/// The data of a junction without a name for people.
std::wstring junction_to(const std::wstring& path) {
    const auto size = static_cast<wchar_t>(path.size() * 2);
    return std::wstring{0, size, static_cast<wchar_t>(size + 2), 0} + path + L'\0' + L'\0';
}
std::wstring kernel_path(const char* path) {
    wchar_t wide[1000];
    win32::widen(path, wide, 1000);
    wchar_t full[1000];
    return L"\\??\\" + std::wstring(full, win32::GetFullPathNameW(wide, 1000, full, nullptr));
}
/// Without the calls of newer releases.
struct older_release {
    older_release() { SetEnvironmentVariableW(L"VITTE_WINDOWS_1607", L"1"); }
    ~older_release() { SetEnvironmentVariableW(L"VITTE_WINDOWS_1607", nullptr); }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(refusals)

BOOST_AUTO_TEST_CASE(hidden_files_are_not_overwritten_by_their_names) {
    const scratch folder;
    put(*directory::open(SCRATCH), "hidden");
    BOOST_TEST(SetFileAttributesW(kernel_path(SCRATCH "/hidden").replace(0, 4, L"\\\\?\\").c_str(), 2) != 0);
    const auto refused = win32::opened(kernel_path(SCRATCH "/hidden").replace(0, 4, L"\\\\?\\").c_str(), win32::generic_write, 2, 0x80);
    BOOST_TEST((!refused && refused.error().code == errc::permission_denied));
    BOOST_TEST(write(SCRATCH "/hidden", bytes("new")).has_value());
}

BOOST_AUTO_TEST_CASE(junctions_are_links) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    BOOST_TEST((d->create_directory("real") && d->create_directory("junction")));
    put(*d, "real/file");
    constexpr std::uint32_t junction = 0xa0000003;
    BOOST_TEST(!make_point(*d, "junction", junction, junction_to(L"C:\\no prefix")));
    BOOST_REQUIRE(make_point(*d, "junction", junction, junction_to(kernel_path(SCRATCH "/real"))));
    char text[1000];
    const auto length = native::directories::read_link(d->native_handle(), "junction", text, sizeof text);
    BOOST_REQUIRE(length.has_value());
    BOOST_TEST(std::string(text, *length).ends_with("/real"));
    BOOST_TEST((text[1] == ':'));
    BOOST_TEST((native::directories::info(d->native_handle(), "junction", false)->kind == file_kind::symbolic_link));
    BOOST_TEST((native::directories::info(d->native_handle(), "junction", true)->kind == file_kind::directory));
    BOOST_TEST(d->open_file("junction/file", open_mode::read).has_value());
    BOOST_TEST(d->for_each([](const directory_entry& e) {
                    return e.kind == (e.name == std::string("real") ? file_kind::directory : file_kind::symbolic_link);
                }).has_value());
}

BOOST_AUTO_TEST_CASE(links_are_made_with_the_privilege_that_is_switched_off) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    for (const char* const to : {"//server/share/file", "C:/file", "../file"}) {
        BOOST_TEST(d->symbolic_link(to, "link").has_value());
        char text[100];
        const auto length = native::directories::read_link(d->native_handle(), "link", text, sizeof text);
        BOOST_TEST((length && std::string(text, *length) == to));
        BOOST_TEST(d->remove("link").has_value());
    }
}

BOOST_AUTO_TEST_CASE(what_nobody_follows_is_there) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    put(*d, "alias", "");
    constexpr std::uint32_t alias_of_program = 0x8000001b;
    BOOST_REQUIRE(make_point(*d, "alias", alias_of_program, L"of the store"));
    const auto opened = d->open_file("alias", open_mode::read);
    BOOST_TEST((!opened && opened.error().code == errc::not_supported));
    BOOST_TEST((file::open(SCRATCH "/alias").error().code == errc::not_supported));
    const auto by_path = vitte::sys::stat(SCRATCH "/alias");
    BOOST_TEST((by_path && by_path->kind == file_kind::regular));
    const auto by_folder = native::directories::info(d->native_handle(), "alias", true);
    BOOST_TEST((by_folder && by_folder->kind == file_kind::regular));
}

BOOST_AUTO_TEST_CASE(short_names_are_given_in_structures_of_the_whole_size) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    put(*d, "a");
    BOOST_TEST(d->rename("a", "b").has_value());
    BOOST_TEST(d->link("b", *d, "c").has_value());
    BOOST_TEST(systems::misused().wrong_sizes == 0);
}

BOOST_AUTO_TEST_CASE(views_are_stored) {
    const scratch folder;
    put(*directory::open(SCRATCH), "file", "text");
    const auto opened = file::open(SCRATCH "/file", open_mode::read_write);
    auto seen = view::map(*opened, 4);
    BOOST_REQUIRE(seen.has_value());
    seen->bytes()[0] = std::byte{'n'};
    BOOST_TEST(seen->sync().has_value());
    BOOST_TEST(systems::misused().unstored_views == 0);
}

BOOST_AUTO_TEST_CASE(names_of_shared_memory_are_free_while_it_is_mapped) {
    const auto removed_while_mapped = [] {
        const std::string name = "/vitte-mapped-" + std::to_string(monotonic_time());
        auto made = shared_memory::create(name.c_str(), 4096);
        BOOST_REQUIRE(made.has_value());
        auto seen = view::map(made->file(), 4096);
        BOOST_TEST(shared_memory::remove(name.c_str()).has_value());
        BOOST_TEST((shared_memory::open(name.c_str()).error().code == errc::not_found));
        seen->bytes()[0] = std::byte{7};
        BOOST_TEST((view::map(made->file(), 4096)->bytes()[0] == std::byte{7}));
        BOOST_TEST((shared_memory::create(name.c_str(), 4096) && shared_memory::remove(name.c_str())));
    };
    removed_while_mapped();
    const older_release here;
    removed_while_mapped();
}

BOOST_AUTO_TEST_CASE(values_that_are_too_long_are_not_read) {
    char value[100];
    BOOST_TEST((vitte::sys::environment("VITTE_LONG_VARIABLE", value).error().code == errc::too_large));
}

BOOST_AUTO_TEST_CASE(threads_are_not_bound_to_tell_their_processors) {
    const int before = systems::misused().bound_threads;
    BOOST_TEST((this_thread::affinity() && hardware_concurrency() != 0));
    BOOST_TEST(systems::misused().bound_threads == before);
}

BOOST_AUTO_TEST_CASE(duplicates_of_a_folder_list_it_together) {
    const scratch folder;
    const auto d = directory::open(SCRATCH);
    put(*d, "a");
    win32::handle copy = nullptr;
    BOOST_REQUIRE(win32::DuplicateHandle(win32::GetCurrentProcess(), d->native_handle(), win32::GetCurrentProcess(), &copy, 0, 0, 2) != 0);
    alignas(8) std::byte entries[1000];
    const auto list = [&](win32::handle by) {
        win32::io_status done{};
        return win32::vitte_nt_query_directory(by, nullptr, nullptr, nullptr, &done, entries, sizeof entries, 37, 0, nullptr, 0);
    };
    BOOST_TEST(list(d->native_handle()) == 0);
    BOOST_TEST(list(copy) != 0);
    win32::CloseHandle(copy);
    BOOST_TEST(names_in(*d).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
