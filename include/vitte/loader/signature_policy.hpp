/// `signature_policy`: which modules a loader accepts, by who has signed them under which name:
/// `loader.verify_all(std::ref(policy))`. Its text, for files and for those who replace it, is described in
/// `signing/policy_statement.hpp`.
///
/// A container (`format/vitb.hpp`) is signed inside, its name and version are those of its META. Any other file, be it
/// ELF, WebAssembly or a script, has minisign's signatures of its BLAKE2b beside it, in FILE.minisig, one behind the
/// other; name and version stand in their trusted comments, as fields with tabs between them: `file:`, which minisign
/// writes itself, and `version:`. All that a decision depends on is signed; where a file or a signature came from does
/// not matter.
///
/// So that no signed module can be put in the place of another one, the signed name must be the one that the program
/// wants (`load_options::name`), or, where it says none, that which the module is loaded by: its path has to end with
/// the signed name ("plugins/acme/image.vitmod" and "acme/image-1.2.3" do with "acme/image" of version 1.2.3).
///
/// What it does not do:
/// - Such a path also ends with "image": where one signer must not stand in for another, the program says the name.
/// - With `unsigned` a file is accepted when its signatures have been taken away.
/// - An older version that was signed is accepted, unless `minimum` names a greater one; and nobody notices that a
/// newer
///   policy is kept back from him, until the one that he has expires.
/// - The first policy is believed as it is: who can write its file, or put an older one there, is in charge. After that
///   `replace` goes forward only.
/// - The clock is believed. One that stands still lets nothing expire.
/// - Libraries that the OS's linker loads for a module are not looked at, for nobody can.
/// - What the process has loaded without this loader, what the program links to, and data that modules read is not
///   looked at. Nor is what an accepted module does: it may load what it likes.
/// - minisign's old signatures of files themselves (-l) are not accepted, for they hold in the place of its others. A
/// key
///   must not be used to make them of files that others chose.
#pragma once

#include <vitte/loader/format/vitb.hpp>
#include <vitte/loader/load_options.hpp>
#include <vitte/loader/manifest.hpp>
#include <vitte/loader/signing/policy_statement.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/fs/path.hpp>
#include <vitte/sys/time.hpp>

namespace vitte::loader {

/// A policy, which accepts all files until a key is set, and then those only that are signed as it wants. Any number of
/// threads may ask it at once, as long as none changes it.
template <sys::platform P = sys::native>
class basic_signature_policy {
    using told = result<void, load_error>;

public:
    basic_signature_policy() = default;

    /// The policy in a statement that is believed, whether it is signed or not: one that is a part of the program, or
    /// stands in a file that nobody else can write.
    static result<basic_signature_policy, load_error> parse(std::string_view statement) {
        VITTE_TRY(auto said, read_statement(signing::statement_text(statement)));
        basic_signature_policy made;
        made.says_ = std::move(said);
        made.is_set_ = true;
        return made;
    }
    /// The same of a file.
    static result<basic_signature_policy, load_error> read(const char* path) {
        auto text = read_small(path, most_of_statement);
        if (!text) return refuse(text.error(), reading);
        return parse(*text);
    }

    const signing::policy_statement& statement() const noexcept { return says_; }

    /// Modules whose signed names `pattern` describes (`glob_match_path`) need signatures of `threshold` of `keys`. For
    /// a name the first pattern counts that describes it. A threshold of 0 is one of 1.
    void trust(std::string pattern, std::initializer_list<minisign::public_key> keys, std::size_t threshold = 1) {
        signing::signers by{{}, std::max<std::size_t>(threshold, 1)};
        for (const minisign::public_key& key : keys) {
            const std::size_t place = says_.add(key, "key " + std::to_string(says_.keys.size() + 1));
            if (std::find(by.keys.begin(), by.keys.end(), place) == by.keys.end()) by.keys.push_back(place);
        }
        says_.rules.push_back({{std::move(pattern)}, std::move(by)});
        is_set_ = true;
    }

