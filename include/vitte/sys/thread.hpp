/// Threads, and what they wait for each other with. Each lock has four bytes (`shared_mutex` eight), needs no
/// destructor, and is a template over one wait primitive of the platform.
#pragma once

#include <vitte/sys/thread/condition_variable.hpp>
#include <vitte/sys/thread/event.hpp>
#include <vitte/sys/thread/latch.hpp>
#include <vitte/sys/thread/mutex.hpp>
#include <vitte/sys/thread/once.hpp>
#include <vitte/sys/thread/semaphore.hpp>
#include <vitte/sys/thread/shared_mutex.hpp>
#include <vitte/sys/thread/thread.hpp>
