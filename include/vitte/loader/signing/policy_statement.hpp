/// What a policy says, as a file: whose signatures a loader wants, for which names. The text that was written is what
/// is signed, byte by byte, and nothing is brought into another form before:
///
///     statement  = policy *( "signature " 96BASE64 LF )
///                                      ; base64 of a `signing::record` over all of `policy`; before the first one
///                                      ; `policy` ends with LF
///     policy     = an object of JSON (RFC 8259), 256 KiB at most, with the members
///       "format"    "vitte policy 1"
///       "version"   an integer above 0; the next policy has a greater one
///       "expires"   optional; a time (RFC 3339) from which on it accepts nothing
///       "keys"      an object: to each label its key, KEY or {"key": KEY, "expires": TIME}; no key under two labels,
///       no
///                   two keys of one id
///       "revoked"   optional; an array of KEY, whose signatures count nowhere any more
///       "root"      optional; SIGNERS: who may replace this policy
///       "rules"     an array of {"names": [PATTERN...]} with the members of SIGNERS besides; for a signed name the
///                   first rule counts that has a pattern for it, and what no rule is for is refused
///       "minimum"   optional; an object: to a signed name the least version (Semantic Versioning 2.0.0) that is
///       accepted "unsigned"  optional; whether what has no signatures is accepted, false if it is not there
///     KEY        = a string: the second line of minisign's file of a public key
///     SIGNERS    = {"keys": [label...], "threshold": n}   ; so many of these keys must have signed, 1 if it is left
///     out PATTERN    = a string, as `glob_match_path` has it: "acme/image", "acme/*", "acme/**"
///
/// A member that is not named here is an error, and so is one that is there twice.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <vitte/core/civil_time.hpp>
#include <vitte/core/glob.hpp>
#include <vitte/core/json.hpp>
#include <vitte/core/semver/version.hpp>
#include <vitte/loader/signing/record.hpp>

namespace vitte::loader::signing {

/// Bounds of a policy.
inline constexpr std::size_t most_of_policy = std::size_t{256} << 10, most_keys = 256, most_of_text = 256;

/// Nanoseconds since 1970 that never come.
inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// A key that a policy knows.
struct trusted_key {
    std::string label;
    minisign::public_key key;
    std::int64_t expires = never;

    friend bool operator==(const trusted_key&, const trusted_key&) = default;
};

/// So many of these keys, places in `policy_statement::keys`, must have signed.
struct signers {
    std::vector<std::size_t> keys = {};
    std::size_t threshold = 1;

    friend bool operator==(const signers&, const signers&) = default;
};

/// Which names need whose signatures.
struct rule {
    std::vector<std::string> names;
    signing::signers signers;

    friend bool operator==(const rule&, const rule&) = default;
};

/// What a policy says. What is read obeys the grammar above; what a program puts together, `write` checks.
struct policy_statement {
    std::uint64_t version = 1;
    std::int64_t expires = never;
    std::vector<trusted_key> keys = {};
    std::vector<minisign::public_key> revoked = {};  ///< whatever their ids are
    std::optional<signers> root = {};
    std::vector<rule> rules = {};
    std::vector<std::pair<std::string, std::string>> minimum = {};  ///< name and version
    bool accepts_unsigned = false;

    /// Reads the text of a policy, without signatures.
    static result<policy_statement, json::read_error> read(std::string_view policy);
    /// The text, which `read` reads as the same. What does not obey the grammar is refused as `read` refuses it.
    result<std::string, json::read_error> write() const;

    /// The place of `key`, which is added as `label` if it is not there.
    std::size_t add(const minisign::public_key& key, std::string label) {
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (keys[i].key.key == key.key) return i;
        keys.push_back({std::move(label), key});
        return keys.size() - 1;
    }
    /// The key of that id, if it is known, has not been revoked, and has not expired at `now`.
    const trusted_key* usable(const minisign::key_id& id, std::int64_t now) const noexcept {
        for (const trusted_key& k : keys)
            if (k.key.id == id) return k.expires > now && !is_revoked(k.key.key) ? &k : nullptr;
        return nullptr;
    }
    bool is_revoked(const ed25519_public_key& key) const noexcept {
        return std::any_of(revoked.begin(), revoked.end(), [&](const auto& r) { return r.key == key; });
    }
    /// The rule that counts for a signed name; null if there is none.
    const rule* rule_of(std::string_view name) const noexcept {
        for (const rule& r : rules)
            for (const std::string& pattern : r.names) {
                const glob_path_match found = glob_match_path(pattern, name);
                if (found.whole && !found.only_folder) return &r;
            }
        return nullptr;
    }

