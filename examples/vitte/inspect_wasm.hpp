// vitte inspect, of a WebAssembly module.
#pragma once

#include <cstddef>
#include <span>

#include "command.hpp"

enum class inspect_form { text, json, functions };

exit_code inspect_wasm(std::span<const std::byte> bytes, const std::string& path, inspect_form form);
