/// Devices: terminals and pseudo-terminals, serial lines, sizes of block devices, and typed requests to any other one.
/// `device/gpio.hpp`, `device/i2c.hpp` and `device/spi.hpp` have those of Linux's buses.
#pragma once

#include <vitte/sys/device/block_device.hpp>
#include <vitte/sys/device/control.hpp>
#include <vitte/sys/device/pseudo_terminal.hpp>
#include <vitte/sys/device/serial_port.hpp>
#include <vitte/sys/device/terminal.hpp>
