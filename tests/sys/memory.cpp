#include <cstring>
#include <string>
#include <vector>

#include <vitte/sys/fs/canonical.hpp>
#include <vitte/sys/fs/tree.hpp>

#if defined(__linux__)
#include <sys/stat.h>
#endif

#include "../support/faults.hpp"
#include "../support/text_files.hpp"

namespace sys = vitte::sys;

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(reserved_pages_fault_until_they_are_committed, *needs(page_rights)) {
    const std::size_t page = sys::region::page_size();
    auto r = sys::region::reserve(16 * page);
    BOOST_REQUIRE(r.has_value());
    volatile auto* const at = reinterpret_cast<volatile char*>(r->data());
    BOOST_TEST(faults([&] { at[0] = 1; }));
    BOOST_TEST(r->commit(0, page).has_value());
    BOOST_TEST(at[page - 1] == 0);
    at[0] = 1;
    BOOST_TEST(!faults([&] { at[0] = 1; }));
    BOOST_TEST(faults([&] { at[page] = 2; }));
    BOOST_TEST(r->protect(0, page, sys::access::read).has_value());
    BOOST_TEST(faults([&] { at[0] = 2; }));
    BOOST_TEST(at[0] == 1);
    BOOST_TEST(r->decommit(0, page).has_value());
    BOOST_TEST(r->commit(0, page).has_value());
    BOOST_TEST(at[0] == 0);
}

BOOST_AUTO_TEST_CASE(an_impossible_reservation_is_an_error) {
    BOOST_TEST((sys::region::reserve(SIZE_MAX).error().code == vitte::errc::too_large));
    BOOST_TEST((sys::region::reserve(SIZE_MAX / 16 * 15).error().code == vitte::errc::out_of_memory));
}

BOOST_AUTO_TEST_CASE(guard_pages_stop_what_runs_over, *needs(page_rights)) {
    const std::size_t page = sys::region::page_size();
    auto r = sys::region::allocate_guarded(3 * page);
    BOOST_REQUIRE(r.has_value());
    BOOST_TEST(r->size() == 3 * page);
    volatile auto* const at = reinterpret_cast<volatile char*>(r->data());
    BOOST_TEST(!faults([&] { at[0] = 1; at[3 * page - 1] = 1; }));
    BOOST_TEST(faults([&] { at[-1] = 1; }));
    BOOST_TEST(faults([&] { at[3 * page] = 1; }));
    const auto* const start = r->data();
    if (protection_query.present()) BOOST_TEST((*sys::protection(start - 1) == sys::access::none));
    BOOST_TEST(r->release().has_value());
    BOOST_TEST(faults([&] { at[0] = 1; }));
}

BOOST_AUTO_TEST_CASE(the_os_tells_what_pages_allow, *needs(protection_query)) {
    const std::size_t page = sys::region::page_size();
    auto r = sys::region::reserve(3 * page);
    BOOST_REQUIRE(r.has_value());
    BOOST_TEST((r->commit(0, page).has_value() && r->commit(page, page, sys::access::read).has_value()));
    BOOST_TEST((*sys::protection(r->data()) == sys::access::read_write));
    BOOST_TEST((*sys::protection(r->data() + page + 5) == sys::access::read));
    BOOST_TEST((*sys::protection(r->data() + 2 * page) == sys::access::none));
    BOOST_TEST((*sys::protection(reinterpret_cast<const void*>(&text_of)) == sys::access::read_execute));
    BOOST_TEST((*sys::protection(nullptr) == sys::access::none));
}

#if defined(__linux__)
BOOST_AUTO_TEST_CASE(long_paths_are_not_taken_for_pages, *needs(protection_query)) {
    // A path of 500 to 700 bytes, of which a part looks like the line of other pages, wherever that part begins.
    BOOST_REQUIRE((sys::remove_all(SCRATCH) && sys::create_directories(SCRATCH)));
    char absolute[4096];
    std::string folder = SCRATCH, line;
    for (std::size_t there = *sys::canonical(SCRATCH, absolute); there < 360; there += 61)
        folder += '/' + std::string(60, 'a');
    BOOST_REQUIRE(sys::create_directories(folder.c_str()).has_value());
    while (line.size() < 200) line += "0-ffffffffffffffff r-xp ";
    std::vector<sys::mapping> mapped;
    for (std::size_t i = 0; i < 24; ++i) {
        const text_file file(folder + '/' + std::string(i, 'c') + line, "mapped");
        auto map = sys::mapping::open(file.path());
        BOOST_REQUIRE(map.has_value());
        mapped.push_back(std::move(*map));
    }
    BOOST_TEST((*sys::protection(nullptr) == sys::access::none));
    BOOST_TEST((*sys::protection(mapped[0].bytes().data()) == sys::access::read));
    BOOST_TEST(sys::remove_all(SCRATCH).has_value());
}
#endif

