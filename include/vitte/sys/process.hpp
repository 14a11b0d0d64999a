/// Processes: starting programs, talking to them, waiting for them, and this process itself.
#pragma once

#include <vitte/sys/process/capture.hpp>
#include <vitte/sys/process/command.hpp>
#include <vitte/sys/process/current.hpp>
#include <vitte/sys/process/pipe.hpp>
#include <vitte/sys/process/process.hpp>
