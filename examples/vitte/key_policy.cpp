// vitte key: policies, and the signatures inside of containers.
#include <charconv>
#include <vitte/loader/signature_policy.hpp>
#include <vitte/loader/signing/container.hpp>

#include "key_files.hpp"

namespace {
namespace loader = vitte::loader;
namespace signing = loader::signing;
namespace vitb = loader::vitb;
using loader::signature_policy;

vitte::result<std::string> text_of(const std::string& path) {
    VITTE_TRY(const auto read, vitte::sys::read(path.c_str()));
    return std::string(reinterpret_cast<const char*>(read.bytes().data()), read.bytes().size());
}
exit_code store(const std::string& doing, const std::string& path, std::span<const std::byte> content) {
    if (const auto stored = vitte::sys::replace(path.c_str(), content); !stored)
        return cannot(doing + " " + path, stored.error());
    return succeeded;
}
/// What a policy will go by: name and version.
vitte::result<loader::manifest, vitte::parse_error> manifest_of(const vitb::container& of) {
    const auto meta = of.find(vitb::kind::meta);
    if (!meta) return vitte::malformed("container", "it has no META that tells its name", 0);
    VITTE_TRY(const auto text, vitb::content(*meta, 1 << 20));
    auto says = loader::manifest::read(text.text());
    if (!says) return vitte::malformed("container", "its META tells no name and version", 0);
    return std::move(*says);
}
std::string name_of(const loader::manifest& says) { return says.name + " " + says.version; }

/// Adds what the options say to a policy; what is wrong with them has been told if it is not `succeeded`.
exit_code add(const key_request& asked, const minisign::public_key& key, signing::policy_statement& to) {
    const std::string doing = "trust " + shown(asked.policy_file);
    if (asked.revoke) {
        if (to.is_revoked(key.key)) return refuse(doing + ": the key has been revoked already");
        to.revoked.push_back(key);
        return succeeded;
    }
    if (to.is_revoked(key.key)) return refuse(doing + ": the key has been revoked", "its owner needs another one");
    const std::string label = asked.has_comment ? asked.comment : hexadecimal(key.id);
    const std::size_t place = to.add(key, label);
    signing::signers* signers = nullptr;
    if (asked.root) {
        if (!to.root) to.root.emplace();
        signers = &*to.root;
    } else {
        const auto same = std::find_if(to.rules.begin(), to.rules.end(), [&](const signing::rule& r) {
            return r.names == std::vector<std::string>{asked.name};
        });
        const signing::rule* const first = vitte::is_glob(asked.name) ? nullptr : to.rule_of(asked.name);
        if (same == to.rules.end() && first != nullptr)
            return refuse(doing + ": the rule for " + shown(first->names[0]) + " counts for " + shown(asked.name) +
                              " before a new one",
                          "the order of rules is changed in the file");
        signers =
            same != to.rules.end() ? &same->signers : &to.rules.emplace_back(signing::rule{{asked.name}, {}}).signers;
    }
    if (std::find(signers->keys.begin(), signers->keys.end(), place) == signers->keys.end())
        signers->keys.push_back(place);
    if (!asked.threshold.empty()) {
        const char* const end = asked.threshold.data() + asked.threshold.size();
        const auto read = std::from_chars(asked.threshold.data(), end, signers->threshold);
        if (read.ec != std::errc() || read.ptr != end)
            return complain(misused, "key trust: -k takes a number", "vitte key --help");
    }
    return succeeded;
}

exit_code replace_policy(const key_request& asked) {
    auto policy = signature_policy::read(asked.policy_file.c_str());
    if (!policy) return cannot("trust " + asked.policy_file, policy.error());
    const auto next = text_of(asked.next_file);
    if (!next) return cannot("trust " + asked.next_file, next.error());
    if (const auto replaced = policy->replace(*next); !replaced)
        return cannot("trust " + asked.next_file, replaced.error());
    const exit_code stored = store("trust", asked.policy_file, vitte::sys::as_bytes(*next));
    if (stored == succeeded)
        std::printf("%s is version %" PRIu64 "\n", shown(asked.policy_file).c_str(), policy->statement().version);
    return stored;
}
}  // namespace

