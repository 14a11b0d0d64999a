/// What modules need: `module_catalog`, what may be chosen from; `resolve_modules`, which chooses, and its
/// `module_graph`; `lock_file`.
#pragma once

#include <vitte/loader/dependencies/resolve.hpp>
