// Policies: who may sign what, what does not count, how they are replaced, and that no flipped bit gets through.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <numeric>

#include "../support/signers.hpp"

namespace {
using namespace signers_test;
using vitte::errc;

/// The day stands still where a test wants it.
struct dated : vitte::sys::native {
    struct clocks : vitte::sys::native::clocks {
        static inline std::int64_t now = 0;
        static std::int64_t wall() noexcept { return now; }
    };
};
using policy = basic_signature_policy<dated>;
void set_date(std::string_view text) { dated::clocks::now = vitte::rfc3339::parse(text).value(); }

const signer ann(1), ben(2), cem(3), eve(9);
const file content = bytes_of("\0asm and what is in it");

std::string outcome(const vitte::result<void, load_error>& of) { return of ? "" : of.error().message(); }
std::string asked(const policy& p, std::span<const std::byte> bytes, const char* name,
                  const char* path = "/plugins/acme/image.vitmod") {
    const auto answer = p({bytes, path, nullptr, name});
    if (!answer) BOOST_TEST((answer.error().code == errc::permission_denied), answer.error().message());
    return outcome(answer);
}
std::string asked(const policy& p, std::string_view signatures, const char* name,
                  const char* path = "/plugins/libimage.so") {
    return outcome(p({content, path, nullptr, name}, signatures));
}
policy parsed(std::string_view text) {
    auto made = policy::parse(text);
    BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message()));
    return std::move(*made);
}
/// A policy, in which `more` stands besides keys and rules.
std::string policy_text(const std::string& more = "", int version = 1) {
    return R"({"format": "vitte policy 1", "version": )" + std::to_string(version) + R"(, "keys": {"ann": ")" +
           ann.line() + R"(", "ben": ")" + ben.line() + R"(", "cem": ")" + cem.line() +
           R"("}, "rules": [{"names": ["acme/safe"], "keys": ["ann", "ben", "cem"], "threshold": 2},
               {"names": ["acme/*", "*.so"], "keys": ["ann"]}])" +
           more + "}\n";
}
}  // namespace

BOOST_AUTO_TEST_SUITE(signature_policy_)

BOOST_AUTO_TEST_CASE(nothing_is_refused_until_a_key_is_set) {
    policy p;
    const file plain = container_of("acme/image", "1.2.3", content);
    BOOST_TEST(asked(p, plain, "acme/image") == "");
    p.trust("acme/*", {ann.open()});
    BOOST_TEST(asked(p, plain, "acme/image") == ": verifying: it is not signed: there is no signature inside");
    BOOST_TEST(asked(p, ann.container(plain), "acme/image") == "");
    BOOST_TEST(asked(p, ann.container(plain), nullptr) == "");
    BOOST_TEST(
        asked(parsed(R"({"format": "vitte policy 1", "version": 1, "keys": {}, "rules": []})"), plain, nullptr) != "");
}

BOOST_AUTO_TEST_CASE(containers) {
    const policy p = parsed(policy_text());
    const file image = container_of("acme/image", "1.2.3", content), safe = container_of("acme/safe", "1.0.0", content);
    BOOST_TEST(asked(p, ann.container(image), "acme/image") == "");
    BOOST_TEST(asked(p, ben.container(ann.container(image)), "acme/image") == "");
    BOOST_TEST(asked(p, ann.container(ben.container(eve.container(image))), "acme/image") == "");
    BOOST_TEST(asked(p, eve.container(image), "acme/image") ==
               ": verifying: no key that the policy trusts has signed it as it is");
    BOOST_TEST(asked(p, ben.container(image), "acme/image") ==
               ": verifying: it is signed as acme/image 1.2.3 by 0 of the keys that may, and 1 have to: ann");
    BOOST_TEST(asked(p, ann.container(safe), "acme/safe") ==
               ": verifying: it is signed as acme/safe 1.0.0 by 1 of the keys that may, and 2 have to: ann, ben, cem");
    BOOST_TEST(asked(p, cem.container(ann.container(safe)), "acme/safe") == "");
    BOOST_TEST(asked(p, ann.container(container_of("acme/a/b", "1.0.0", content)), "acme/a/b") ==
               ": verifying: it is signed as acme/a/b 1.0.0, and no rule of the policy is for that name");
    // Somebody else's key under an id of ours, and ours under another one.
    file changed = eve.container(image);
    std::copy(ann.id.begin(), ann.id.end(), changed.end() - 72);
    BOOST_TEST(asked(p, changed, "acme/image") != "");
    changed = ann.container(image);
    std::copy(ben.id.begin(), ben.id.end(), changed.end() - 72);
    BOOST_TEST(asked(p, changed, "acme/image") != "");
    // One signature many times is that of one.
    changed = ann.container(safe);
    for (int i = 0; i < 5; ++i) changed.insert(changed.end(), changed.end() - 72, changed.end());
    BOOST_TEST(asked(p, changed, "acme/safe").find("by 1 of") != std::string::npos);
    for (int i = 0; i < 60; ++i) changed.insert(changed.end(), changed.end() - 72, changed.end());
    BOOST_TEST(asked(p, changed, "acme/safe") == ": verifying: there are more than 64 signatures");
    // Signatures of one container behind another.
    changed = image;
    const file theirs = ann.container(safe);
    changed = eve.container(image);
    std::copy(theirs.end() - 72, theirs.end(), changed.end() - 72);
    BOOST_TEST(asked(p, changed, "acme/image") != "");
}

