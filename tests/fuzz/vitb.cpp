// libFuzzer target: no container is read outside its bytes, what is read is written as the same again, and whatever is
// written is read as it was.
#include <vector>
#include <vitte/core/assert.hpp>
#include <vitte/loader/format/vitb.hpp>
#include <vitte/loader/format/vitb/writer.hpp>

namespace {
namespace vitb = vitte::loader::vitb;
using bytes = std::vector<std::byte>;

constexpr std::uint64_t limit = 1 << 20;

bool is_same(std::span<const std::byte> a, std::span<const std::byte> b) {
    return a.size() == b.size() && (a.empty() || __builtin_memcmp(a.data(), b.data(), a.size()) == 0);
}

/// With the checksums that it should have, which no fuzzer finds.
void mend_checksums(bytes& file) {
    const auto parsed = vitb::container::parse(file);
    if (!parsed) return;
    for (std::size_t i = 0; i < parsed->size(); ++i) {
        if ((*parsed)[i].kind == vitb::kind::sign) continue;
        vitte::store(file.data() + parsed->table_offset() + 4 + 40 * i + 32, vitte::crc32((*parsed)[i].stored),
                     vitte::byte_order::little);
    }
}

/// What a container that the writer could have made is written as, once as it is and once with other compressions.
void write_again(const vitb::container& from) {
    std::vector<vitb::held_content> contents;
    bool is_plain = from.signatures().empty();
    for (std::size_t i = 0; i < from.size(); ++i) {
        const vitb::entry e = from[i];
        auto inside = vitb::content(e, limit);
        if (!inside || (i != 0 && !vitb::is_known(e.kind) && from[i - 1].kind == e.kind)) return;
        contents.push_back(std::move(*inside));
        is_plain = is_plain && e.flags == (vitb::is_known(e.kind) ? vitb::critical_flag : 0);
    }
    for (unsigned turn = 0; turn < 3; ++turn) {
        vitb::writer to;
        std::size_t i = from.size();
        while (i-- != 0) {
            const vitb::entry e = from[i];
            const auto by = static_cast<vitb::compression>((turn + i) % 3 * (turn != 0));
            if (e.kind != vitb::kind::sign) VITTE_ASSERT(to.add(e.kind, contents[i], by, e.label).has_value());
        }
        const auto written = to.finish();
        VITTE_ASSERT(written.has_value());
        VITTE_ASSERT(turn != 0 || !is_plain || is_same(*written, from.bytes()));
        const auto again = vitb::container::parse(*written);
        VITTE_ASSERT(again.has_value() && again->size() == from.size() - !from.signatures().empty());
        for (const vitb::entry& e : *again) {
            const auto there = from.find(e.kind, e.label);
            VITTE_ASSERT(there.has_value());
            VITTE_ASSERT(is_same(*vitb::content(e, limit), *vitb::content(*there, limit)));
        }
    }
}

void read(std::span<const std::byte> file) {
    const auto parsed = vitb::container::parse(file);
    if (!parsed) return;
    VITTE_ASSERT(parsed->signed_part().size() + parsed->signatures().size() == file.size());
    std::size_t end = 16;
    for (const vitb::entry& e : *parsed) {
        VITTE_ASSERT(vitb::has_label(e.kind) ? vitb::is_label(e.label) : e.label.empty());
        if (e.kind == vitb::kind::sign) continue;
        VITTE_ASSERT(e.offset >= end && e.offset % 16 == 0);
        end = static_cast<std::size_t>(e.offset) + e.stored.size();
        VITTE_ASSERT(end <= parsed->table_offset());
        const auto inside = vitb::content(e, limit);
        if (inside) VITTE_ASSERT(inside->span().size() == e.plain_size && e.plain_size <= limit);
    }
    write_again(*parsed);
    const auto to_sign = vitb::signable(*parsed);
    VITTE_ASSERT(to_sign.has_value() && to_sign->size() % 16 == 0);
    bytes with_signature(to_sign->data(), to_sign->data() + to_sign->size());
    with_signature.insert(with_signature.end(), vitb::signature_size, std::byte{1});
    const auto signed_now = vitb::container::parse(with_signature);
    VITTE_ASSERT(signed_now.has_value() && is_same(signed_now->signed_part(), *to_sign));
    VITTE_ASSERT(signed_now->size() == parsed->size() + parsed->signatures().empty());
}

/// Entries whose kinds, labels and contents are what the bytes say.
void write(std::span<const std::byte> from) {
    constexpr vitb::kind kinds[] = {vitb::kind::meta, vitb::kind::natv, vitb::kind::data, vitb::kind::code,
                                    vitb::kind::scpt, vitb::kind::symb, vitb::kind::sign, vitb::kind{7}};
    vitb::writer to;
    std::size_t count = 0;
    while (from.size() > 3) {
        const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(from[i]); };
        const auto k = kinds[at(0) % 8];
        const auto label_size = std::min(at(1), from.size() - 3);
        const std::string_view label(reinterpret_cast<const char*>(from.data()) + 3, label_size);
        const auto rest = from.subspan(3 + label_size), content = rest.first(std::min(4 * at(2), rest.size()));
        if (to.add(k, content, static_cast<vitb::compression>(at(0) / 8 % 3), label)) ++count;
        from = rest.subspan(content.size());
    }
    const auto made = to.finish();
    VITTE_ASSERT(made.has_value());
    const auto parsed = vitb::container::parse(*made);
    VITTE_ASSERT(parsed.has_value() && parsed->size() == count);
    for (const vitb::entry& e : *parsed) VITTE_ASSERT(vitb::content(e, limit).has_value());
    read(*made);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = std::as_bytes(std::span(data, size));
    read(file);
    bytes mended(file.begin(), file.end());
    mend_checksums(mended);
    read(mended);
    write(file);
    return 0;
}
