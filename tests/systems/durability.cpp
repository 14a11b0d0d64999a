// What macOS's calls store: all that our code does to a file is done to a simulated disk as well, on which fsync(2)
// stores nothing, since macOS leaves what it syncs in the device, and F_FULLFSYNC does. The power of that disk fails at
// every call.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include <vitte/sys/fs.hpp>
#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/platform/simulated.hpp>

#include "../support/scratch.hpp"
#include "disk_call.hpp"

namespace {
using namespace vitte::sys;
using S = simulated;

const std::string old_text(5000, 'o'), new_text(9000, 'n');

/// What is open here, and as what there.
std::map<int, S::files::handle> there;

S::files::handle folder_there(int folder) {
    return folder == AT_FDCWD ? S::directories::current : there.count(folder) != 0 ? there[folder] : S::files::invalid;
}
void open_there(const target_disk_call& call) {
    const open_mode mode = (call.flags & O_EXCL) != 0               ? open_mode::create_new
                           : (call.flags & O_CREAT) != 0            ? open_mode::write
                           : (call.flags & O_ACCMODE) == O_RDONLY ? open_mode::read
                                                                  : open_mode::read_write;
    const auto in = folder_there(call.file);
    const auto made = (call.flags & O_DIRECTORY) != 0 ? S::directories::open(in, call.path, true)
                                                      : S::directories::open_file(in, call.path, mode);
    if (made) there[call.made] = *made;
}
/// Failures are those of the power.
void mirror(const target_disk_call& call) {
    const auto data = static_cast<const std::byte*>(call.data);
    if (call.what == target_disk_call::opened) return open_there(call);
    if (call.what == target_disk_call::renamed)
        return static_cast<void>(S::directories::rename(folder_there(call.file), call.path,
                                                        folder_there(call.to_folder), call.to, rename_mode::replace));
    if (call.what == target_disk_call::removed)
        return static_cast<void>(S::directories::remove(folder_there(call.file), call.path));
    const auto found = there.find(call.file);
    if (found == there.end()) return;
    if (call.what == target_disk_call::fully_synced) static_cast<void>(S::files::sync(found->second));
    if (call.what == target_disk_call::written && call.offset == -1)
        static_cast<void>(S::files::write(found->second, data, call.size));
    if (call.what == target_disk_call::written && call.offset != -1)
        static_cast<void>(S::files::write_at(found->second, data, call.size, static_cast<std::uint64_t>(call.offset)));
    if (call.what != target_disk_call::closed) return;
    static_cast<void>(S::files::close(found->second));
    there.erase(found);
}

/// How often `store`, which puts `new_text` into a file, lost it or left something else, over all failures of power.
template <class Store>
std::size_t losses(const char* name, bool whole, Store store) {
    std::size_t lost = 0, runs = 0;
    bool finished = false;
    for (std::uint64_t call = 1; !finished; ++call)
        for (std::uint64_t seed = 0; seed < 20; ++seed, ++runs) {
            BOOST_REQUIRE(write(SCRATCH "/file", bytes(old_text)).has_value());
            seeded_choices from(seed);
            simulation world(from);
            BOOST_REQUIRE((create_directories<S>(SCRATCH) && replace<S>(SCRATCH "/file", bytes(old_text)) &&
                           basic_directory<S>::open("/")->sync()));
            there.clear();
            world.cut_power_at(call);
            target_disk_watcher = mirror;
            BOOST_TEST(store().has_value());
            target_disk_watcher = nullptr;
            finished = !world.is_off();
            world.restart();
            const std::string text = read_text<S>(SCRATCH "/file").value_or("");
            lost += finished ? text != new_text : whole && text != old_text && text != new_text;
        }
    std::printf("durability: %s: %zu failures of power, %zu losses\n", name, runs, lost);
    return lost;
}

vitte::result<void> replaced() { return replace(SCRATCH "/file", bytes(new_text)); }
vitte::result<void> written_and_synced() {
    VITTE_TRY(auto made, file::open(SCRATCH "/file", open_mode::read_write));
    VITTE_CHECK(made.write_at(bytes(new_text), 0));
    return made.sync();
}
vitte::result<void> data_synced() {
    VITTE_TRY(auto made, file::open(SCRATCH "/file", open_mode::read_write));
    VITTE_CHECK(made.write_at(bytes(new_text), 0));
    return made.sync_data();
}
}  // namespace

BOOST_AUTO_TEST_SUITE(durability)

BOOST_AUTO_TEST_CASE(what_is_synced_is_in_the_device_and_more) {
    const scratch folder;
    BOOST_TEST(losses("replace", true, replaced) == 0u);
    BOOST_TEST(losses("sync", false, written_and_synced) == 0u);
    BOOST_TEST(losses("sync_data", false, data_synced) == 0u);
}

/// Where F_FULLFSYNC cannot be had, fsync is all that there is; and it is not enough.
BOOST_AUTO_TEST_CASE(plain_fsync_is_found_wrong) {
    const scratch folder;
    ::setenv("VITTE_FULLFSYNC_ERROR", std::to_string(ENOTSUP).c_str(), 1);
    BOOST_TEST(losses("bug: replace with fsync", true, replaced) > 0u);
    BOOST_TEST(losses("bug: sync with fsync", false, written_and_synced) > 0u);
    BOOST_TEST(losses("bug: sync_data with fsync", false, data_synced) > 0u);
    ::unsetenv("VITTE_FULLFSYNC_ERROR");
}

BOOST_AUTO_TEST_SUITE_END()
