// Answers of ours about C types: `facts ABI`, and `layouts ABI TYPE...` gives for each type its size, its alignment and
// its members' offsets, or why it is refused.
#include <vitte/loader/ffi/signature.hpp>

#include "ask.hpp"

namespace {
namespace ffi = vitte::loader::ffi;

ffi::abi_kind abi_named(const std::string& name) {
    const char* const names[] = {"sysv_x86_64", "win64",        "win64_gnu",     "aapcs64",
                                 "apple_arm64", "aapcs32_hard", "riscv64_lp64d", "s390x"};
    for (std::size_t i = 0; i < std::size(names); ++i)
        if (name == names[i]) return static_cast<ffi::abi_kind>(i);
    std::abort();
}
std::string written(const ffi::type& t) {
    std::string text(ffi::write_text(t, {}), ' ');
    ffi::write_text(t, text);
    return text;
}

oracle::strings facts(ffi::abi_kind abi) {
    const ffi::abi_facts& says = ffi::facts_of(abi);
    const int digits[] = {53, 64, 113};  // of a long double
    oracle::strings made;
    for (const int n : {int{says.pointer}, int{says.long_size}, int{says.wchar_size}, int{says.wchar_is_signed},
                        int{says.char_is_signed}, digits[static_cast<int>(says.long_double)],
                        int{says.long_double_size}, int{says.long_double_alignment}, int{says.vector128_alignment},
                        int{says.align64}, int{says.max_alignment}, int{says.big_endian}})
        made.push_back(std::to_string(n));
    return made;
}
std::string layout(ffi::abi_kind abi, const std::string& text) {
    ffi::type_pool pool, other;
    const auto made = ffi::read_type(text, pool, abi);
    if (!made) return made.error().message().c_str();
    const std::string canonical = written(**made);
    const auto again = ffi::read_type(canonical, other, abi);
    if (!again || !(**again == **made) || written(**again) != canonical) return "not read again: " + canonical;
    std::string numbers = std::to_string((*made)->size) + " " + std::to_string((*made)->alignment);
    for (const ffi::field& f : (*made)->fields) numbers += " " + std::to_string(f.offset);
    return numbers;
}
}  // namespace

int main() {
    return oracle::answer_all([](const oracle::strings& asked) {
        const ffi::abi_kind abi = abi_named(asked[1]);
        if (asked[0] == "facts") return facts(abi);
        oracle::strings made;
        for (std::size_t i = 2; i < asked.size(); ++i) made.push_back(layout(abi, asked[i]));
        return made;
    });
}
