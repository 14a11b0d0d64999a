/// The compiler of the Vitte language: all stages, one after the other.
#pragma once

#include <optional>
#include <vitte/language/check/check.hpp>
#include <vitte/language/code/evaluate.hpp>
#include <vitte/language/code/mir.hpp>
#include <vitte/language/code/optimise.hpp>
#include <vitte/language/generate/generate.hpp>
#include <vitte/language/lower/lower.hpp>
#include <vitte/language/parse/parse.hpp>
#include <vitte/language/report.hpp>

namespace vitte::language {

struct compile_options {
    bool optimise = true;
    bool tests = false;  ///< exports `test "name" { … }` as a procedure "test name"
    evaluation_limits evaluation = {};
};

/// Compiles the text number `file` to a WebAssembly module. Returns nothing if there are `errors`. The same texts give
/// the same bytes.
inline std::optional<std::vector<std::byte>> compile(const sources& from, std::uint32_t file, diagnostics& errors,
                                                     const compile_options& options = {}) {
    const syntax_tree tree = parse(from, file, errors);
    if (!errors.empty()) return std::nullopt;
    program p = lower(from, tree, errors);
    if (!errors.empty()) return std::nullopt;
    p = check(from, std::move(p), errors);
    if (!errors.empty()) return std::nullopt;
    code c = mir_of(p, errors);
    if (!errors.empty()) return std::nullopt;
    for (function& f : c.functions) f.visible |= f.test && options.tests;
    c = ssa_of(drop_uncalled(std::move(c), true), errors);
    if (!errors.empty()) return std::nullopt;
    c = evaluate(std::move(c), errors, options.evaluation);
    if (!errors.empty()) return std::nullopt;
    c = drop_uncalled(std::move(c));
    if (options.optimise) c = optimise(std::move(c));
    return generate(from, c);
}

}  // namespace vitte::language
