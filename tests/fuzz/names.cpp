// libFuzzer target: no pattern, path or text makes what looks at them read outside it, run for long, or contradict
// itself.
#include <cstdlib>
#include <span>

#include <vitte/core/glob.hpp>
#include <vitte/core/utf8.hpp>
#include <vitte/sys/fs/path.hpp>

namespace {

void require(bool well) {
    if (!well) std::abort();
}

template <class Path>
void look_at(Path path, Path other) {
    const std::string_view text = path.text();
    require(path.root().size() + path.name().size() <= text.size() &&
            path.stem().size() + path.extension().size() == path.name().size());
    require(text.starts_with(path.parent().text()));
    char once[5000], twice[5000], joined[5000];
    if (const auto size = path.normalize(once)) {
        require(*size <= text.size() + 1);
        const auto again = Path(std::string_view(once, *size)).normalize(twice);
        require(again && std::string_view(twice, *again) == std::string_view(once, *size));
        require(Path(std::string_view(once, *size)).is_absolute() == path.is_absolute());
    }
    static_cast<void>(path.join(other, joined));
    if (const auto size = path.relative_to(other, joined))
        require(Path(std::string_view(joined, *size)).root().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view all(reinterpret_cast<const char*>(data), size < 2000 ? size : 2000);
    const std::string_view first = all.substr(0, all.find('\n')), second = all.substr(first.size());
    require(vitte::utf8_valid_prefix(std::as_bytes(std::span(all))) <= all.size());
    require(!vitte::glob_match_path(first, second).whole || first.size() != 0 || second.size() == 0);
    static_cast<void>(vitte::glob_match(first, second));
    look_at(vitte::sys::posix_path(first), vitte::sys::posix_path(second));
    look_at(vitte::sys::windows_path(first), vitte::sys::windows_path(second));
    return 0;
}