    /// Replaces the policy with the one in `statement`: if its version is greater, it has not expired, and it is signed
    /// by as many root keys of this policy as this one wants and by as many of its own as it wants. That this one has
    /// expired does not matter. Fails with `errc::permission_denied` if it is not so signed, with
    /// `errc::already_exists` if it has the same version, with `errc::out_of_range` if it is older or has expired, and
    /// with what is wrong in it; then nothing has changed.
    told replace(std::string_view statement);

    /// Whether the policy accepts `file`. Fails with `errc::permission_denied` if not, and says why; with what the OS
    /// said if a signature cannot be read.
    told operator()(const file_to_verify& file) const {
        if (!is_set_) return {};
        if (says_.expires <= now())
            return denied("the policy has expired on " + signing::detail::time_text(says_.expires));
        if (vitb::is_container(file.bytes)) return check_container(file);
        const std::string path = std::string(file.path) + ".minisig";
        const auto text = read_small(path.c_str(), most_of_signatures, sys::open_nonblocking);
        if (text) return check_detached(file, *text);
        if (text.error().code != errc::not_found) return refuse(text.error(), "reading the signature");
        return check_unsigned(file, "there is no " + path);
    }
    /// The same of a file that is no container and whose signatures, the content of its FILE.minisig, the program has.
    told operator()(const file_to_verify& file, std::string_view signatures) const {
        if (!is_set_) return {};
        if (says_.expires <= now())
            return denied("the policy has expired on " + signing::detail::time_text(says_.expires));
        if (vitb::is_container(file.bytes)) return check_container(file);
        return check_detached(file, signatures);
    }

private:
    static constexpr const char* reading = "reading the policy";
    static constexpr std::size_t most_of_statement =
        signing::most_of_policy + signing::most_signatures * (2 * signing::record::size);
    static constexpr std::size_t most_of_detached = 16,
                                 most_of_signatures = most_of_detached * minisign::signature::max_size,
                                 most_of_manifest = std::size_t{1} << 20;

    /// Under which name something was signed, and who has.
    struct claim {
        std::string name, version;
        signing::key_set by;
    };

    static std::int64_t now() noexcept { return sys::wall_time<P>(); }
    static unexpected<load_error> denied(std::string reason, errc code = errc::permission_denied) {
        return refuse(code, "verifying", std::move(reason));
    }

    static result<std::string> read_small(const char* path, std::size_t most, unsigned flags = 0) {
        VITTE_TRY(const auto file, sys::basic_file<P>::open(path, {sys::open_mode::read, flags}));
        std::string text(most + 1, '\0');
        VITTE_TRY(const std::size_t size, file.read(std::as_writable_bytes(std::span(text))));
        if (size > most) return fail(errc::too_large, "read");
        text.resize(size);
        return text;
    }
    static result<signing::policy_statement, load_error> read_statement(const signing::statement_text& text) {
        if (text.size() > signing::most_signatures)
            return refuse(errc::too_large, reading, "there are more than 64 signatures");
        auto made = signing::policy_statement::read(text.policy());
        if (!made) return refuse(made.error().code, reading, made.error().message().c_str(), made.error().offset);
        return std::move(*made);
    }

    told check_container(const file_to_verify& file) const {
        const auto container = vitb::container::parse(file.bytes);
        if (!container) {
            const parse_error& e = container.error();
            return refuse(e.code, "verifying", std::string(e.reading) + ": " + e.reason, e.offset);
        }
        const auto records = container->signatures();
        if (records.empty()) return check_unsigned(file, "there is no signature inside");
        claim made{{}, {}, signing::key_set(says_)};
        VITTE_TRY(made.by, signed_by(container->signed_part(), records));
        VITTE_CHECK(check_some(made.by));
        // What is in it is read only now that somebody who is trusted has signed it.
        const auto meta = container->find(vitb::kind::meta);
        if (!meta) return denied("it has no META that tells its name");
        const auto text = vitb::content(*meta, most_of_manifest);
        if (!text) return denied(std::string("META: ") + text.error().reason);
        auto manifest = manifest::read(text->text());
        if (!manifest) return denied(std::string("META: ") + manifest.error().message().c_str());
        made.name = std::move(manifest->name);
        made.version = std::move(manifest->version);
        return check_claim(file, made);
    }
    result<signing::key_set, load_error> signed_by(std::span<const std::byte> bytes,
                                                   std::span<const std::byte> records) const {
        using signing::record;
        signing::key_set good(says_);
        if (records.size() > signing::most_signatures * record::size)
            return denied("there are more than 64 signatures");
        const std::int64_t at = now();
        std::optional<blake3::digest> hash;
        for (; !records.empty(); records = records.subspan(record::size)) {
            const record one = record::read(records.first<record::size>());
            const signing::trusted_key* const key = says_.usable(one.id, at);
            if (key == nullptr || good.has(*key)) continue;
            if (!hash) hash = blake3().update(bytes).finish();
            if (one.verify(key->key.key, signing::purpose::container, *hash)) good.add(*key);
        }
        return good;
    }

