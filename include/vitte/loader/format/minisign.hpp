/// Keys and detached signatures in the format of minisign (https://jedisct1.github.io/minisign/, "Signature format",
/// "Public key format", "Secret key format"), all of them texts of lines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vitte/core/base64.hpp>
#include <vitte/core/blake2b.hpp>
#include <vitte/core/ed25519.hpp>
#include <vitte/core/endian.hpp>
#include <vitte/core/scrypt.hpp>
#include <vitte/core/secure_zero.hpp>
#include <vitte/loader/format/parse_error.hpp>

namespace vitte::loader::minisign {

/// Tells keys apart, and which of them has signed; random.
using key_id = std::array<std::byte, 8>;

/// Bytes of comments at most, as minisign has it.
inline constexpr std::size_t most_of_comment = 1024 - 20, most_of_trusted_comment = 8192 - 18;

namespace detail {
/// The lines of a text, which end with LF or CR LF, the last one perhaps with the text.
class line_reader {
public:
    explicit line_reader(std::string_view text) noexcept : text_(text) {}

    std::size_t position() const noexcept { return at_; }

    /// The rest of the next line, which begins with `prefix` and has no characters for control but tabs.
    result<std::string_view, parse_error> comment(const char* reading, std::string_view prefix,
                                                  std::size_t most) noexcept {
        const std::size_t start = at_;
        VITTE_TRY(const auto line, next(reading));
        if (!line.starts_with(prefix)) return malformed(reading, "does not begin as it must", start);
        const std::string_view rest = line.substr(prefix.size());
        if (rest.size() > most) return malformed(reading, "too long", start);
        for (std::size_t i = 0; i < rest.size(); ++i)
            if ((static_cast<unsigned char>(rest[i]) < 0x20 && rest[i] != '\t') || rest[i] == 0x7f)
                return malformed(reading, "a control character", start + prefix.size() + i);
        return rest;
    }
    /// The bytes of the next line, as many as `to` takes.
    result<void, parse_error> bytes(const char* reading, std::span<std::byte> to) noexcept {
        const std::size_t start = at_;
        VITTE_TRY(const auto line, next(reading));
        if (line.size() != base64_size(to.size())) return malformed(reading, "another length than it must have", start);
        const auto size = decode_base64(line, to);
        if (!size || *size != to.size()) return malformed(reading, "not base64", start);
        return {};
    }
    /// Nothing may follow.
    result<void, parse_error> end(const char* reading) const noexcept {
        if (at_ != text_.size()) return malformed(reading, "more follows than there is to be", at_);
        return {};
    }

private:
    result<std::string_view, parse_error> next(const char* reading) noexcept {
        if (at_ == text_.size()) return malformed(reading, "missing", at_, errc::end_of_input);
        const std::size_t end = text_.find('\n', at_);
        std::string_view line = text_.substr(at_, end == text_.npos ? end : end - at_);
        at_ = end == text_.npos ? text_.size() : end + 1;
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// Appends to characters of the caller.
class line_writer {
public:
    explicit line_writer(std::span<char> to) noexcept : to_(to) {}

    line_writer& text(std::string_view text) noexcept {
        VITTE_ASSERT(to_.size() - size_ >= text.size());
        for (const char c : text) to_[size_++] = c;
        return *this;
    }
    line_writer& bytes(std::span<const std::byte> bytes) noexcept {
        size_ += encode_base64(bytes, to_.subspan(size_)).size();
        return text("\n");
    }
    std::string_view written() const noexcept { return {to_.data(), size_}; }

private:
    std::span<char> to_;
    std::size_t size_ = 0;
};

/// Parts of fixed sizes in a row.
class part_writer {
public:
    explicit part_writer(std::span<std::byte> to) noexcept : left_(to) {}
    part_writer& add(std::span<const std::byte> bytes) noexcept {
        for (std::size_t i = 0; i < bytes.size(); ++i) left_[i] = bytes[i];
        left_ = left_.subspan(bytes.size());
        return *this;
    }
    part_writer& add(std::string_view text) noexcept { return add(std::as_bytes(std::span(text))); }

private:
    std::span<std::byte> left_;
};
template <std::size_t Size>
std::array<std::byte, Size> part(std::span<const std::byte> of, std::size_t at) noexcept {
    std::array<std::byte, Size> made;
    for (std::size_t i = 0; i < Size; ++i) made[i] = of[at + i];
    return made;
}
inline bool begins(std::span<const std::byte> bytes, std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i)
        if (bytes[i] != static_cast<std::byte>(text[i])) return false;
    return true;
}

inline constexpr std::string_view untrusted = "untrusted comment: ", trusted = "trusted comment: ";
}  // namespace detail

/// Whether `comment` may stand in a file: one line, of at most `most` bytes.
inline bool is_comment(std::string_view comment, std::size_t most) noexcept {
    detail::line_reader lines(comment);
    return comment.empty() ||
           (comment.find('\n') == comment.npos && lines.comment("", "", most).has_value() && !comment.ends_with('\r'));
}

/// What signatures are verified with.
struct public_key {
    key_id id;
    ed25519_public_key key;