    friend bool operator==(const policy_statement&, const policy_statement&) = default;
};

/// Keys of a policy that have signed something, each once, however often it has.
class key_set {
public:
    explicit key_set(const policy_statement& of) : of_(&of), has_(of.keys.size()) {}
    bool has(const trusted_key& key) const noexcept { return has_[place_of(key)]; }
    void add(const trusted_key& key) noexcept {
        count_ += !has(key);
        has_[place_of(key)] = true;
    }
    /// How many there are.
    std::size_t size() const noexcept { return count_; }
    std::size_t count(const signers& of) const noexcept {
        return static_cast<std::size_t>(
            std::count_if(of.keys.begin(), of.keys.end(), [this](std::size_t i) { return has_[i]; }));
    }
    bool satisfies(const signers& wanted) const noexcept { return count(wanted) >= wanted.threshold; }

private:
    std::size_t place_of(const trusted_key& key) const noexcept {
        return static_cast<std::size_t>(&key - of_->keys.data());
    }

    const policy_statement* of_;
    std::vector<bool> has_;
    std::size_t count_ = 0;
};

/// A statement as text, parted. Views point into it.
class statement_text {
public:
    /// All before the signatures that end `text`, and those.
    explicit statement_text(std::string_view text) noexcept : policy_(text) {
        while (ends_with_record(policy_)) policy_.remove_suffix(line_size);
        records_ = text.substr(policy_.size());
    }

    std::string_view policy() const noexcept { return policy_; }
    /// How many signatures there are.
    std::size_t size() const noexcept { return records_.size() / line_size; }
    record operator[](std::size_t i) const noexcept {
        std::array<std::byte, record::size> bytes{};
        static_cast<void>(decode_base64(records_.substr(i * line_size + prefix.size(), digits), bytes));
        return record::read(bytes);
    }
    /// The usable keys of `by` at `now` that have signed the policy.
    key_set verified(const policy_statement& by, std::int64_t now) const {
        key_set good(by);
        for (std::size_t i = 0; i < size(); ++i) {
            const record one = (*this)[i];
            const trusted_key* const key = by.usable(one.id, now);
            if (key == nullptr || good.has(*key)) continue;
            if (one.verify(key->key.key, purpose::policy, std::as_bytes(std::span(policy_)))) good.add(*key);
        }
        return good;
    }

    /// `statement` with one more signature.
    static std::string with_signature(std::string_view statement, const ed25519_key& key, const minisign::key_id& id) {
        std::string made(statement);
        if (!made.ends_with('\n')) made += '\n';
        const std::string_view policy = statement_text(made).policy();
        std::array<std::byte, record::size> bytes;
        record::make(key, id, purpose::policy, std::as_bytes(std::span(policy))).write(bytes);
        char text[digits];
        made += prefix;
        made += encode_base64(bytes, text);
        made += '\n';
        return made;
    }

private:
    static constexpr std::string_view prefix = "signature ";
    static constexpr std::size_t digits = base64_size(record::size), line_size = prefix.size() + digits + 1;

    /// The line behind the end of another one, which a string of JSON cannot be in.
    static bool ends_with_record(std::string_view text) noexcept {
        if (text.size() <= line_size || text[text.size() - line_size - 1] != '\n' || !text.ends_with('\n'))
            return false;
        const std::string_view line = text.substr(text.size() - line_size);
        std::array<std::byte, record::size> bytes;
        return line.starts_with(prefix) && decode_base64(line.substr(prefix.size(), digits), bytes).has_value();
    }

