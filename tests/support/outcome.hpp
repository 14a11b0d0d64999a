// How something has ended, in words that a test compares.
#pragma once

#include <string>

#include <vitte/core/result.hpp>

template <class Result>
std::string why(const Result& r) {
    return r ? "done" : message(r.error().code);
}
