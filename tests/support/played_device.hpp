// A platform whose devices are played: what is asked is kept, and answered.
#pragma once

#include <vitte/sys/device.hpp>

struct played : vitte::sys::native {
    struct devices : vitte::sys::native::devices {
        static inline unsigned long asked = 0;
        static inline unsigned interruptions = 0, calls = 0;
        static inline std::size_t in = 0, out = 0;
        static inline int (*answer)(void* argument) = nullptr;
        static vitte::result<int> control(handle, unsigned long number, void* argument, std::size_t to,
                                          std::size_t from) noexcept {
            ++calls;
            if (interruptions != 0) return --interruptions, vitte::fail(vitte::errc::interrupted, "played");
            asked = number, in = to, out = from;
            return answer == nullptr ? 0 : answer(argument);
        }
        static void begin(int (*to_answer)(void*)) noexcept {
            answer = to_answer;
            asked = 0;
            interruptions = calls = 0;
        }
    };
};
