/// What has happened, of many things at once. Signals, children, files and wishes to stop have headers of their own.
#pragma once

#include <vitte/sys/event/await.hpp>
#include <vitte/sys/event/loop.hpp>
#include <vitte/sys/event/poller.hpp>
#include <vitte/sys/event/task.hpp>
