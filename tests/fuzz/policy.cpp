// libFuzzer target: no text of a policy or of signatures, and no container, is read outside it, runs for long, or is
// accepted; and policies that are read are written as the same again.
#include <vitte/loader/signature_policy.hpp>

#include "require.hpp"

namespace {
using namespace vitte::loader;

/// Whose key nobody has, but whose id and names are easy to find.
const signature_policy& strict() {
    static const signature_policy made = [] {
        const vitte::ed25519_key key(std::array<std::byte, 32>{});
        signing::policy_statement says;
        says.root = signing::signers{{says.add({{}, key.public_key()}, "a")}};
        says.rules.push_back({{"**"}, *says.root});
        return signature_policy::parse(says.write().value()).value();
    }();
    return made;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto bytes = std::as_bytes(std::span(text));
    const signing::statement_text parts(text);
    require(parts.policy().size() <= size && (parts.size() == 0 || parts.policy().ends_with('\n')));
    if (const auto says = signing::policy_statement::read(parts.policy())) {
        const auto written = says->write();
        require(written && signing::policy_statement::read(*written).value() == *says);
        for (const std::string_view name : {"acme/image", "libimage.so", "a"})
            require(says->rule_of(name) == nullptr || !says->rules.empty());
    } else {
        require(says.error().message().size() != 0);
    }
    signature_policy changing = strict();
    require(!changing.replace(text) && changing.statement() == strict().statement());
    if (vitb::is_container(bytes)) require(!strict()({bytes, "a"}));
    require(!strict()({std::as_bytes(std::span("x", 1)), "a"}, text));
    return 0;
}