exit_code trust(const key_request& asked) {
    const int what = !asked.name.empty() + asked.root + asked.revoke;
    const bool has_key = asked.public_file.empty() != asked.key.empty();
    if (asked.policy_file.empty() || (asked.next_file.empty() ? !has_key || what != 1 : what != 0))
        return complain(misused, "key trust: the policy, the key or what it may sign is missing, or there are two",
                        "vitte key trust -r POLICY -p PUBLIC -n PATTERN");
    if (!asked.next_file.empty()) return replace_policy(asked);
    const auto key = public_key_of(asked);
    if (!key) return failed;
    signing::policy_statement says;
    bool was_signed = false;
    if (const auto text = text_of(asked.policy_file)) {
        const signing::statement_text parts(*text);
        auto read = signing::policy_statement::read(parts.policy());
        if (!read) return cannot("trust " + asked.policy_file, read.error());
        says = std::move(*read);
        ++says.version;
        was_signed = parts.size() != 0;
    } else if (text.error().code != errc::not_found) {
        return cannot("trust " + asked.policy_file, text.error());
    }
    if (const exit_code added = add(asked, *key, says); added != succeeded) return added;
    const auto made = says.write();
    if (!made) return cannot("trust " + asked.policy_file, made.error());
    if (const exit_code stored = store("trust", asked.policy_file, vitte::sys::as_bytes(*made)); stored != succeeded)
        return stored;
    std::printf("%s is version %" PRIu64 "%s\n", shown(asked.policy_file).c_str(), says.version,
                was_signed ? ", which nobody has signed yet" : "");
    return succeeded;
}

exit_code show_policy(const key_request& asked) {
    const auto text = text_of(asked.policy_file);
    if (!text) return cannot("show " + asked.policy_file, text.error());
    const signing::statement_text parts(*text);
    const auto says = signing::policy_statement::read(parts.policy());
    if (!says) return cannot("show " + asked.policy_file, says.error());
    const auto signers = [&](const signing::signers& of) {
        std::string list = std::to_string(of.threshold) + " of";
        for (const std::size_t place : of.keys) list += " " + hexadecimal(says->keys[place].key.id);
        return list;
    };
    const auto now = vitte::sys::wall_time();
    std::printf("policy version %" PRIu64 "%s\n", says->version, says->expires <= now ? ", expired" : "");
    for (const signing::trusted_key& key : says->keys)
        std::printf("key %s %s%s%s\n", hexadecimal(key.key.id).c_str(), shown(key.label).c_str(),
                    says->is_revoked(key.key.key) ? ", revoked" : "", key.expires <= now ? ", expired" : "");
    for (const minisign::public_key& key : says->revoked) std::printf("revoked %s\n", hexadecimal(key.id).c_str());
    for (const signing::rule& rule : says->rules) {
        std::string names;
        for (const std::string& name : rule.names) names += " " + shown(name);
        std::printf("names%s: %s\n", names.c_str(), signers(rule.signers).c_str());
    }
    for (const auto& [name, least] : says->minimum) std::printf("at least %s %s\n", shown(name).c_str(), least.c_str());
    if (says->accepts_unsigned) std::puts("accepts what is not signed");
    if (says->root) std::printf("root: %s\n", signers(*says->root).c_str());
    const signing::key_set by = parts.verified(*says, now);
    for (const signing::trusted_key& key : says->keys)
        if (by.has(key)) std::printf("signed by %s\n", hexadecimal(key.key.id).c_str());
    return succeeded;
}

exit_code sign_policy(const key_request& asked, const minisign::secret_key& by) {
    const auto text = text_of(asked.policy_file);
    if (!text) return cannot("sign " + asked.policy_file, text.error());
    if (const auto says = signature_policy::parse(*text); !says)
        return cannot("sign " + asked.policy_file, says.error());
    const auto made = signing::statement_text::with_signature(*text, vitte::ed25519_key(by.seed), by.id);
    return store("sign", asked.policy_file, vitte::sys::as_bytes(made));
}