    std::string_view policy_, records_;
};

namespace detail {

using read_error = json::read_error;

/// A key as minisign writes it, without the comment.
inline result<minisign::public_key, read_error> read_key(json::value from) {
    VITTE_TRY(const std::string_view line, from.get<std::string_view>());
    const auto made = minisign::public_key::parse_line(line);
    if (!made) return from.refuse(errc::malformed, "a public key of minisign, 56 characters", "another text");
    return *made;
}
inline std::string key_line(const minisign::public_key& key) {
    char room[minisign::public_key::max_size];
    const std::string_view file = key.write(room, "");
    const std::string_view line = file.substr(file.find('\n') + 1);
    return std::string(line.substr(0, line.size() - 1));
}

inline result<std::int64_t, read_error> read_time(json::value from) {
    VITTE_TRY(const std::string_view text, from.get<std::string_view>());
    const auto made = rfc3339::parse(text);
    if (!made) return from.refuse(made.error().code, "a time such as \"2027-06-30T00:00:00Z\"", "another text");
    return *made;
}
inline std::string time_text(std::int64_t nanoseconds) {
    char room[rfc3339::max_size];
    return std::string(rfc3339::format(to_civil(nanoseconds), room, nanoseconds % 1'000'000'000 == 0 ? 0 : 9));
}

/// Text of 1 to `most_of_text` bytes.
inline result<std::string, read_error> read_short(json::value from) {
    VITTE_TRY(const std::string_view text, from.get<std::string_view>());
    if (text.empty() || text.size() > most_of_text)
        return from.refuse(errc::malformed, "a text of 1 to 256 bytes", text.empty() ? "an empty one" : "a longer one");
    return std::string(text);
}

/// Only members whose names are in `known`.
inline result<void, read_error> check_members(json::value of, std::initializer_list<std::string_view> known) {
    VITTE_TRY(const auto members, of.members());
    for (const json::member& m : members)
        if (std::find(known.begin(), known.end(), m.name) == known.end())
            return m.value.refuse(errc::malformed, "a member that is known here", "one of another name");
    return {};
}
/// Calls `use(value)` if there is a member of that name.
template <class Use>
result<void, read_error> if_there(json::value of, std::string_view name, Use use) {
    const json::value found = of.find(name);
    return found ? use(found) : result<void, read_error>();
}
template <class Use>
result<void, read_error> for_each_element(json::value of, std::string_view name, Use use) {
    VITTE_TRY(const json::value list, of.member(name));
    VITTE_TRY(const auto elements, list.elements());
    for (const json::value one : elements) VITTE_CHECK(use(one));
    return {};
}

inline result<signers, read_error> read_signers(json::value from, const std::vector<trusted_key>& keys) {
    signers made;
    VITTE_CHECK(for_each_element(from, "keys", [&](json::value one) -> result<void, read_error> {
        VITTE_TRY(const std::string_view label, one.get<std::string_view>());
        const auto found =
            std::find_if(keys.begin(), keys.end(), [label](const trusted_key& k) { return k.label == label; });
        if (found == keys.end()) return one.refuse(errc::not_found, "the label of a key", "another text");
        const auto place = static_cast<std::size_t>(found - keys.begin());
        if (std::find(made.keys.begin(), made.keys.end(), place) != made.keys.end())
            return one.refuse(errc::already_exists, "each key once", "one a second time");
        made.keys.push_back(place);
        return {};
    }));
    if (made.keys.empty()) return from.find("keys").refuse(errc::malformed, "a key", "none");
    VITTE_CHECK(if_there(from, "threshold", [&](json::value given) -> result<void, read_error> {
        VITTE_TRY(made.threshold, given.get<std::size_t>());
        if (made.threshold == 0 || made.threshold > made.keys.size())
            return given.refuse(errc::out_of_range, "a number of keys that are there, at least 1", "another one");
        return {};
    }));
    return made;
}

inline result<trusted_key, read_error> read_trusted_key(const json::member& from) {
    trusted_key made{std::string(from.name), {}};
    if (from.name.empty() || from.name.size() > most_of_text)
        return from.value.refuse(errc::malformed, "a label of 1 to 256 bytes", "another one");
    if (from.value.kind() != json::kind::object) {
        VITTE_TRY(made.key, read_key(from.value));
        return made;
    }
    VITTE_CHECK(check_members(from.value, {"key", "expires"}));
    VITTE_TRY(const json::value key, from.value.member("key"));
    VITTE_TRY(made.key, read_key(key));
    VITTE_CHECK(if_there(from.value, "expires", [&](json::value given) -> result<void, read_error> {
        VITTE_TRY(made.expires, read_time(given));
        return {};
    }));
    return made;
}

inline result<rule, read_error> read_rule(json::value from, const std::vector<trusted_key>& keys) {
    VITTE_CHECK(check_members(from, {"names", "keys", "threshold"}));
    rule made;
    VITTE_CHECK(for_each_element(from, "names", [&](json::value one) -> result<void, read_error> {
        VITTE_TRY(std::string pattern, read_short(one));
        if (std::count(pattern.begin(), pattern.end(), '/') > 60)
            return one.refuse(errc::too_large, "a pattern of fewer parts", "one of more than 61");
        made.names.push_back(std::move(pattern));
        return {};
    }));
    VITTE_TRY(made.signers, read_signers(from, keys));
    return made;
}

inline void put_signers(json::writer<json::growing_output>& to, const signers& of, const policy_statement& in) {
    to.name("keys").begin_array();
    for (const std::size_t place : of.keys) to.value(std::string_view(in.keys[place].label));
    to.end_array().member("threshold", of.threshold);
}

}  // namespace detail

inline result<policy_statement, json::read_error> policy_statement::read(std::string_view policy) {
    using told = result<void, json::read_error>;
    if (policy.size() > most_of_policy)
        return unexpected(json::read_error(errc::too_large, "a policy of at most 256 KiB", "a longer text", {}, 0));
    VITTE_TRY(const json::document document, json::read(policy, {.depth = 8}));
    const json::value all = document.root();
    VITTE_TRY(const std::string_view format, all.get<std::string_view>("format"));
    if (format != "vitte policy 1")
        return all.find("format").refuse(errc::not_supported, "\"vitte policy 1\"", "another text");
    VITTE_CHECK(detail::check_members(
        all, {"format", "version", "expires", "keys", "revoked", "root", "rules", "minimum", "unsigned"}));
    policy_statement made;
    VITTE_TRY(made.version, all.get<std::uint64_t>("version"));
    if (made.version == 0) return all.find("version").refuse(errc::out_of_range, "a number above 0", "0");
    VITTE_CHECK(detail::if_there(all, "expires", [&](json::value given) -> told {
        VITTE_TRY(made.expires, detail::read_time(given));
        return {};
    }));
    VITTE_TRY(const json::value keys, all.member("keys"));
    VITTE_TRY(const auto members, keys.members());
    if (members.size() > most_keys) return keys.refuse(errc::too_large, "256 keys at most", "more of them");
    for (const json::member& m : members) {
        VITTE_TRY(trusted_key added, detail::read_trusted_key(m));
        for (const trusted_key& k : made.keys)
            if (k.key.key == added.key.key || k.key.id == added.key.id)
                return m.value.refuse(errc::already_exists, "each key and each id of a key once", "one a second time");
        made.keys.push_back(std::move(added));
    }
    VITTE_CHECK(detail::if_there(all, "revoked", [&](json::value) {
        return detail::for_each_element(all, "revoked", [&](json::value one) -> told {
            VITTE_TRY(const minisign::public_key key, detail::read_key(one));
            made.revoked.push_back(key);
            return {};
        });
    }));
    VITTE_CHECK(detail::if_there(all, "root", [&](json::value given) -> told {
        VITTE_CHECK(detail::check_members(given, {"keys", "threshold"}));
        VITTE_TRY(made.root, detail::read_signers(given, made.keys));
        return {};
    }));
    VITTE_CHECK(detail::for_each_element(all, "rules", [&](json::value one) -> told {
        VITTE_TRY(rule added, detail::read_rule(one, made.keys));
        made.rules.push_back(std::move(added));
        return {};
    }));
    VITTE_CHECK(detail::if_there(all, "minimum", [&](json::value given) -> told {
        VITTE_TRY(const auto least, given.members());
        for (const json::member& m : least) {
            VITTE_TRY(const std::string_view text, m.value.get<std::string_view>());
            if (!semver::version::parse(text))
                return m.value.refuse(errc::malformed, "a version such as \"1.2.3\"", "another text");
            made.minimum.emplace_back(m.name, text);
        }
        return {};
    }));
    VITTE_CHECK(detail::if_there(all, "unsigned", [&](json::value given) -> told {
        VITTE_TRY(made.accepts_unsigned, given.get<bool>());
        return {};
    }));
    return made;
}

inline result<std::string, json::read_error> policy_statement::write() const {
    json::growing_output made;
    json::writer to(made, 2);
    to.begin_object().member("format", "vitte policy 1").member("version", version);
    if (expires != never) to.member("expires", std::string_view(detail::time_text(expires)));
    to.name("keys").begin_object();
    for (const trusted_key& k : keys) {
        to.name(k.label);
        if (k.expires == never) {
            to.value(std::string_view(detail::key_line(k.key)));
            continue;
        }
        to.begin_object().member("key", std::string_view(detail::key_line(k.key)));
        to.member("expires", std::string_view(detail::time_text(k.expires))).end_object();
    }
    to.end_object();
    if (!revoked.empty()) {
        to.name("revoked").begin_array();
        for (const minisign::public_key& key : revoked) to.value(std::string_view(detail::key_line(key)));
        to.end_array();
    }
    if (root) {
        to.name("root").begin_object();
        detail::put_signers(to, *root, *this);
        to.end_object();
    }
    to.name("rules").begin_array();
    for (const rule& r : rules) {
        to.begin_object().name("names").begin_array();
        for (const std::string& pattern : r.names) to.value(std::string_view(pattern));
        to.end_array();
        detail::put_signers(to, r.signers, *this);
        to.end_object();
    }
    to.end_array();
    if (!minimum.empty()) {
        to.name("minimum").begin_object();
        for (const auto& [name, least] : minimum) to.member(name, std::string_view(least));
        to.end_object();
    }
    if (accepts_unsigned) to.member("unsigned", true);
    to.end_object();
    if (const auto done = to.finish(); !done)
        return unexpected(json::read_error(done.error().code, "UTF-8", "other bytes, or no memory", {}, 0));
    std::string text(made.text());
    text += '\n';
    VITTE_CHECK(read(text));
    return text;
}

}  // namespace vitte::loader::signing
