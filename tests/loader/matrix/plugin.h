// What the hosts and the plugins of the matrix share.
#pragma once

#ifdef __cplusplus
#include <stdexcept>
#include <string>

/// Implemented in plugins, used by the host.
struct shape {
    virtual ~shape() = default;
    virtual int area() const = 0;
};
struct square : shape {
    int side = 0;
    int area() const override;
};
struct odd_error : std::runtime_error {
    int number;
    odd_error(const char* what, int n) : std::runtime_error(what), number(n) {}
};

/// One in a program, wherever it is instantiated (STB_GNU_UNIQUE or weak).
template <class T>
struct counted {
    static inline int made = 0;
};

extern "C" {
#endif

void host_event(const char* what);
int host_add(int a, int b);
int host_throw_if(int odd);

#ifdef __cplusplus
}
#endif