BOOST_AUTO_TEST_CASE(signing_containers) {
    const file plain = container_of("acme/image", "1.2.3", content);
    const file once = ann.container(plain), twice = ben.container(once);
    BOOST_TEST((twice.size() == once.size() + 72 && std::equal(once.begin(), once.end(), twice.begin())));
    const auto again = signing::sign_container(twice, ann.key, ann.id);
    BOOST_REQUIRE(!again);
    BOOST_TEST((again.error().code == errc::already_exists));
    BOOST_TEST((signing::sign_container(content, ann.key, ann.id).error().code == errc::malformed));
    file full = once;
    for (int i = 0; i < 63; ++i) full.insert(full.end(), once.end() - 72, once.end());
    BOOST_TEST((signing::sign_container(full, ben.key, ben.id).error().code == errc::too_large));
    const auto parts = vitb::container::parse(twice).value();
    BOOST_TEST(parts.signatures().size() == 144u);
    BOOST_TEST(vitb::content(*parts.find(vitb::kind::code), 1000).value().span().size() == content.size());
}

BOOST_AUTO_TEST_CASE(names) {
    const policy p = parsed(policy_text());
    const file image = ann.container(container_of("acme/image", "1.2.3", content));
    BOOST_TEST(asked(p, image, "acme/safe") ==
               ": verifying: it is signed as acme/image 1.2.3, and acme/safe is wanted");
    for (const char* path :
         {"acme/image", "/x/acme/image", "x/acme/image.vitmod", "./acme/image-1.2.3.vitmod", "acme/image-1.2.3"})
        BOOST_TEST(asked(p, image, nullptr, path) == "", path);
    for (const char* path : {"image.vitmod", "other/image.vitmod", "xacme/image", "acme/image-1.2.4.vitmod",
                             "acme/safe", "acme/image.vitmod/", "acme/image/safe", "acme/image.d/safe", "", "."})
        BOOST_TEST(
            asked(p, image, nullptr, path) ==
                ": verifying: it is signed as acme/image 1.2.3, and loaded from a path that does not end so: say "
                "which name is wanted",
            path);
    // Whatever stands in META is read when somebody has signed it, and strictly.
    vitb::writer nameless;
    nameless.add(vitb::kind::code, content).value();
    auto made = nameless.finish().value();
    BOOST_TEST(asked(p, ann.container({made.span().begin(), made.span().end()}), nullptr) ==
               ": verifying: it has no META that tells its name");
    const file meta = bytes_of(R"({"name": "../image", "version": "1.0.0"})");
    nameless.add(vitb::kind::meta, meta).value();
    made = nameless.finish().value();
    BOOST_TEST(
        asked(p, ann.container({made.span().begin(), made.span().end()}), nullptr).find("META: name: a module's") !=
        std::string::npos);
}

