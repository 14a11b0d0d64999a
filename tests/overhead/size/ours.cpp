#include <vitte/sys/fs/copy.hpp>

int main(int count, char** arguments) {
    if (count != 3) return 2;
    const auto copied = vitte::sys::copy(arguments[1], arguments[2]);
    if (copied) return 0;
    static_cast<void>(vitte::sys::print(message(copied.error().code), vitte::sys::standard_stream::error));
    return 1;
}