    static constexpr std::size_t max_size = 32 + most_of_comment + base64_size(42);  ///< characters of a file

    /// Reads a file: a comment, which nobody has signed, and the line that `parse_line` reads.
    static result<public_key, parse_error> parse(std::string_view text) noexcept {
        detail::line_reader lines(text);
        VITTE_CHECK(lines.comment("line 1 of public key", detail::untrusted, most_of_comment));
        return parse_rest(lines, "line 2 of public key");
    }
    /// Reads the line alone, as it is given on command lines.
    static result<public_key, parse_error> parse_line(std::string_view text) noexcept {
        detail::line_reader lines(text);
        return parse_rest(lines, "public key");
    }
    /// Writes a file, of `max_size` at most; `is_comment(comment, most_of_comment)`.
    std::string_view write(std::span<char> to, std::string_view comment) const noexcept {
        std::array<std::byte, 42> bytes;
        detail::part_writer(bytes).add("Ed").add(id).add(key);
        return detail::line_writer(to).text(detail::untrusted).text(comment).text("\n").bytes(bytes).written();
    }

    friend bool operator==(const public_key&, const public_key&) noexcept = default;

private:
    static result<public_key, parse_error> parse_rest(detail::line_reader& lines, const char* reading) noexcept {
        const std::size_t start = lines.position();
        std::array<std::byte, 42> bytes;
        VITTE_CHECK(lines.bytes(reading, bytes));
        VITTE_CHECK(lines.end(reading));
        if (!detail::begins(bytes, "Ed")) return malformed(reading, "not a key of Ed25519", start, errc::not_supported);
        return public_key{detail::part<8>(bytes, 2), detail::part<32>(bytes, 10)};
    }
};

/// What verifying shows.
enum class verdict : unsigned char {
    good,             ///< the key has signed both the file and the trusted comment
    by_another_key,   ///< the signature names another key
    another_file,     ///< the key has not signed this file
    another_comment,  ///< the key has not signed this trusted comment for this file
};

/// A detached signature. The comments are parts of the text that it was read from, or is to be made with.
struct signature {
    bool is_prehashed;  ///< of the BLAKE2b-512 of the file (`ED`), as it should be; and not of the file itself (`Ed`)
    key_id id;
    ed25519_signature of_file, of_comment;
    std::string_view untrusted_comment, trusted_comment;

    static constexpr std::size_t max_size =
        64 + most_of_comment + most_of_trusted_comment + base64_size(74) + base64_size(64);

    static result<signature, parse_error> parse(std::string_view text) noexcept {
        detail::line_reader lines(text);
        signature made{};
        VITTE_TRY(made.untrusted_comment, lines.comment("line 1 of signature", detail::untrusted, most_of_comment));
        const std::size_t start = lines.position();
        std::array<std::byte, 74> bytes;
        VITTE_CHECK(lines.bytes("line 2 of signature", bytes));
        made.is_prehashed = detail::begins(bytes, "ED");
        if (!made.is_prehashed && !detail::begins(bytes, "Ed"))
            return malformed("line 2 of signature", "not one of Ed25519", start, errc::not_supported);
        made.id = detail::part<8>(bytes, 2);
        made.of_file = detail::part<64>(bytes, 10);
        VITTE_TRY(made.trusted_comment, lines.comment("line 3 of signature", detail::trusted, most_of_trusted_comment));
        VITTE_CHECK(lines.bytes("line 4 of signature", made.of_comment));
        VITTE_CHECK(lines.end("signature"));
        return made;
    }

    /// Makes one of the file whose BLAKE2b-512 is `hash`. The comments are ones by `is_comment`, and have to live as
    /// long as it.
    static signature make(const ed25519_key& key, const key_id& id, const blake2b::digest& hash,
                          std::string_view untrusted_comment, std::string_view trusted_comment) noexcept {
        return make(key, id, hash, untrusted_comment, trusted_comment, true);
    }
    /// One of the file itself, for old readers.
    static signature make_legacy(const ed25519_key& key, const key_id& id, std::span<const std::byte> file,
                                 std::string_view untrusted_comment, std::string_view trusted_comment) noexcept {
        return make(key, id, file, untrusted_comment, trusted_comment, false);
    }

