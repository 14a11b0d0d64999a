#include <vitte/loader/ffi/function.hpp>
#include <vitte/loader/ffi/signature.hpp>

#include "pair.hpp"

namespace ffi = vitte::loader::ffi;

struct point {
    long x, y;
};
[[gnu::noipa]] long next(point p, long n) { return p.x + p.y + n; }

/// What a function costs whose type, a text, was once found to be what the program knows: one indirect call.
long (*typed)(point, long);
long (*by_hand)(point, long) = next;

int main(int argc, char** argv) {
    ffi::type_pool pool;
    const auto type = ffi::read_function_type("long({long x, long y}, long)", pool);
    if (!type) return 3;
    const auto same = ffi::typed<long(point, long)>(*type, reinterpret_cast<void*>(next));
    if (!same) return 4;
    typed = *same;
    long sum = 0;
    const int ended = run_pair(argc, argv, [&] { sum = typed({sum, 1}, 2); }, [&] { sum = by_hand({sum, 1}, 2); });
    return sum == 0 ? 2 : ended;
}
