// Loads each plugin that is named and tries all that it offers: host [--lazy] [--scope-first] [--program] [--exit]
// MODULE… --program offers the host's own symbols, which a static one has to; --exit ends the program with the first
// module loaded. One line per module: "ok NAME" or "failed NAME: why".
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include <vitte/loader/loader.hpp>

#include "plugin.h"

namespace {
using vitte::loader::load_options;
using vitte::loader::module_loader;

std::vector<std::string> events;
vitte::sys::mutex events_lock;
std::string why;

void expect(bool condition, const char* what) {
    if (!condition && why.empty()) why = what;
}
#define EXPECT(condition) expect(condition, #condition)

bool mapped(const std::string& path) {
    std::ifstream maps("/proc/self/maps");
    std::string line;
    while (std::getline(maps, line))
        if (line.find(path) != std::string::npos) return true;
    return false;
}
bool read_only(const void* data) {
    const auto now = vitte::sys::protection(data);
    return now && *now == vitte::sys::access::read;
}
long count(const char* event) { return std::count(events.begin(), events.end(), event); }

/// A thread that does what it is told, one thing after another.
class worker {
public:
    ~worker() { stop(); }
    template <class Work>
    void run(Work work) {
        work_ = work;
        step_.store(1);
        while (step_.load() != 0) std::this_thread::yield();
    }
    void stop() {
        if (thread_.joinable()) step_.store(2), thread_.join();
    }

private:
    std::function<void()> work_;
    std::atomic<int> step_{0};
    std::thread thread_{[this] {
        for (int step; (step = step_.load()) != 2; std::this_thread::yield())
            if (step == 1) work_(), step_.store(0);
    }};
};

template <class Signature>
Signature* function(const vitte::loader::module& m, const char* name) {
    auto found = m.function_pointer<Signature>(name);
    if (!found) why = found.error().message();
    return found ? *found : nullptr;
}

void check_c(vitte::loader::module& m, worker& before, const std::string& path) {
    EXPECT((events == std::vector<std::string>{"first", "then"}));
    const auto check = function<int()>(m, "check");
    const auto count_up = function<int()>(m, "count_up");
    const auto counter = function<int*()>(m, "counter_address");
    const auto standard_output = function<FILE**()>(m, "standard_output");
    if (!why.empty()) return;
    EXPECT(const_cast<FILE* const*>(standard_output()) == &stdout);
    EXPECT(read_only(m.find("numbers")) == (path.find("norelro") == path.npos));
    if (const int wrong = check(); wrong != 0) why = "check " + std::to_string(wrong);
    EXPECT(count_up() == 41);
    EXPECT(count_up() == 44);
    EXPECT(*counter() == 42 && m.find("counter") == counter());
    int seen[2] = {};
    before.run([&] { seen[0] = count_up(); });
    std::thread([&] { seen[1] = count_up(); }).join();
    EXPECT(seen[0] == 41);
    EXPECT(seen[1] == 41);
    EXPECT(count_up() == 47);
    m.unload();
    EXPECT((events == std::vector<std::string>{"first", "then", "before last", "last"}));
}

template <class Error, class Call>
bool throws(Call call) {
    try {
        call();
    } catch (const Error&) {
        return true;
    }
    return false;
}

void check_cxx(vitte::loader::module& m, worker& before, const std::string& path) {
    EXPECT((events == std::vector<std::string>{"first", "second"}));
    const auto inside = function<int(int)>(m, "throw_inside");
    const auto through = function<int(int)>(m, "throw_through");
    const auto out = function<void(int)>(m, "throw_out");
    const auto number = function<void()>(m, "throw_number");
    const auto hosts = function<int()>(m, "catch_hosts");
    const auto make = function<shape*()>(m, "make_rectangle");
    const auto is_square = function<int(const shape*)>(m, "is_square");
    const auto made = function<int*()>(m, "made_by_all");
    const auto once = function<int()>(m, "lazy_static");
    const auto touch = function<int()>(m, "touch_thread_objects");
    if (!why.empty()) return;
    EXPECT(inside(7) == 7 && count("cleaned") == 1);
    EXPECT(through(2) == 3 && throws<odd_error>([&] { through(1); }) && count("cleaned") == 3);
    EXPECT(throws<odd_error>([&] { out(3); }) && throws<std::exception>([&] { out(3); }));
    EXPECT(throws<int>([&] { number(); }) && hosts() == 1);
    square mine;
    shape* const theirs = make();
    EXPECT(theirs->area() == 6 && dynamic_cast<square*>(theirs) == nullptr && is_square(&mine) == 1);
    EXPECT(is_square(theirs) == 0);
    delete theirs;
    EXPECT((made() == &counted<int>::made) == (path.find("symbolic") == path.npos));
    EXPECT(once() + once() == 2 && count("once") == 1);
    int seen[3] = {touch()};
    std::thread([&] { seen[1] = touch(); }).join();
    EXPECT(count("thread dies") == 1);
    before.run([&] { seen[2] = touch(); });
    EXPECT(seen[0] == 4 && seen[1] == 4 && seen[2] == 4 && count("thread born") == 3);
    m.unload();
    EXPECT(count("thread dies") == 2);
    EXPECT((std::vector<std::string>(events.end() - 3, events.end()) ==
            std::vector<std::string>{"once dies", "second dies", "first dies"}));
    EXPECT(mapped(path));  // as long as a thread will run its destructors
    before.stop();
    EXPECT(count("thread dies") == 3);
}

module_loader host(bool program) {
    module_loader made;
    made.provide("host_event", host_event);
    made.provide("host_add", host_add);
    made.provide("host_throw_if", host_throw_if);
    if (program)
        if (auto provided = made.provide_program(); !provided) why = provided.error().message();
    return made;
}
void report(const char* path) {
    if (why.empty()) std::printf("ok %s\n", path);
    else std::printf("failed %s: %s\n", path, why.c_str());
    std::fflush(stdout);
}

void check(const char* path, bool program, const load_options& options) {
    events.clear();
    worker before;
    auto loader = host(program);
    auto m = loader.load(path, options);
    const std::string name = std::strrchr(path, '/') == nullptr ? path : std::strrchr(path, '/') + 1;
    if (!m) why = m.error().message();
    else if (name.starts_with("cxx")) check_cxx(*m, before, name);
    else check_c(*m, before, name);
    EXPECT(!mapped(name));
}

[[noreturn]] void tell(const char* path) {
    const bool cxx = std::strstr(path, "cxx") != nullptr;
    const auto expected = cxx ? std::vector<std::string>{"thread dies", "second dies", "first dies"}
                              : std::vector<std::string>{"before last", "last"};
    EXPECT(events.size() >= expected.size() && std::equal(expected.rbegin(), expected.rend(), events.rbegin()));
    report(path);
    std::_Exit(!why.empty());
}
/// What a module still has to do is done when the program ends without having unloaded it.
void leave(const char* path, bool program, const load_options& options) {
    static const char* left = path;
    std::atexit([] { tell(left); });
    auto loader = host(program);
    auto m = loader.load(path, options);
    if (!m) why = m.error().message();
    else if (auto* const touch = m->find("touch_thread_objects")) reinterpret_cast<int (*)()>(touch)();
    else if (auto* const count_up = m->find("count_up"))
        for (int i = 0; i < 2; ++i) reinterpret_cast<int (*)()>(count_up)();
    std::exit(0);
}
}  // namespace

int square::area() const { return side * side; }
void host_event(const char* what) {
    const vitte::sys::scoped_lock guard(events_lock);
    events.emplace_back(what);
}
int host_add(int a, int b) { return a + b; }
int host_throw_if(int odd) {
    if (odd % 2 != 0) throw odd_error("host", odd);
    return odd;
}

int main(int argc, char** argv) {
    load_options options;
    bool program = false, exits = false, failed = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--lazy") options.lazy = true;
        else if (word == "--scope-first") options.scope_first = true;
        else if (word == "--program") program = true;
        else if (word == "--exit") exits = true;
        else if (exits) leave(argv[i], program, options);
        else {
            why.clear();
            check(argv[i], program, options);
            failed |= !why.empty();
            report(argv[i]);
        }
    }
    return failed;
}