/// A threshold of nobody would let in what others have signed, who may sign other names.
BOOST_AUTO_TEST_CASE(a_threshold_of_nobody) {
    policy p;
    p.trust("acme/**", {ann.open()}, 0);
    p.trust("**", {eve.open()});
    BOOST_TEST(asked(p, ann.detached(content, "file:acme/image"), "acme/image") == "");
    BOOST_TEST(asked(p, eve.detached(content, "file:acme/image"), "acme/image").find("by 0 of the keys that may") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(detached_signatures) {
    const policy p = parsed(policy_text());
    const std::string good = ann.detached(content, "timestamp:1700000000\tfile:libimage.so\thashed");
    BOOST_TEST(asked(p, good, nullptr) == "");
    BOOST_TEST(asked(p, good, "libimage.so") == "");
    BOOST_TEST(asked(p, good, "libother.so") == ": verifying: it is signed as libimage.so, and libother.so is wanted");
    BOOST_TEST(asked(p, good, nullptr, "/plugins/libother.so").find("does not end so") != std::string::npos);
    BOOST_TEST(asked(p, eve.detached(content, "file:libimage.so"), nullptr).find("no key that") != std::string::npos);
    BOOST_TEST(asked(p, ann.detached(bytes_of("other"), "file:libimage.so"), nullptr).find("no key that") !=
               std::string::npos);
    BOOST_TEST(asked(p, ann.detached(content, "by ann"), nullptr) ==
               ": verifying: the trusted comment of its signature tells no file: name");
    BOOST_TEST(asked(p, ann.detached(content, "file:../libimage.so"), nullptr).find("tells no") != std::string::npos);
    BOOST_TEST(asked(p, ann.detached(content, "file:a.so\tfile:b.so"), nullptr) ==
               ": verifying: the trusted comment of its signature has two fields file:");
    BOOST_TEST(asked(p, ann.detached(content, "file:libimage.so\tversion:1"), nullptr).find("is none") !=
               std::string::npos);
    BOOST_TEST(asked(p, "", nullptr).find("no key that") != std::string::npos);
    BOOST_TEST(asked(p, good.substr(0, good.size() / 2), nullptr).find("of signature") != std::string::npos);
    // Minisign's old signatures of files themselves.
    std::vector<char> room(minisign::signature::max_size);
    const std::string old(
        minisign::signature::make_legacy(ann.key, ann.id, content, "", "file:libimage.so").write(room));
    BOOST_TEST(asked(p, old, nullptr).find("no key that") != std::string::npos);

    const policy two =
        parsed(R"({"format": "vitte policy 1", "version": 1, "keys": {"ann": ")" + ann.line() + R"(", "ben": ")" +
               ben.line() + R"("}, "rules": [{"names": ["**"], "keys": ["ann", "ben"], "threshold": 2}]})");
    const std::string theirs = ben.detached(content, "file:libimage.so");
    BOOST_TEST(asked(two, good, nullptr).find("by 1 of") != std::string::npos);
    BOOST_TEST(asked(two, good + good, nullptr).find("by 1 of") != std::string::npos);
    BOOST_TEST(asked(two, good + theirs, nullptr) == "");
    BOOST_TEST(asked(two, theirs + eve.detached(content, "file:other") + good, nullptr) == "");
    BOOST_TEST(asked(two, good + ben.detached(content, "file:libother.so"), nullptr) ==
               ": verifying: its signatures tell different names or versions");
    std::string many;
    for (int i = 0; i < 17; ++i) many += good;
    BOOST_TEST(asked(two, many, nullptr) == ": verifying: there are more than 16 signatures");
}

