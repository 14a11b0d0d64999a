// vitte key: makes keys, signs files and verifies signatures, in the formats of minisign.
#include "key_files.hpp"

namespace {
using request = key_request;

constexpr const char* help = R"(usage: vitte key new -p PUBLIC -s SECRET [-W] [-f] [-c COMMENT]
       vitte key sign -s SECRET -m FILE [-n NAME] [-v VERSION] [-x SIGNATURE] [-t COMMENT] [-c COMMENT] [-l]
       vitte key sign -s SECRET -r POLICY
       vitte key verify (-p PUBLIC | -P KEY) -m FILE [-n NAME] [-v VERSION] [-x SIGNATURE] [-l]
       vitte key verify -r POLICY -m FILE [-n NAME]
       vitte key show (-p PUBLIC | -P KEY | -s SECRET | -x SIGNATURE | -r POLICY)
       vitte key trust -r POLICY (-p PUBLIC | -P KEY) (-n PATTERN | --root | --revoke) [-k COUNT] [-c LABEL]
       vitte key revoke -r POLICY (-p PUBLIC | -P KEY)
       vitte key trust -r POLICY -u NEXT

Makes a key, signs FILE with one, tells whether FILE is what a key has signed or a policy accepts, shows what is in a file
of these, without a password, and writes policies: who may sign modules of which names. Keys and signatures of files are in the formats of minisign, which has the same
options; a container is signed inside.

