/// Semantic Versioning 2.0.0: versions, their order, and ranges of them in the meanings of npm and of Cargo.
#pragma once

#include <vitte/core/semver/range.hpp>
#include <vitte/core/semver/version.hpp>
#include <vitte/core/semver/version_set.hpp>