BOOST_AUTO_TEST_CASE(hints_and_locks_are_taken) {
    const std::size_t page = sys::region::page_size();
    auto r = sys::region::allocate_huge(1);
    BOOST_REQUIRE(r.has_value());
    BOOST_TEST(r->size() % (2u << 20) == 0u);
    r->data()[r->size() - 1] = std::byte{1};
    BOOST_TEST(r->lock(0, page).has_value());
    BOOST_TEST(r->unlock(0, page).has_value());
    for (const auto advice : {sys::memory_advice::normal, sys::memory_advice::sequential, sys::memory_advice::random,
                              sys::memory_advice::will_need, sys::memory_advice::free}) {
        const auto advised = r->advise(0, page, advice);
        BOOST_TEST((advised || advised.error().code == vitte::errc::not_supported));
    }
}

BOOST_AUTO_TEST_CASE(shared_memory_is_one_memory_at_two_places, *needs(shared_memory)) {
    const std::size_t page = sys::region::page_size();
    auto shared = sys::shared_memory::create(page);
    BOOST_REQUIRE(shared.has_value());
    auto one = sys::view::map(shared->file(), page), two = sys::view::map(shared->file(), page, sys::access::read);
    BOOST_REQUIRE((one && two));
    one->bytes()[7] = std::byte{42};
    BOOST_TEST((two->bytes()[7] == std::byte{42}));
    BOOST_TEST(faults([&] { const_cast<volatile std::byte*>(two->bytes().data())[0] = std::byte{1}; }));
    BOOST_TEST(shared->resize(page).has_value());
    if (const auto grown = shared->resize(2 * page)) BOOST_TEST(*shared->size() == 2 * page);
    else BOOST_TEST((grown.error().code == vitte::errc::not_supported && *shared->size() == page));
}

BOOST_AUTO_TEST_CASE(sealed_memory_stays_as_it_is, *needs(seals)) {
    const std::size_t page = sys::region::page_size();
    auto shared = sys::shared_memory::create(page);
    BOOST_REQUIRE(shared.has_value());
    const auto content = static_cast<unsigned>(sys::memory_seal::content),
               size = static_cast<unsigned>(sys::memory_seal::size);
    {
        auto view = sys::view::map(shared->file(), page);
        BOOST_TEST((shared->seal(content).error().code == vitte::errc::busy));
    }
    const auto sealed = shared->seal(content | size | static_cast<unsigned>(sys::memory_seal::seals));
    BOOST_TEST(sealed.has_value());
    BOOST_TEST((shared->resize(0).error().code == vitte::errc::permission_denied));
    BOOST_TEST(!sys::view::map(shared->file(), page).has_value());
    BOOST_TEST(sys::view::map(shared->file(), page, sys::access::read).has_value());
}

