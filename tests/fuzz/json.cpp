// libFuzzer target: no text makes the reader of JSON, or those of manifests and locks, read outside it, run for long,
// or make what is not written and read again as the same.
#include <string>
#include <vitte/core/json.hpp>
#include <vitte/loader/dependencies/lock_file.hpp>
#include <vitte/loader/manifest.hpp>

#include "require.hpp"

namespace {
namespace json = vitte::json;
namespace loader = vitte::loader;

std::string written(json::value what, unsigned indent) {
    json::growing_output made;
    json::writer to(made, indent);
    json::write(to, what);
    require(to.finish().has_value());
    return std::string(made.text());
}

/// The number of values, each of which has been asked for all that it may be.
std::size_t look_at(json::value what) {
    std::size_t count = 1;
    const bool number = what.kind() == json::kind::number;
    require(number == !what.number_text().empty());
    require(what.get<std::string_view>().has_value() == (what.kind() == json::kind::string));
    const auto real = what.get<double>();
    const auto natural = what.get<std::uint64_t>();
    require(!natural || (real && *real == static_cast<double>(*natural)));
    require(number || (!real && !what.get<std::int64_t>()));
    if (!real) require(real.error().line >= 1 && real.error().message().size() != 0);
    if (const auto elements = what.elements())
        for (const json::value one : *elements) count += look_at(one);
    if (const auto members = what.members())
        for (const auto [name, value] : *members) {
            require(static_cast<bool>(what.find(name)));
            count += look_at(value);
        }
    return count;
}

template <class Made>
void look_at_manifest(const vitte::result<Made, json::read_error>& made) {
    if (!made) return require(made.error().message().size() != 0);
    if constexpr (requires { made->write(); }) {
        require(Made::read(made->write().value()).value() == *made);
    } else {
        require(loader::read_dependencies(loader::write_dependencies(*made).value()).value() == *made);
    }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size < 3000 ? size : 3000);
    json::document document;
    const bool repeats = document.read(text, {.depth = 200, .repeated_names = true}).has_value();
    const auto done = document.read(text, {.depth = 200});
    require(repeats || !done);
    if (!done) {
        require(done.error().offset <= text.size() && done.error().message().size() != 0);
        return 0;
    }
    require(look_at(document.root()) <= text.size());
    look_at_manifest(loader::manifest::read(document.root()));
    look_at_manifest(loader::read_dependencies(document.root()));
    look_at_manifest(loader::symbol_manifest::read(document.root()));
    if (const auto lock = loader::lock_file::read(text)) {
        const std::string kept = lock->write().value();
        require(loader::lock_file::read(kept).value().write().value() == kept);
    }
    const std::string plain = written(document.root(), 0);
    json::document again;
    require(again.read(plain).has_value() && written(again.root(), 0) == plain);
    require(again.read(written(document.root(), 2)).has_value());
    return 0;
}