    told check_detached(const file_to_verify& file, std::string_view text) const {
        const std::int64_t at = now();
        claim made{{}, {}, signing::key_set(says_)};
        std::optional<blake2b::digest> hash;
        for (std::size_t count = 0; !text.empty(); ++count) {
            if (count == most_of_detached) return denied("there are more than 16 signatures");
            const auto one = minisign::signature::parse(take_signature(text));
            if (!one) return denied(std::string(one.error().reading) + ": " + one.error().reason);
            const signing::trusted_key* const key = says_.usable(one->id, at);
            if (key == nullptr || made.by.has(*key) || !one->is_prehashed) continue;
            if (!hash) hash = blake2b::of(file.bytes);
            if (one->verify(key->key, *hash) != minisign::verdict::good) continue;
            VITTE_TRY(const std::string_view name, field("file:", one->trusted_comment));
            VITTE_TRY(const std::string_view version, field("version:", one->trusted_comment));
            if (made.by.size() != 0 && (name != made.name || version != made.version))
                return denied("its signatures tell different names or versions");
            made.name = name;
            made.version = version;
            made.by.add(*key);
        }
        VITTE_CHECK(check_some(made.by));
        if (!is_file_name(made.name)) return denied("the trusted comment of its signature tells no file: name");
        if (!made.version.empty() && !semver::version::parse(made.version))
            return denied("the version: in the trusted comment of its signature is none");
        return check_claim(file, made);
    }
    /// The first four lines of `text`, which loses them.
    static std::string_view take_signature(std::string_view& text) noexcept {
        std::size_t end = 0;
        for (int line = 0; line < 4 && end < text.size(); ++line)
            end = std::min(text.find('\n', end), text.size() - 1) + 1;
        const std::string_view first = text.substr(0, end);
        text.remove_prefix(end);
        return first;
    }
    /// What stands behind `name` in the only field of a trusted comment that begins so; empty if there is none.
    static result<std::string_view, load_error> field(std::string_view name, std::string_view comment) {
        std::string_view found;
        for (bool seen = false; !comment.empty();) {
            const std::string_view one = comment.substr(0, comment.find('\t'));
            comment.remove_prefix(std::min(one.size() + 1, comment.size()));
            if (!one.starts_with(name)) continue;
            if (seen) return denied("the trusted comment of its signature has two fields " + std::string(name));
            seen = true;
            found = one.substr(name.size());
        }
        return found;
    }
    /// Parts with "/" between them, none of which is empty, "." or "..".
    static bool is_file_name(std::string_view name) noexcept {
        if (name.size() > signing::most_of_text) return false;
        for (std::size_t begin = 0; begin <= name.size();) {
            const std::size_t end = std::min(name.find('/', begin), name.size());
            const std::string_view part = name.substr(begin, end - begin);
            if (part.empty() || part == "." || part == "..") return false;
            begin = end + 1;
        }
        return true;
    }

