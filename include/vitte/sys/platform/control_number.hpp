/// The numbers of requests to devices, as a system makes them of what they take.
#pragma once

namespace vitte::sys {

/// Which way an argument goes.
enum class control_direction : unsigned char {
    none,    ///< there is none
    value,   ///< to the device, as a number in the place of an address
    writes,  ///< to the device
    reads,   ///< from the device
    both,    ///< there, changed, and back
};

namespace detail {

template <class Argument>
inline constexpr unsigned long control_size = sizeof(Argument);
template <>
inline constexpr unsigned long control_size<void> = 0;

/// A number as the system makes it of a direction, a group, a number in it, and the size of the argument
/// (asm-generic/ioctl.h and its exceptions, sys/ioccom.h).
template <class Argument>
constexpr unsigned long control_number(control_direction direction, unsigned char group, unsigned char number,
                                       unsigned long size = control_size<Argument>) noexcept {
    const bool reads = direction == control_direction::reads || direction == control_direction::both;
    const bool writes = direction == control_direction::writes || direction == control_direction::both;
#if defined(__linux__)
#if defined(__powerpc__) || defined(__mips__) || defined(__sparc__) || defined(__alpha__)
    constexpr unsigned long none = 0x20000000, read = 0x40000000, write = 0x80000000;
#else
    constexpr unsigned long none = 0, read = 0x80000000, write = 0x40000000;
#endif
#else
    constexpr unsigned long none = 0x20000000, read = 0x40000000, write = 0x80000000;
#endif
    const unsigned long ways = (reads ? read : 0) | (writes ? write : 0);
    return (ways != 0 ? ways : none) | size << 16 | static_cast<unsigned long>(group) << 8 | number;
}

}  // namespace detail

}  // namespace vitte::sys