BOOST_AUTO_TEST_CASE(what_does_not_count_any_more) {
    const file image = ann.container(container_of("acme/image", "1.2.3", content));
    const policy revoked = parsed(policy_text(R"(, "revoked": [")" + ann.line() + "\"]"));
    BOOST_TEST(asked(revoked, image, nullptr).find("no key that") != std::string::npos);
    // Whatever id a revoked key is listed with.
    signer renamed(1);
    renamed.id[3] = std::byte{1};
    BOOST_TEST(asked(parsed(policy_text(R"(, "revoked": [")" + renamed.line() + "\"]")), image, nullptr) != "");

    const policy expiring = parsed(policy_text(R"(, "expires": "2027-06-30T00:00:00Z")"));
    set_date("2027-06-29T23:59:59Z");
    BOOST_TEST(asked(expiring, image, nullptr) == "");
    set_date("2027-06-30T00:00:00Z");
    BOOST_TEST(asked(expiring, image, nullptr) == ": verifying: the policy has expired on 2027-06-30T00:00:00Z");
    BOOST_TEST(asked(expiring, ann.detached(content, "file:libimage.so"), nullptr).find("has expired") !=
               std::string::npos);
    const policy of_key =
        parsed(R"({"format": "vitte policy 1", "version": 1, "keys": {"ann": {"key": ")" + ann.line() +
               R"(", "expires": "2027-06-30T02:00:00+02:00"}}, "rules": [{"names": ["**"], "keys": ["ann"]}]})");
    BOOST_TEST(asked(of_key, image, nullptr) != "");
    set_date("2027-06-29T23:59:59Z");
    BOOST_TEST(asked(of_key, image, nullptr) == "");
    set_date("1970-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(least_versions) {
    const policy p = parsed(policy_text(R"(, "minimum": {"acme/image": "1.2.3-rc.1", "libimage.so": "2.0.0"})"));
    const auto version = [&](const char* of) {
        return asked(p, ann.container(container_of("acme/image", of, content)), "acme/image");
    };
    BOOST_TEST((version("1.2.3-rc.1") == "" && version("1.2.3") == "" && version("1.10.0") == ""));
    BOOST_TEST(version("1.2.3-beta") ==
               ": verifying: it is signed as acme/image 1.2.3-beta, and the policy wants 1.2.3-rc.1 or a newer one");
    BOOST_TEST(version("0.9.0") != "");
    BOOST_TEST(asked(p, ann.detached(content, "file:libimage.so\tversion:2.0.0"), nullptr) == "");
    BOOST_TEST(asked(p, ann.detached(content, "file:libimage.so\tversion:1.9.9"), nullptr) != "");
    BOOST_TEST(asked(p, ann.detached(content, "file:libimage.so"), nullptr) ==
               ": verifying: it is signed as libimage.so, and the policy wants 2.0.0 or a newer one");
}

BOOST_AUTO_TEST_CASE(unsigned_files) {
    const policy p = parsed(policy_text(R"(, "unsigned": true)"));
    const file plain = container_of("acme/image", "1.2.3", content);
    BOOST_TEST(asked(p, plain, nullptr) == "");
    BOOST_TEST(asked(p, plain, "acme/image") ==
               ": verifying: it is not signed, and so not as acme/image: there is no signature inside");
    BOOST_TEST(asked(p, eve.container(plain), nullptr) != "");
    BOOST_TEST(asked(p, ann.container(plain), nullptr) == "");
}

/// No signature of one kind stands for one of another.
BOOST_AUTO_TEST_CASE(purposes) {
    const policy p = parsed(policy_text());
    const file plain = container_of("acme/image", "1.2.3", content);
    file signed_one = ann.container(plain);
    const auto signed_part = std::span(signed_one).first(signed_one.size() - 72);
    const auto hash = vitte::blake3().update(signed_part).finish();
    const auto replaced = [&](const vitte::ed25519_signature& by) {
        file made = signed_one;
        std::copy(by.begin(), by.end(), made.end() - 64);
        return asked(p, made, "acme/image");
    };
    const auto in = [](std::string_view context, std::span<const std::byte> message) {
        return ann.key.sign_in(context, message);
    };
    BOOST_TEST(replaced(in("vitte container 1", hash)) == "");
    BOOST_TEST(replaced(in("vitte policy 1", hash)) != "");
    // Minisign signs files whose content somebody else has chosen.
    BOOST_TEST(replaced(ann.key.sign(hash)) != "");
    const file prefixed = bytes_of("vitte container 1\n");
    BOOST_TEST(replaced(ann.key.sign(prefixed, hash)) != "");
    const file domain = bytes_of("SigEd25519 no Ed25519 collisions");
    const std::byte flag_and_size[] = {std::byte{0}, std::byte{17}};
    BOOST_TEST(replaced(ann.key.sign(domain, flag_and_size, bytes_of("vitte container 1"), hash)) != "");

    const std::string root = policy_text(R"(, "root": {"keys": ["ann"]})"),
                      next = policy_text(R"(, "root": {"keys": ["ann"]})", 2);
    const auto with = [&](const vitte::ed25519_signature& by) {
        std::array<std::byte, 72> bytes{};
        signing::record{ann.id, by}.write(bytes);
        char digits[96];
        policy changing = parsed(root);
        return outcome(changing.replace(next + "signature " + std::string(vitte::encode_base64(bytes, digits)) + "\n"));
    };
    const file message = bytes_of(next);
    BOOST_TEST(with(in("vitte policy 1", message)) == "");
    BOOST_TEST(with(in("vitte container 1", message)) != "");
    BOOST_TEST(with(ann.key.sign(message)) != "");
    BOOST_TEST(with(ann.key.sign(vitte::blake2b::of(message))) != "");
}