    told check_unsigned(const file_to_verify& file, const std::string& why) const {
        if (!says_.accepts_unsigned) return denied("it is not signed: " + why);
        if (file.name != nullptr)
            return denied("it is not signed, and so not as " + std::string(file.name) + ": " + why);
        return {};
    }
    told check_some(const signing::key_set& by) const {
        return by.size() != 0 ? told() : denied("no key that the policy trusts has signed it as it is");
    }
    told check_claim(const file_to_verify& file, const claim& of) const {
        const std::string who = "it is signed as " + of.name + (of.version.empty() ? "" : " " + of.version);
        if (file.name != nullptr && of.name != file.name)
            return denied(who + ", and " + std::string(file.name) + " is wanted");
        if (file.name == nullptr && !stands_for(file.path, of))
            return denied(who + ", and loaded from a path that does not end so: say which name is wanted");
        const signing::rule* const rule = says_.rule_of(of.name);
        if (rule == nullptr) return denied(who + ", and no rule of the policy is for that name");
        if (!of.by.satisfies(rule->signers)) return denied(who + " by " + counted(of.by, rule->signers));
        for (const auto& [name, least] : says_.minimum) {
            if (name != of.name) continue;
            const auto version = semver::version::parse(of.version);
            if (!version || *version < *semver::version::parse(least))
                return denied(who + ", and the policy wants " + least + " or a newer one");
        }
        return {};
    }
    /// Whether a path ends with what was signed, from the beginning of a part on: the name, perhaps with the version,
    /// perhaps with an extension behind it.
    static bool stands_for(std::string_view path, const claim& of) {
        const auto ends_with = [](std::string_view text, std::string_view end) {
            if (text.size() < end.size()) return false;
            const std::string_view before = text.substr(0, text.size() - end.size());
            if (!before.empty() && !sys::path_view::is_separator(before.back())) return false;
            return std::equal(end.begin(), end.end(), text.end() - static_cast<std::ptrdiff_t>(end.size()),
                              [](char a, char b) { return a == b || (a == '/' && sys::path_view::is_separator(b)); });
        };
        const std::string with_version = of.name + "-" + of.version;
        std::string_view stem = path.substr(0, path.rfind('.'));
        for (const char c : path.substr(stem.size()))
            if (sys::path_view::is_separator(c)) stem = path;  // the point is in the name of a folder
        for (const std::string_view text : {path, stem})
            if (ends_with(text, of.name) || (!of.version.empty() && ends_with(text, with_version))) return true;
        return false;
    }
    /// "1 of 3 keys, and 2 are needed: build, release, audit".
    std::string counted(const signing::key_set& by, const signing::signers& wanted) const {
        std::string text = std::to_string(by.count(wanted)) + " of the keys that may, and " +
                           std::to_string(wanted.threshold) + " have to: ";
        for (std::size_t i = 0; i < wanted.keys.size() && i < 8; ++i)
            text += (i == 0 ? "" : ", ") + says_.keys[wanted.keys[i]].label;
        return text + (wanted.keys.size() > 8 ? ", ..." : "");
    }

    signing::policy_statement says_;
    bool is_set_ = false;
};
using signature_policy = basic_signature_policy<>;

template <sys::platform P>
result<void, load_error> basic_signature_policy<P>::replace(std::string_view statement) {
    constexpr const char* action = "replacing the policy";
    if (!says_.root)
        return refuse(errc::permission_denied, action, "this one names no root keys, who alone may do that");
    const signing::statement_text text(statement);
    VITTE_TRY(auto next, read_statement(text));
    const std::string version = std::to_string(next.version), ours = std::to_string(says_.version);
    if (next.version == says_.version)
        return refuse(errc::already_exists, action, "the policy in use has version " + version + ", too");
    if (next.version < says_.version)
        return refuse(errc::out_of_range, action,
                      "version " + version + " is older than " + ours + ", which is in use");
    if (next.expires <= now())
        return refuse(errc::out_of_range, action, "it has expired on " + signing::detail::time_text(next.expires));
    if (!next.root)
        return refuse(errc::permission_denied, action, "it names no root keys, so that it could not be replaced");
    if (!text.verified(says_, now()).satisfies(*says_.root))
        return refuse(errc::permission_denied, action,
                      "fewer root keys of version " + ours +
                          " have signed it than must: " + std::to_string(says_.root->threshold));
    if (!text.verified(next, now()).satisfies(*next.root))
        return refuse(errc::permission_denied, action,
                      "fewer root keys of its own have signed it than must: " + std::to_string(next.root->threshold));
    says_ = std::move(next);
    return {};
}

}  // namespace vitte::loader
