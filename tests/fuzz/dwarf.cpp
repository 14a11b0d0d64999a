// libFuzzer target: no debug information makes its views, or what binds it, read outside it, run for long, or stop the
// program. The input is an ELF file, or the sections as they are: two sizes, then abbreviations, strings and units.
#include "../support/walk_dwarf.hpp"

namespace {
namespace loader = vitte::loader;
using bytes = std::span<const std::byte>;

void look(const loader::dwarf::sections& in) {
    walk_dwarf(in), walk_dwarf(in, true);
    bind_dwarf(in);
}

void look_at_sections(bytes all) {
    if (all.size() < 5) return;
    const auto take = [&](std::size_t size) {
        const loader::part taken{all.first(size < all.size() ? size : all.size())};
        all = all.subspan(taken.bytes.size());
        return taken;
    };
    const bytes head = take(5).bytes;
    loader::dwarf::sections in;
    in.form = {true, (head[0] & std::byte{1}) == std::byte{0} ? vitte::byte_order::little : vitte::byte_order::big};
    in.abbreviations = take(vitte::load<std::uint16_t>(&head[1], vitte::byte_order::little));
    in.strings = in.line_strings = in.string_offsets = in.addresses =
        take(vitte::load<std::uint16_t>(&head[3], vitte::byte_order::little));
    ((head[0] & std::byte{2}) == std::byte{0} ? in.info : in.types) = loader::part{all};
    look(in);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const bytes all = std::as_bytes(std::span(data, size));
    const auto file = loader::elf::file::parse(all);
    if (!file) return look_at_sections(all), 0;
    const auto in = loader::dwarf::find_sections(*file, [](const loader::dwarf::compressed& packed) {
        return vitte::result<bytes, loader::parse_error>(packed.stored.first(0));
    });
    if (!in) return 0;
    look(*in);
    loader::bind::debug_entries entries;
    static_cast<void>(entries.add(*in, nullptr));
    entries.finish();
    if (const auto made = loader::bind::collect(*file, entries))
        static_cast<void>(loader::bind::header_of(*made, "hostile", "a library"));
    return 0;
}