BOOST_AUTO_TEST_CASE(replacing) {
    set_date("2027-01-01T00:00:00Z");
    const std::string first = policy_text(R"(, "root": {"keys": ["ann", "ben"], "threshold": 2})");
    const auto next = [](int version, const std::string& root, const std::string& more = "") {
        return policy_text(", \"root\": " + root + more, version);
    };
    const std::string all = R"({"keys": ["ben", "cem"], "threshold": 2})";
    const std::string second = next(2, all);
    const auto said = [&](const std::string& statement) {
        policy p = parsed(first);
        const std::string made = outcome(p.replace(statement));
        BOOST_TEST(p.statement().version == (made.empty() ? 2u : 1u));
        return made;
    };
    BOOST_TEST(said(second) == ": replacing the policy: fewer root keys of version 1 have signed it than must: 2");
    BOOST_TEST(said(ben.statement(cem.statement(second))).find("of version 1") != std::string::npos);
    BOOST_TEST(said(ann.statement(ben.statement(second))) ==
               ": replacing the policy: fewer root keys of its own have signed it than must: 2");
    BOOST_TEST(said(ben.statement(ben.statement(ann.statement(ann.statement(second))))).find("of its own") !=
               std::string::npos);
    const std::string good = ann.statement(cem.statement(ben.statement(second)));
    BOOST_TEST(said(good) == "");
    BOOST_TEST(said(eve.statement(good)) == "");
    // Not a byte may be another, in whichever part.
    std::string changed = good;
    changed.replace(changed.find("\"version\": 2"), 12, "\"version\": 3");
    BOOST_TEST(said(changed) != "");
    BOOST_TEST(said(" " + good) != "");
    changed = good;
    changed.insert(changed.find("signature"), "\n");
    BOOST_TEST(said(changed) != "");
    BOOST_TEST(said(good + "\n").find("reading the policy") != std::string::npos);
    BOOST_TEST(said(good.substr(0, good.size() - 1)).find("reading the policy") != std::string::npos);

    BOOST_TEST(said(ann.statement(ben.statement(policy_text("", 2)))).find("names no root keys") != std::string::npos);
    const std::string expired = next(2, all, R"(, "expires": "2026-12-31T00:00:00Z")");
    BOOST_TEST(said(ann.statement(cem.statement(ben.statement(expired)))) ==
               ": replacing the policy: it has expired on 2026-12-31T00:00:00Z");
    policy none = parsed(policy_text());
    BOOST_TEST(outcome(none.replace(good)).find("alone may do that") != std::string::npos);
    BOOST_TEST(outcome(policy().replace(good)) != "");

    // Forward only; one may be left out if those who count know each other.
    policy p = parsed(first);
    BOOST_TEST(outcome(p.replace(good)) == "");
    BOOST_TEST((p.replace(good).error().code == errc::already_exists));
    BOOST_TEST((p.replace(ben.statement(cem.statement(next(2, all, R"(, "unsigned": true)")))).error().code ==
                errc::already_exists));
    BOOST_TEST(outcome(p.replace(ann.statement(ben.statement(first)))) ==
               ": replacing the policy: version 1 is older than 2, which is in use");
    const std::string fifth = next(5, all, R"(, "revoked": [")" + ben.line() + "\"]");
    BOOST_TEST(outcome(p.replace(cem.statement(ben.statement(fifth)))).find("of its own") != std::string::npos);
    BOOST_TEST(outcome(p.replace(cem.statement(
                   ben.statement(next(5, R"({"keys": ["cem"]})", R"(, "revoked": [")" + ben.line() + "\"]"))))) == "");
    BOOST_TEST(outcome(p.replace(ben.statement(next(6, R"({"keys": ["ben"]})")))).find("of version 5") !=
               std::string::npos);

    // One that has expired accepts nothing but its successor.
    policy old = parsed(policy_text(R"(, "root": {"keys": ["ann"]}, "expires": "2026-12-31T00:00:00Z")"));
    const file image = ann.container(container_of("acme/image", "1.2.3", content));
    BOOST_TEST(asked(old, image, nullptr) != "");
    BOOST_TEST(outcome(old.replace(ann.statement(next(2, R"({"keys": ["ann"]})")))) == "");
    BOOST_TEST(asked(old, image, nullptr) == "");
    set_date("1970-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(texts_that_are_no_policies) {
    const auto said = [](const std::string& text) {
        return outcome(policy::parse(text).transform([](const auto&) {}));
    };
    const std::string good = policy_text(R"(, "root": {"keys": ["ann"]})");
    const auto with = [&](std::string_view what, std::string_view other) {
        std::string text = good;
        BOOST_REQUIRE(text.find(what) != text.npos);
        return said(text.replace(text.find(what), what.size(), other));
    };
    BOOST_TEST(said(good) == "");
    BOOST_TEST(said("") != "");
    BOOST_TEST(said("{}").find("format: no such member") != std::string::npos);
    BOOST_TEST(with("policy 1", "policy 2").find("format: \"vitte policy 1\" is needed") != std::string::npos);
    BOOST_TEST(with("\"version\": 1", "\"version\": 0").find("version: a number above 0") != std::string::npos);
    BOOST_TEST(with("\"version\": 1", "\"version\": -1").find("version: an integer") != std::string::npos);
    BOOST_TEST(with("\"rules\"", "\"rulez\"").find("rulez: a member that is known here") != std::string::npos);
    BOOST_TEST(with("\"version\": 1", "\"version\": 1, \"version\": 2") != "");
    BOOST_TEST(with("\"names\": [\"acme/safe\"]", "\"name\": [\"acme/safe\"]").find("rules[0].name: a member that") !=
               std::string::npos);
    BOOST_TEST(with("\"threshold\": 2", "\"threshold\": 4").find("rules[0].threshold: a number of keys") !=
               std::string::npos);
    BOOST_TEST(with("\"threshold\": 2", "\"threshold\": 0").find("threshold") != std::string::npos);
    BOOST_TEST(with("[\"ann\", \"ben\", \"cem\"]", "[\"ann\", \"ben\", \"ann\"]").find("keys[2]: each key once") !=
               std::string::npos);
    BOOST_TEST(with("[\"ann\", \"ben\", \"cem\"]", "[\"dan\", \"ben\"]").find("keys[0]: the label of a key") !=
               std::string::npos);
    BOOST_TEST(with("[\"ann\", \"ben\", \"cem\"]", "[]").find("a key is needed, found none") != std::string::npos);
    BOOST_TEST(with(ann.line(), ann.line().substr(1)).find("keys.ann: a public key of minisign") != std::string::npos);
    BOOST_TEST(with(ben.line(), ann.line()).find("keys.ben: each key and each id of a key once") != std::string::npos);
    signer renamed(1);
    renamed.id[3] = std::byte{1};
    BOOST_TEST(with(ben.line(), renamed.line()).find("keys.ben: each key and each id") != std::string::npos);
    signer same_id(7);
    same_id.id = ann.id;
    BOOST_TEST(with(ben.line(), same_id.line()).find("keys.ben: each key and each id") != std::string::npos);
    BOOST_TEST(with("\"acme/*\"", "\"\"").find("names[0]: a text of 1 to 256 bytes") != std::string::npos);
    BOOST_TEST(with("\"acme/*\"", '"' + std::string(257, 'a') + '"').find("a longer one") != std::string::npos);
    std::string deep;
    for (int i = 0; i < 62; ++i) deep += "a/";
    BOOST_TEST(with("\"acme/*\"", '"' + deep + '"').find("fewer parts") != std::string::npos);
    BOOST_TEST(with("\"root\"", "\"minimum\": {\"a\": \"1\"}, \"root\"").find("minimum.a: a version") !=
               std::string::npos);
    BOOST_TEST(with("\"root\"", "\"expires\": \"tomorrow\", \"root\"").find("expires: a time such as") !=
               std::string::npos);
    BOOST_TEST(said(good + std::string(signing::most_of_policy, ' ')).find("256 KiB") != std::string::npos);
    std::string many = good;
    for (int i = 0; i < 65; ++i) many += ann.statement("x\n").substr(2);
    BOOST_TEST(said(many).find("more than 64 signatures") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_as_the_same) {
    signing::policy_statement says;
    says.version = 7;
    says.expires = vitte::rfc3339::parse("2030-01-01T00:00:00.5Z").value();
    const std::size_t a = says.add(ann.open(), "ann");
    const std::size_t b = says.add(ben.open(), "\"ben\"\n");
    BOOST_TEST(says.add(ann.open(), "again") == a);
    says.keys[b].expires = 1'000'000'000;
    says.revoked.push_back(eve.open());
    says.root = signing::signers{{b, a}, 2};
    says.rules.push_back({{"acme/*", "x"}, {{a}, 1}});
    says.minimum.emplace_back("acme/image", "1.2.3-rc.1");
    says.accepts_unsigned = true;
    const auto text = says.write();
    BOOST_REQUIRE(text.has_value());
    BOOST_TEST((signing::policy_statement::read(*text).value() == says));
    says.rules[0].signers.threshold = 2;
    BOOST_TEST((says.write().error().code == errc::out_of_range));
    says.rules[0].signers.threshold = 1;
    says.keys[a].label = "\xff";
    BOOST_TEST((says.write().error().code == errc::malformed));
}

/// A million of them: `VITTE_FLIPS=1000000`. Each one costs the check of an Ed25519 signature.
BOOST_AUTO_TEST_CASE(no_flipped_bit_gets_through) {
    const char* const wanted = std::getenv("VITTE_FLIPS");
    const int flips = wanted != nullptr ? std::atoi(wanted) : 20000 / (5 * VITTE_STRIDE - 4);
    const policy p = parsed(R"({"format": "vitte policy 1", "version": 1, "keys": {"ann": ")" + ann.line() +
                            R"("}, "rules": [{"names": ["**"], "keys": ["ann"]}]})");
    file container = ann.container(container_of("acme/image", "1.2.3", content));
    file module = content;
    std::string signature = ann.detached(module, "file:libimage.so\tversion:1.0.0");
    const std::size_t from = signature.find('\n') + 1;  // the first line is not signed
    const std::size_t bits = 8 * (container.size() + module.size() + signature.size() - from);
    BOOST_TEST(asked(p, container, nullptr) == "");
    BOOST_TEST((p({module, "libimage.so"}, signature).has_value()));
    // A number that has no factor in common with theirs goes through all of them before one comes again.
    std::size_t step = 7919, at = 0;
    while (std::gcd(step, bits) != 1) ++step;
    int accepted = 0;
    for (int i = 0; i < flips; ++i, at = (at + step) % bits) {
        const auto mask = static_cast<unsigned char>(1u << at % 8);
        std::size_t place = at / 8;
        const auto flipped = [&](auto& in, auto ask) {
            auto& byte = in[place];
            byte = static_cast<std::remove_reference_t<decltype(byte)>>(static_cast<unsigned char>(byte) ^ mask);
            const bool good = ask();
            byte = static_cast<std::remove_reference_t<decltype(byte)>>(static_cast<unsigned char>(byte) ^ mask);
            accepted += good;
            if (good) BOOST_TEST_MESSAGE("bit " << at << " is another one");
        };
        const auto detached = [&] { return p({module, "libimage.so"}, signature).has_value(); };
        if (place < container.size()) {
            flipped(container, [&] { return p({container, "acme/image"}).has_value(); });
        } else if ((place -= container.size()) < module.size()) {
            flipped(module, detached);
        } else {
            place += from - module.size();
            flipped(signature, detached);
        }
    }
    BOOST_TEST(accepted == 0);
    BOOST_TEST((asked(p, container, nullptr) == "" && p({module, "libimage.so"}, signature).has_value()));
}

BOOST_AUTO_TEST_SUITE_END()
