/// Signals: read as events, ignored for a while, Ctrl-C, and handlers of faults.
#pragma once

#include <vitte/sys/signal/fault_handler.hpp>
#include <vitte/sys/signal/ignored.hpp>
#include <vitte/sys/signal/interruption.hpp>
#include <vitte/sys/signal/reader.hpp>