    /// Writes a file, of `max_size` at most.
    std::string_view write(std::span<char> to) const noexcept {
        std::array<std::byte, 74> bytes;
        detail::part_writer(bytes).add(is_prehashed ? "ED" : "Ed").add(id).add(of_file);
        return detail::line_writer(to)
            .text(detail::untrusted)
            .text(untrusted_comment)
            .text("\n")
            .bytes(bytes)
            .text(detail::trusted)
            .text(trusted_comment)
            .text("\n")
            .bytes(of_comment)
            .written();
    }

    /// Whether it is one by `key` of `signed_bytes`, which are the BLAKE2b-512 of the file if `is_prehashed`, and else
    /// the file.
    [[nodiscard]] verdict verify(const public_key& key, std::span<const std::byte> signed_bytes) const noexcept {
        if (key.id != id) return verdict::by_another_key;
        if (!ed25519_verify(key.key, of_file, signed_bytes)) return verdict::another_file;
        return ed25519_verify(key.key, of_comment, of_file, std::as_bytes(std::span(trusted_comment)))
                   ? verdict::good
                   : verdict::another_comment;
    }

private:
    static signature make(const ed25519_key& key, const key_id& id, std::span<const std::byte> bytes,
                          std::string_view untrusted_comment, std::string_view trusted_comment,
                          bool is_prehashed) noexcept {
        VITTE_ASSERT(is_comment(untrusted_comment, most_of_comment) &&
                     is_comment(trusted_comment, most_of_trusted_comment));
        const ed25519_signature of_file = key.sign(bytes);
        return {is_prehashed,      id,
                of_file,           key.sign(of_file, std::as_bytes(std::span(trusted_comment))),
                untrusted_comment, trusted_comment};
    }
};

/// What is kept secret of a key; forgotten when this ends.
struct secret_key {
    key_id id{};
    std::array<std::byte, 32> seed{};

    secret_key(const key_id& of, std::span<const std::byte, 32> from) noexcept : id(of) {
        for (std::size_t i = 0; i < 32; ++i) seed[i] = from[i];
    }
    secret_key(const secret_key&) noexcept = default;
    secret_key& operator=(const secret_key&) noexcept = default;
    ~secret_key() { secure_zero(seed); }
};

/// How hard a password is to guess, as libsodium states it: operations and bytes of memory.
struct password_limits {
    std::uint64_t operations, memory;

    /// For secrets on disk, by default in minisign: a second and a gigabyte.
    static constexpr password_limits sensitive() noexcept { return {33554432, 1073741824}; }
    /// A tenth of a second and 16 megabytes.
    static constexpr password_limits interactive() noexcept { return {524288, 16777216}; }

    /// What libsodium's `crypto_pwhash_scryptsalsa208sha256` makes of them.
    constexpr scrypt_cost cost() const noexcept {
        const std::uint64_t least = 32768, made = operations < least ? least : operations;
        const bool by_operations = made < memory / 32;
        const std::uint64_t most = by_operations ? made / 32 : memory / 1024;
        unsigned bits = 1;
        while (bits < 63 && std::uint64_t{1} << bits <= most / 2) ++bits;
        const std::uint64_t blocks = (made / 4) >> bits;
        const auto p = static_cast<std::uint32_t>((blocks < 0x3fffffff ? blocks : 0x3fffffff) / 8);
        return {std::uint64_t{1} << bits, 8, by_operations ? 1 : p};
    }
};

/// A file with a secret key, perhaps under a password; forgotten when this ends.
class sealed_key {
public:
    static constexpr std::size_t max_size = 32 + most_of_comment + base64_size(158);  ///< characters of a file

    sealed_key(const sealed_key&) noexcept = default;
    sealed_key& operator=(const sealed_key&) noexcept = default;
    ~sealed_key() { secure_zero(bytes_); }

    static result<sealed_key, parse_error> parse(std::string_view text) noexcept {
        detail::line_reader lines(text);
        VITTE_CHECK(lines.comment("line 1 of secret key", detail::untrusted, most_of_comment));
        constexpr const char* reading = "line 2 of secret key";
        const std::size_t start = lines.position();
        sealed_key made;
        VITTE_CHECK(lines.bytes(reading, made.bytes_));
        VITTE_CHECK(lines.end("secret key"));
        if (!detail::begins(made.bytes_, "Ed"))
            return malformed(reading, "not a key of Ed25519", start, errc::not_supported);
        const bool is_plain = detail::begins(std::span(made.bytes_).subspan(2), std::string_view("\0\0", 2));
        if (!is_plain && !made.has_password())
            return malformed(reading, "under something other than scrypt", start, errc::not_supported);
        if (!detail::begins(std::span(made.bytes_).subspan(4), "B2"))
            return malformed(reading, "a checksum other than BLAKE2b", start, errc::not_supported);
        return made;
    }