exit_code verify_by_policy(const key_request& asked) {
    if (asked.file.empty() || !asked.public_file.empty() || !asked.key.empty())
        return complain(misused, "key verify: the file is missing, or there is a key besides the policy",
                        "vitte key verify -r POLICY -m FILE");
    const auto policy = signature_policy::read(asked.policy_file.c_str());
    if (!policy) return cannot("verify " + asked.policy_file, policy.error());
    const auto file = vitte::sys::read(asked.file.c_str());
    if (!file) return cannot("verify " + asked.file, file.error());
    const loader::file_to_verify question{file->bytes(), asked.file.c_str(), nullptr,
                                          asked.name.empty() ? nullptr : asked.name.c_str()};
    vitte::result<void, loader::load_error> answer;
    if (asked.signature_file.empty()) {
        answer = (*policy)(question);
    } else {
        const auto signatures = text_of(asked.signature_file);
        if (!signatures) return cannot("verify " + asked.signature_file, signatures.error());
        answer = (*policy)(question, *signatures);
    }
    if (!answer) {
        answer.error().module = asked.file;
        return refuse("verify " + answer.error().message());
    }
    std::printf("%s is accepted by %s\n", shown(asked.file).c_str(), shown(asked.policy_file).c_str());
    return succeeded;
}

bool is_container(const std::string& path) {
    const auto opened = vitte::sys::file::open(path.c_str());
    std::byte start[16];
    const auto size = opened ? opened->read(start) : vitte::result<std::size_t>(0);
    return size && vitb::is_container(std::span(start).first(*size));
}

exit_code sign_container(const key_request& asked, const minisign::secret_key& by) {
    const std::string doing = "sign " + asked.file;
    if (!asked.name.empty() || !asked.version.empty() || asked.has_trusted_comment || asked.legacy)
        return complain(misused, "key sign: a container tells its own name, and has no comments",
                        "-x signs it like any other file");
    const auto file = vitte::sys::read(asked.file.c_str());
    if (!file) return cannot(doing, file.error());
    const auto parts = vitb::container::parse(file->bytes());
    if (!parts) return cannot(doing, parts.error());
    const auto says = manifest_of(*parts);
    if (!says) return cannot(doing, says.error(), "vitte pack makes one that has");
    const auto made = signing::sign_container(file->bytes(), vitte::ed25519_key(by.seed), by.id);
    if (!made) return cannot(doing, made.error());
    if (const exit_code stored = store("sign", asked.file, made->span()); stored != succeeded) return stored;
    std::printf("%s is signed as %s\n", shown(asked.file).c_str(), shown(name_of(*says)).c_str());
    return succeeded;
}

exit_code verify_container(const key_request& asked, const minisign::public_key& by) {
    const std::string doing = "verify " + asked.file;
    const auto file = vitte::sys::read(asked.file.c_str());
    if (!file) return cannot(doing, file.error());
    const auto parts = vitb::container::parse(file->bytes());
    if (!parts) return cannot(doing, parts.error());
    auto records = parts->signatures();
    if (records.size() > signing::most_signatures * signing::record::size)
        return refuse(shown(doing) + ": it has more than 64 signatures");
    const auto hash = vitte::blake3().update(parts->signed_part()).finish();
    for (; !records.empty(); records = records.subspan(signing::record::size)) {
        const auto one = signing::record::read(records.first<signing::record::size>());
        if (one.id != by.id || !one.verify(by.key, signing::purpose::container, hash)) continue;
        const auto says = manifest_of(*parts);
        if (!says) return cannot(doing, says.error());
        if (const exit_code same = check_claim(asked, says->name, says->version); same != succeeded) return same;
        std::printf("good signature of %s by key %s\nsigned as %s\n", shown(asked.file).c_str(),
                    hexadecimal(by.id).c_str(), shown(name_of(*says)).c_str());
        return succeeded;
    }
    return refuse(shown(doing) + ": no signature inside is of key " + hexadecimal(by.id) + " and of the file as it is");
}
