// A plugin in C++: exceptions, types, static and thread-local objects.
#include "plugin.h"

#include <vector>

namespace {
struct noisy {
    const char *born, *dies;
    noisy(const char* b, const char* d) : born(b), dies(d) { host_event(born); }
    ~noisy() { host_event(dies); }
};
noisy first("first", "first dies"), second("second", "second dies");
thread_local noisy per_thread("thread born", "thread dies");
thread_local std::vector<int> numbers{1, 2, 3};

struct rectangle : shape {
    int a = 2, b = 3;
    int area() const override { return a * b; }
};
struct cleaner {
    ~cleaner() { host_event("cleaned"); }
};
}  // namespace

extern "C" {

int throw_inside(int n) {
    try {
        const cleaner c;
        if (n > 0) throw odd_error("inside", n);
    } catch (const std::exception& e) {
        const auto* const odd = dynamic_cast<const odd_error*>(&e);
        return odd != nullptr && std::string(e.what()) == "inside" ? odd->number : -1;
    }
    return 0;
}
/// What the host throws passes through.
int throw_through(int n) {
    const cleaner c;
    return host_throw_if(n) + 1;
}
void throw_out(int n) { throw odd_error("out", n); }
void throw_number() { throw 42; }
int catch_hosts() {
    try {
        host_throw_if(1);
    } catch (const odd_error& e) {
        return e.number;
    }
    return -1;
}

shape* make_rectangle() { return new rectangle; }
int is_square(const shape* s) { return dynamic_cast<const square*>(s) != nullptr; }
int* made_by_all() { return &counted<int>::made; }

int lazy_static() {
    static const noisy once("once", "once dies");
    return 1;
}
int touch_thread_objects() {
    per_thread.born = "touched";
    numbers.push_back(4);
    return static_cast<int>(numbers.size());
}
}