  -p PUBLIC     the file with the public key
  -P KEY        the public key itself: the second line of its file
  -s SECRET     the file with the secret key, which nobody else may read
  -m FILE       the file that is signed
  -x SIGNATURE  the file with the signature, by default FILE.minisig; a container is then signed like any other file
  -n NAME       the name that the file is signed as, by default its own; for verify the name that it must be signed as;
                for trust a pattern of names that the key may sign, such as acme/* or acme/**
  -v VERSION    the version that it is signed as, such as 1.2.3; for verify that it must be signed as
  -r POLICY     the file with the policy; trust makes it
  -k COUNT      so many of the keys for that pattern, or of the root keys, must have signed
  -u NEXT       the policy that follows, which POLICY becomes if enough root keys of both have signed it
  -t COMMENT    a comment that is signed, too; by default the time, NAME and VERSION
  -c COMMENT    a comment that is not signed; for trust the key's label
  -W            without a password; else it is asked for, or the first line of standard input if that is no terminal
  -f            replaces a secret key that is there already
  -l            signs FILE itself instead of its hash, for old readers; verifies such a signature, too, which policies
                never do
  --root        the key may sign policies that follow
  --revoke      the key counts nowhere any more

Of a key with a password, a guess takes a gigabyte of memory. Exit codes: 0 success, the signature is good; 1 it is not,
or a file cannot be read or written; 2 wrong usage.
)";

/// Nothing is shown of a key until it is stored.
exit_code make_key(const request& asked) {
    if (asked.public_file.empty() || asked.secret_file.empty())
        return complain(misused, "key new: a file for the key is missing", "vitte key new -p PUBLIC -s SECRET");
    if (!asked.force && vitte::sys::stat(asked.secret_file.c_str()).has_value())
        return refuse("new " + shown(asked.secret_file) + ": already exists",
                      "-f replaces it, and what it signed stays without a key");
    struct random_bytes {
        minisign::key_id id;
        std::array<std::byte, 32> seed, salt;
        ~random_bytes() { vitte::secure_zero(std::as_writable_bytes(std::span(this, 1))); }
    } random;
    if (const auto filled = vitte::sys::fill_random(std::as_writable_bytes(std::span(&random, 1))); !filled)
        return cannot("new", filled.error());
    const minisign::secret_key secret(random.id, random.seed);
    auto sealed = minisign::sealed_key::make(secret);
    if (!asked.plain) {
        password given, again;
        if (const auto read = given.read("Password"); !read)
            return cannot("new", read.error(), "-W makes a key without a password");
        if (vitte::sys::is_terminal(vitte::sys::native::files::standard(vitte::sys::standard_stream::input))) {
            if (const auto read = again.read("Password (once more)"); !read) return cannot("new", read.error());
            if (!(given == again)) return refuse("new: the passwords are different");
        }
        const auto limits = minisign::password_limits::sensitive();
        auto memory = password_memory::of(limits);
        if (!memory) return cannot("new", memory.error(), "a password takes a gigabyte of memory");
        const auto made = minisign::sealed_key::make(secret, given.bytes(), random.salt, limits, memory->words());
        if (!made) return cannot("new", made.error());
        sealed = *made;
    }
    small_text<minisign::sealed_key::max_size> text;
    const std::string name = hexadecimal(random.id);
    const auto secret_text = sealed.write(text.room(), asked.has_comment ? asked.comment : "vitte secret key " + name);
    // It would leave its rights to the new one.
    if (const auto gone = vitte::sys::directory::current().remove(asked.secret_file.c_str());
        !gone && gone.error().code != errc::not_found)
        return cannot("new " + asked.secret_file, gone.error());
    if (const auto stored = vitte::sys::replace(asked.secret_file.c_str(), vitte::sys::as_bytes(secret_text), 0600);
        !stored)
        return cannot("new " + asked.secret_file, stored.error());
    const minisign::public_key open{random.id, vitte::ed25519_key(random.seed).public_key()};
    const auto open_text = open.write(text.room(), asked.has_comment ? asked.comment : "vitte public key " + name);
    if (const auto stored = vitte::sys::replace(asked.public_file.c_str(), vitte::sys::as_bytes(open_text)); !stored)
        return cannot("new " + asked.public_file, stored.error());
    std::printf("key %s: public in %s, secret in %s\n", name.c_str(), shown(asked.public_file).c_str(),
                shown(asked.secret_file).c_str());
    return succeeded;
}

vitte::result<vitte::blake2b::digest> hash_of(const std::string& path) {
    VITTE_TRY(const auto opened, vitte::sys::file::open(path.c_str()));
    vitte::blake2b hash;
    VITTE_TRY(auto piece, vitte::sys::byte_buffer::allocate(1 << 16));
    for (;;) {
        VITTE_TRY(const std::size_t size, opened.read(piece.bytes()));
        hash.update(piece.bytes().first(size));
        if (size < piece.size()) break;
    }
    vitte::blake2b::digest made;
    hash.finish(made);
    return made;
}
std::string signature_of(const request& asked) {
    return asked.signature_file.empty() ? asked.file + ".minisig" : asked.signature_file;
}
/// Like minisign's, without what is not for a comment.
std::string default_comment(const request& asked) {
    const vitte::sys::path_view path = asked.file.c_str();
    return "timestamp:" + std::to_string(vitte::sys::wall_time() / 1'000'000'000) +
           "\tfile:" + shown(asked.name.empty() ? path.name() : asked.name) +
           (asked.version.empty() ? "" : "\tversion:" + shown(asked.version)) + (asked.legacy ? "" : "\thashed");
}

exit_code sign(const request& asked) {
    if (asked.secret_file.empty() || asked.file.empty() == asked.policy_file.empty())
        return complain(misused, "key sign: the key or the file is missing", "vitte key sign -s SECRET -m FILE");
    small_text<minisign::sealed_key::max_size> text;
    const auto read = text.read(asked.secret_file);
    if (!read) return cannot("sign " + asked.secret_file, read.error(), "-s names the file with the secret key");
    const auto sealed = minisign::sealed_key::parse(*read);
    if (!sealed) return cannot("sign " + asked.secret_file, sealed.error(), "-s names the file with the secret key");
    password given;
    password_memory memory;
    if (sealed->has_password()) {
        auto room = password_memory::of(sealed->limits());
        if (!room)
            return cannot("sign " + asked.secret_file, room.error(), "its password takes more memory than there is");
        memory = std::move(*room);
        if (const auto typed = given.read("Password"); !typed) return cannot("sign", typed.error());
    }
    const auto secret = sealed->open(given.bytes(), memory.words());
    if (!secret && secret.error().code == errc::permission_denied)
        return refuse("sign " + shown(asked.secret_file) + ": the password is wrong, or the file is damaged");
    if (!secret) return cannot("sign " + asked.secret_file, secret.error());
    if (!asked.policy_file.empty()) return sign_policy(asked, *secret);
    if (asked.signature_file.empty() && is_container(asked.file)) return sign_container(asked, *secret);

    const vitte::ed25519_key key(secret->seed);
    const std::string signature_file = signature_of(asked);
    const std::string comment = asked.has_comment ? asked.comment : "signature from vitte secret key";
    const std::string trusted = asked.has_trusted_comment ? asked.trusted_comment : default_comment(asked);
    if (!minisign::is_comment(trusted, minisign::most_of_trusted_comment))
        return refuse("sign: the comment to be signed is too long, or more than a line", "-t gives another one");
    std::vector<char> room(minisign::signature::max_size);
    std::string_view made;
    if (asked.legacy) {
        const auto whole = vitte::sys::read(asked.file.c_str());
        if (!whole) return cannot("sign " + asked.file, whole.error());
        made = minisign::signature::make_legacy(key, secret->id, whole->bytes(), comment, trusted).write(room);
    } else {
        const auto hash = hash_of(asked.file);
        if (!hash) return cannot("sign " + asked.file, hash.error());
        made = minisign::signature::make(key, secret->id, *hash, comment, trusted).write(room);
    }
    if (const auto stored = vitte::sys::replace(signature_file.c_str(), vitte::sys::as_bytes(made)); !stored)
        return cannot("sign " + signature_file, stored.error());
    return succeeded;
}

/// What stands behind `name` in the only field of a trusted comment that begins so; empty if none does, or several.
std::string_view field(std::string_view name, std::string_view comment) {
    std::string_view found;
    for (int count = 0; !comment.empty();) {
        const std::string_view one = comment.substr(0, comment.find('\t'));
        comment.remove_prefix(std::min(one.size() + 1, comment.size()));
        if (one.starts_with(name)) found = ++count == 1 ? one.substr(name.size()) : std::string_view();
    }
    return found;
}

exit_code verify(const request& asked) {
    if (!asked.policy_file.empty() && !asked.version.empty())
        return complain(misused, "key verify: a policy tells the versions itself", "its member \"minimum\"");
    if (!asked.policy_file.empty()) return verify_by_policy(asked);
    if (asked.public_file.empty() == asked.key.empty() || asked.file.empty())
        return complain(misused, "key verify: the key or the file is missing, or there are two keys",
                        "vitte key verify -p PUBLIC -m FILE");
    const auto key = public_key_of(asked);
    if (!key) return failed;
    if (asked.signature_file.empty() && is_container(asked.file)) return verify_container(asked, *key);
    small_text<minisign::signature::max_size> text;
    const std::string signature_file = signature_of(asked);
    const auto read = text.read(signature_file);
    if (!read) return cannot("verify " + signature_file, read.error(), "-x names the file with the signature");
    const auto signature = minisign::signature::parse(*read);
    if (!signature) return cannot("verify " + signature_file, signature.error());
    if (!signature->is_prehashed && !asked.legacy)
        return refuse("verify " + shown(signature_file) + ": an old signature, of the file itself instead of its hash",
                      "-l verifies it");
    minisign::verdict said{};
    if (signature->is_prehashed) {
        const auto hash = hash_of(asked.file);
        if (!hash) return cannot("verify " + asked.file, hash.error());
        said = signature->verify(*key, *hash);
    } else {
        const auto whole = vitte::sys::read(asked.file.c_str());
        if (!whole) return cannot("verify " + asked.file, whole.error());
        said = signature->verify(*key, whole->bytes());
    }
    switch (said) {
        case minisign::verdict::good:
            if (const exit_code same = check_claim(asked, field("file:", signature->trusted_comment),
                                                   field("version:", signature->trusted_comment));
                same != succeeded)
                return same;
            std::printf("good signature of %s by key %s\ntrusted comment: %s\n", shown(asked.file).c_str(),
                        hexadecimal(key->id).c_str(), shown(signature->trusted_comment).c_str());
            return succeeded;
        case minisign::verdict::by_another_key:
            return refuse("verify " + shown(signature_file) + ": made by key " + hexadecimal(signature->id) +
                          ", not by " + hexadecimal(key->id));
        case minisign::verdict::another_file:
            return refuse("verify " + shown(asked.file) + ": not what the key has signed",
                          "the file, the signature or the key has changed");
        case minisign::verdict::another_comment:
            return refuse("verify " + shown(signature_file) + ": the trusted comment is not what the key has signed");
    }
    return failed;
}

void show(const char* what, const minisign::key_id& id) { std::printf("%s %s\n", what, hexadecimal(id).c_str()); }
void show(const minisign::public_key& key) {
    small_text<minisign::public_key::max_size> text;
    const std::string_view line = key.write(text.room(), "").substr(std::string_view("untrusted comment: \n").size());
    show("public key", key.id);
    std::printf("%.*s", static_cast<int>(line.size()), line.data());
}

exit_code show_file(const request& asked) {
    const std::string* const files[] = {&asked.public_file, &asked.key, &asked.secret_file, &asked.signature_file,
                                        &asked.policy_file};
    if (std::count_if(std::begin(files), std::end(files), [](const std::string* f) { return !f->empty(); }) != 1)
        return complain(misused, "key show: what to show is missing, or there are two",
                        "vitte key show -p PUBLIC, -P KEY, -s SECRET, -x SIGNATURE or -r POLICY");
    if (!asked.policy_file.empty()) return show_policy(asked);
    if (!asked.secret_file.empty()) {
        small_text<minisign::sealed_key::max_size> text;
        const auto read = text.read(asked.secret_file);
        if (!read) return cannot("show " + asked.secret_file, read.error());
        const auto sealed = minisign::sealed_key::parse(*read);
        if (!sealed) return cannot("show " + asked.secret_file, sealed.error());
        if (sealed->has_password()) return std::puts("secret key under a password, which hides its id too"), succeeded;
        const auto secret = sealed->open({}, {});
        if (!secret) return cannot("show " + asked.secret_file, secret.error());
        std::puts("secret key without a password");
        show({secret->id, vitte::ed25519_key(secret->seed).public_key()});
        return succeeded;
    }
    if (!asked.signature_file.empty()) {
        small_text<minisign::signature::max_size> text;
        const auto read = text.read(asked.signature_file);
        if (!read) return cannot("show " + asked.signature_file, read.error());
        const auto signature = minisign::signature::parse(*read);
        if (!signature) return cannot("show " + asked.signature_file, signature.error());
        show(signature->is_prehashed ? "signature by key" : "old signature by key", signature->id);
        std::printf("trusted comment, if it is verified: %s\n", shown(signature->trusted_comment).c_str());
        return succeeded;
    }
    const auto key = public_key_of(asked);
    if (!key) return failed;
    show(*key);
    return succeeded;
}

exit_code revoke(const request& asked) {
    request same = asked;
    same.revoke = true;
    return trust(same);
}

/// Reads the options; what is wrong with them has been told if it is not `succeeded`.
exit_code parse(const arguments& given, request& to) {
    to.verb = given[0];
    const struct {
        std::string_view name;
        std::string* text;
        bool* flag;
    } options[] = {{"-p", &to.public_file, nullptr},     {"-P", &to.key, nullptr},
                   {"-s", &to.secret_file, nullptr},     {"-m", &to.file, nullptr},
                   {"-x", &to.signature_file, nullptr},  {"-t", &to.trusted_comment, &to.has_trusted_comment},
                   {"-c", &to.comment, &to.has_comment}, {"-W", nullptr, &to.plain},
                   {"-f", nullptr, &to.force},           {"-l", nullptr, &to.legacy},
                   {"-r", &to.policy_file, nullptr},     {"-n", &to.name, nullptr},
                   {"-v", &to.version, nullptr},         {"-k", &to.threshold, nullptr},
                   {"-u", &to.next_file, nullptr},       {"--root", nullptr, &to.root},
                   {"--revoke", nullptr, &to.revoke}};
    for (std::size_t i = 1; i < given.size(); ++i) {
        const auto* const found =
            std::find_if(std::begin(options), std::end(options), [&](const auto& one) { return one.name == given[i]; });
        if (found == std::end(options))
            return complain(misused, "key " + to.verb + ": unknown option '" + shown(given[i]) + "'",
                            "vitte key --help lists them");
        if (found->flag != nullptr) *found->flag = true;
        if (found->text == nullptr) continue;
        if (++i == given.size())
            return complain(misused, "key " + to.verb + ": " + std::string(found->name) + " needs a word behind it",
                            "vitte key --help");
        *found->text = given[i];
    }
    if (!minisign::is_comment(to.comment, minisign::most_of_comment))
        return complain(misused, "key " + to.verb + ": the comment is too long, or more than a line",
                        "-c takes a line of at most 1004 bytes");
    return succeeded;
}
}  // namespace

exit_code key(const arguments& given) {
    if (std::find(given.begin(), given.end(), "--help") != given.end()) return std::fputs(help, stdout), succeeded;
    if (given.empty())
        return complain(misused, "key: what to do is missing", "vitte key new, sign, verify, show, trust or revoke");
    const struct {
        std::string_view name;
        exit_code (*run)(const request&);
    } verbs[] = {{"new", make_key},   {"sign", sign},   {"verify", verify},
                 {"show", show_file}, {"trust", trust}, {"revoke", revoke}};
    for (const auto& verb : verbs) {
        if (verb.name != given[0]) continue;
        request asked;
        const exit_code parsed = parse(given, asked);
        return parsed == succeeded ? verb.run(asked) : parsed;
    }
    return complain(
        misused, "key " + shown(given[0]) + ": not a command",
        suggestion(given[0], {"new", "sign", "verify", "show", "trust", "revoke", "--help"}, "vitte key --help"));
}