BOOST_AUTO_TEST_CASE(named_memory_is_found_by_its_name, *needs(shared_memory)) {
    const std::string name = "/vitte-test-" + std::to_string(sys::monotonic_time());
    const std::size_t page = sys::region::page_size();
    {
        auto made = sys::shared_memory::create(name.c_str(), page);
        BOOST_REQUIRE(made.has_value());
        sys::view::map(made->file(), page)->bytes()[0] = std::byte{9};
    }
    BOOST_TEST((sys::shared_memory::create(name.c_str(), page).error().code == vitte::errc::already_exists));
    auto found = sys::shared_memory::open(name.c_str(), sys::open_mode::read);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST((sys::view::map(found->file(), page, sys::access::read)->bytes()[0] == std::byte{9}));
#if !defined(_WIN32)  // which has no such thing
    auto emptied = sys::shared_memory::open(name.c_str(), sys::open_mode::write);
    BOOST_REQUIRE(emptied.has_value());
    BOOST_TEST((*emptied->size() == 0 && emptied->resize(page) && *emptied->size() == page));
    BOOST_TEST((sys::view::map(emptied->file(), page)->bytes()[0] == std::byte{0}));
#endif
    BOOST_TEST(sys::shared_memory::remove(name.c_str()).has_value());
    BOOST_TEST((sys::shared_memory::open(name.c_str()).error().code == vitte::errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_shared_view_of_a_file_changes_the_file, *needs(shared_memory)) {
    const text_file file("memory-test.bin", std::string(100, 'a'));
    {
        const auto opened = sys::file::open(file.path(), sys::open_mode::read_write);
        auto view = sys::view::map(*opened, 100);
        BOOST_REQUIRE(view.has_value());
        view->bytes()[3] = std::byte{'b'};
        BOOST_TEST(view->sync().has_value());
    }
    BOOST_TEST(text_of(file.path()).substr(0, 5) == "aaaba");
}

BOOST_AUTO_TEST_CASE(an_arena_grows_in_place_and_gives_back) {
    const std::size_t page = sys::region::page_size();
    auto arena = sys::virtual_arena::reserve(64 * page, page);
    BOOST_REQUIRE(arena.has_value());
    std::byte* const first = *arena->grow(10);
    first[9] = std::byte{1};
    std::byte* const second = *arena->grow(20 * page);
    BOOST_TEST(second == first + 10);
    second[20 * page - 1] = std::byte{2};
    BOOST_TEST((first[9] == std::byte{1}));
    BOOST_TEST((arena->grow(64 * page).error().code == vitte::errc::too_large));
    BOOST_TEST((arena->grow(SIZE_MAX).error().code == vitte::errc::too_large));
    BOOST_TEST(arena->shrink(1, true).has_value());
    BOOST_TEST(arena->committed() == page);
    if (page_rights.present())
        BOOST_TEST(faults([&] { *const_cast<volatile std::byte*>(first + page) = std::byte{1}; }));
    BOOST_TEST((*arena->grow(64 * page - 1) == first + 1));
    BOOST_TEST((first[2 * page] == std::byte{0}));
    BOOST_TEST((arena->grow(1).error().code == vitte::errc::too_large));
}

BOOST_AUTO_TEST_CASE(an_arena_takes_steps_of_any_size) {
    const std::size_t page = sys::region::page_size();
    constexpr std::size_t most = SIZE_MAX;
    for (const std::size_t step : {std::size_t{0}, std::size_t{1}, page + 1, 4 * page, most / 2 + 1, most - page,
                                   most - page + 1, most - 1, most}) {
        auto arena = sys::virtual_arena::reserve(8 * page, step);
        BOOST_REQUIRE(arena.has_value());
        for (std::size_t size = 0; size < 6 * page; size += page + 1) {
            BOOST_REQUIRE(arena->grow(page + 1).has_value());
            BOOST_TEST(arena->committed() >= arena->size());
            arena->data()[arena->size() - 1] = std::byte{1};
        }
        BOOST_TEST(arena->shrink(page + 1, true).has_value());
        BOOST_TEST(arena->committed() >= 2 * page);
        BOOST_TEST(arena->committed() % page == 0u);
        BOOST_TEST((arena->data()[page] == std::byte{1}));
        BOOST_TEST(arena->grow(7 * page - 1).has_value());
        BOOST_TEST(arena->committed() == arena->limit());
    }
}

BOOST_AUTO_TEST_CASE(a_bump_arena_aligns_and_rewinds) {
    auto arena = sys::bump_arena::reserve(1 << 20);
    BOOST_REQUIRE(arena.has_value());
    void* const a = arena->allocate(3, 1);
    const std::size_t here = arena->mark();
    void* const b = arena->allocate(100, 64);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(b) % 64 == 0u);
    BOOST_TEST(static_cast<char*>(b) >= static_cast<char*>(a) + 3);
    arena->rewind(here);
    BOOST_TEST(arena->allocate(100, 64) == b);
    BOOST_TEST(*arena->make<int>(5) == 5);
    BOOST_TEST(arena->allocate(2 << 20) == nullptr);
    BOOST_TEST(arena->allocate(SIZE_MAX) == nullptr);
    BOOST_TEST(arena->reset().has_value());
    BOOST_TEST(arena->mark() == 0u);
}

BOOST_AUTO_TEST_CASE(code_is_written_at_one_address_and_runs_at_another, *needs(shared_memory)) {
    auto code = sys::code_region::allocate(100);
    BOOST_REQUIRE(code.has_value());
    const unsigned char returns_7[] = {
#if defined(__x86_64__)
        0xb8, 7, 0, 0, 0, 0xc3,  // mov eax, 7; ret
#elif defined(__aarch64__)
        0xe0, 0, 0x80, 0x52, 0xc0, 3, 0x5f, 0xd6,  // mov w0, 7; ret
#elif defined(__arm__)
        7, 0, 0xa0, 0xe3, 0x1e, 0xff, 0x2f, 0xe1,  // mov r0, 7; bx lr
#elif defined(__riscv)
        0x1d, 0x45, 0x82, 0x80,  // c.li a0, 7; ret
#elif defined(__s390x__)
        0xa7, 0x29, 0, 7, 0x07, 0xfe,  // lghi r2, 7; br r14
#else
        0,
#endif
    };
    constexpr bool two_addresses = []<class M>(M*) {
        return !requires { M::write_code(true); };
    }(static_cast<sys::native::memory*>(nullptr));
    const auto* const at = code->edit(16, sizeof returns_7, [&](std::span<std::byte> to) {
        std::memcpy(to.data(), returns_7, sizeof returns_7);
        if (two_addresses && protection_query.present())
            BOOST_TEST((*sys::protection(to.data()) == sys::access::read_write));
    });
    BOOST_TEST((at == code->executable() + 16));
    if (protection_query.present()) BOOST_TEST((*sys::protection(at) == sys::access::read_execute));
    BOOST_TEST(reinterpret_cast<int (*)()>(reinterpret_cast<std::uintptr_t>(at))() == 7);
#if !defined(__APPLE__) || defined(__aarch64__)  // Intel's processors have no rights of threads
    BOOST_TEST(faults([&] { *const_cast<volatile std::byte*>(code->executable()) = std::byte{1}; }));
#endif
}

BOOST_AUTO_TEST_CASE(secrets_are_forgotten) {
    std::byte secret[64];
    std::memset(secret, 7, sizeof secret);
    vitte::secure_zero(secret);
    for (const std::byte b : secret) BOOST_TEST((b == std::byte{0}));
}

BOOST_AUTO_TEST_CASE(a_reservation_under_a_file_is_of_whole_pages) {
    const std::size_t page = sys::region::page_size();
    const text_file file("memory-test.bin", std::string(2 * page, 'a'));
    const auto opened = sys::file::open(file.path());
    BOOST_REQUIRE(opened.has_value());
    auto r = sys::region::reserve_under(page + 1, sys::access::read_write, *opened, 0);
    BOOST_REQUIRE(r.has_value());
    BOOST_TEST(r->size() == 2 * page);
    BOOST_TEST((r->data()[page] == std::byte{'a'}));
    if (page_rights.present()) BOOST_TEST(r->protect(page, page, sys::access::read).has_value());
    BOOST_TEST((sys::region::reserve_under(SIZE_MAX, sys::access::read, *opened, 0).error().code ==
                vitte::errc::too_large));
}

BOOST_AUTO_TEST_CASE(maps_files) {
    const text_file file("memory-test.txt", "mapped");
    const auto m = sys::mapping::open(file.path());
    BOOST_REQUIRE(m.has_value());
    BOOST_TEST(std::string(reinterpret_cast<const char*>(m->bytes().data()), m->bytes().size()) == "mapped");
    const text_file empty("memory-test-empty.txt", "");
    const auto nothing = sys::mapping::open(empty.path());
    BOOST_TEST((nothing && nothing->bytes().empty()));
#if defined(__linux__)
    BOOST_TEST((sys::mapping::open(".").error().code == vitte::errc::is_a_directory));
    for (const char* path : {"/proc/self/status", "/proc/self/mem", "/sys/kernel/mm/transparent_hugepage/enabled"})
        if (sys::stat(path))
            BOOST_TEST((sys::mapping::open(path).error().code == vitte::errc::not_supported), path);
    // One that nobody writes to holds nobody up.
    BOOST_REQUIRE(::mkfifo("memory-test.fifo", 0600) == 0);
    BOOST_TEST((sys::mapping::open("memory-test.fifo").error().code == vitte::errc::not_supported));
    BOOST_TEST(sys::directory::current().remove("memory-test.fifo").has_value());
    const auto none = sys::file::open("/dev/null");
    BOOST_TEST((sys::view::map(*none, 1, sys::access::read).error().code == vitte::errc::not_supported));
#endif
}

BOOST_AUTO_TEST_SUITE_END()