    bool has_password() const noexcept { return detail::begins(std::span(bytes_).subspan(2), "Sc"); }
    /// Who reads a key of others looks at them first: they tell how much memory it takes, `limits().cost().words()`
    /// words, and how long.
    password_limits limits() const noexcept {
        return {load<std::uint64_t>(bytes_.data() + 38, byte_order::little),
                load<std::uint64_t>(bytes_.data() + 46, byte_order::little)};
    }

    /// The key. `memory` has as many words as the limits tell if there is a password, else it may be empty.
    /// `errc::permission_denied` if the password is wrong, or the key is damaged: that is the same;
    /// `errc::out_of_memory` if there are too few words.
    result<secret_key> open(std::span<const std::byte> password, std::span<std::uint32_t> memory) const noexcept {
        constexpr const char* operation = "open secret key";
        sealed_key plain = *this;
        const auto sealed = std::span(plain.bytes_).subspan(sealed_at, sealed_size);
        if (has_password() && !plain.apply(password, memory)) return fail(errc::out_of_memory, operation);
        auto sum = plain.checksum();
        std::byte differs{}, any{};
        for (std::size_t i = 0; i < sum.size(); ++i) {
            differs |= sum[i] ^ sealed[8 + 64 + i];
            any |= sealed[8 + 64 + i];
        }
        secure_zero(sum);
        if (differs != std::byte{} && (has_password() || any != std::byte{}))
            return fail(errc::permission_denied, operation);
        secret_key made(detail::part<8>(sealed, 0), sealed.subspan<8, 32>());
        const ed25519_key key(made.seed);
        for (std::size_t i = 0; i < 32; ++i)
            if (key.public_key()[i] != sealed[8 + 32 + i]) return fail(errc::malformed, operation);
        return made;
    }

    /// Without a password, and, as minisign makes it, without a checksum.
    static sealed_key make(const secret_key& from) noexcept {
        sealed_key made;
        const ed25519_key key(from.seed);
        detail::part_writer(made.bytes_).add("Ed").add(std::string_view("\0\0B2", 4));
        detail::part_writer(std::span(made.bytes_).subspan(sealed_at))
            .add(from.id)
            .add(from.seed)
            .add(key.public_key());
        return made;
    }
    /// Under `password`, with random `salt`; `memory` is as for `open`. `errc::out_of_memory` if it has too few words.
    static result<sealed_key> make(const secret_key& from, std::span<const std::byte> password,
                                   std::span<const std::byte, 32> salt, const password_limits& limits,
                                   std::span<std::uint32_t> memory) noexcept {
        sealed_key made = make(from);
        detail::part_writer(std::span(made.bytes_).subspan(2)).add("ScB2").add(std::span<const std::byte>(salt));
        store(made.bytes_.data() + 38, limits.operations, byte_order::little);
        store(made.bytes_.data() + 46, limits.memory, byte_order::little);
        auto sum = made.checksum();
        detail::part_writer(std::span(made.bytes_).subspan(sealed_at + 8 + 64)).add(sum);
        secure_zero(sum);
        if (!made.apply(password, memory)) return fail(errc::out_of_memory, "seal secret key");
        return made;
    }

    /// Writes a file, of `max_size` at most; `is_comment(comment, most_of_comment)`.
    std::string_view write(std::span<char> to, std::string_view comment) const noexcept {
        return detail::line_writer(to).text(detail::untrusted).text(comment).text("\n").bytes(bytes_).written();
    }

private:
    static constexpr std::size_t sealed_at = 54, sealed_size = 8 + 64 + 32;  // id, key, checksum

    sealed_key() noexcept = default;

    /// Of the algorithm, the id and the key.
    std::array<std::byte, 32> checksum() const noexcept {
        std::array<std::byte, 32> made;
        blake2b hash(made.size());
        hash.update(std::span(bytes_).first(2)).update(std::span(bytes_).subspan(sealed_at, 8 + 64)).finish(made);
        secure_zero(std::as_writable_bytes(std::span(&hash, 1)));
        return made;
    }
    /// Seals or opens; false if `memory` has too few words.
    bool apply(std::span<const std::byte> password, std::span<std::uint32_t> memory) noexcept {
        const scrypt_cost cost = limits().cost();
        if (!cost.is_valid() || cost.words() == 0 || memory.size() < cost.words()) return false;
        std::array<std::byte, sealed_size> stream;
        scrypt(stream, password, std::span(bytes_).subspan(6, 32), cost, memory);
        for (std::size_t i = 0; i < sealed_size; ++i) bytes_[sealed_at + i] ^= stream[i];
        secure_zero(stream);
        return true;
    }

    std::array<std::byte, 158> bytes_{};
};

}  // namespace vitte::loader::minisign
