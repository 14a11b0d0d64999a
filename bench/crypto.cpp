// Hashes and signatures, beside OpenSSL's and BLAKE3's authors', in the folder that is given.
#include <dlfcn.h>
#include <openssl/evp.h>
#include <sys/resource.h>

#include <cstdlib>
#include <string>
#include <vitte/core/blake2b.hpp>
#include <vitte/core/blake3.hpp>
#include <vitte/core/ed25519.hpp>
#include <vitte/core/sha2.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/memory/mapping.hpp>

#include "row.hpp"

namespace {
volatile std::byte sink;

template <class Hash>
void hash(const char* claim, const EVP_MD* peer, double goal) {
    static const std::vector<std::byte> bytes(256 << 10, std::byte{1});
    bench::compare(
        claim, "OpenSSL", goal, 201, [] { return bench::nanoseconds([] { sink = Hash::of(bytes)[0]; }); },
        [&] {
            return bench::nanoseconds([&] {
                unsigned char made[EVP_MAX_MD_SIZE];
                EVP_Digest(bytes.data(), bytes.size(), made, nullptr, peer, nullptr);
                sink = static_cast<std::byte>(made[0]);
            });
        });
}

/// Nanoseconds of the processor that `work` takes, here or in children: what else runs does not blur them.
template <class Work>
double cpu_nanoseconds(int who, Work&& work) {
    const auto spent = [&] {
        rusage used;
        getrusage(who, &used);
        return 1e9 * static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               1e3 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    };
    const double before = spent();
    work();
    return spent() - before;
}

/// 10 MB in memory beside the authors' code in C and assembly, which LLVM holds a copy of.
void blake3() {
    constexpr const char* claim = "BLAKE3 of 10 MB: CPU";
    static const std::vector<std::byte> bytes(10'000'000, std::byte{1});
    vitte::blake3::digest made{}, theirs{};
    const auto ours = [&] {
        return cpu_nanoseconds(RUSAGE_SELF, [&] { made = vitte::blake3().update(bytes).finish(); });
    };
    void* const library = dlopen("libLLVM-16.so.1", RTLD_NOW);
    if (library == nullptr) return bench::missing(claim, "LLVM's copy", ours(), 1 / 0.9);
    const auto begin = reinterpret_cast<void (*)(void*)>(dlsym(library, "llvm_blake3_hasher_init"));
    const auto update =
        reinterpret_cast<void (*)(void*, const void*, std::size_t)>(dlsym(library, "llvm_blake3_hasher_update"));
    const auto finish =
        reinterpret_cast<void (*)(void*, void*, std::size_t)>(dlsym(library, "llvm_blake3_hasher_finalize"));
    alignas(64) static std::byte state[4096];
    bench::compare(claim, "LLVM's copy", 1 / 0.9, 101, ours, [&] {
        return cpu_nanoseconds(RUSAGE_SELF, [&] {
            begin(state);
            update(state, bytes.data(), bytes.size());
            finish(state, theirs.data(), theirs.size());
        });
    });
    if (made != theirs) std::puts("a hash was not what it should be");
}

/// 1 GB in a file that the OS has in memory, beside the authors' program.
void blake3_of_file(const std::string& path) {
    constexpr const char* claim = "BLAKE3 of a file of 1 GB: CPU";
    constexpr int rounds = 7;
    const std::vector<std::byte> piece(1'000'000, std::byte{1});
    {
        auto file = vitte::sys::file::open(path.c_str(), vitte::sys::open_mode::write);
        for (int i = 0; i < 1000; ++i)
            if (!file || !file->write(piece)) return std::puts("the file cannot be written"), void();
    }
    std::string made, theirs;
    const auto ours = [&] {
        return cpu_nanoseconds(RUSAGE_SELF, [&] {
            made.clear();
            for (const std::byte b : vitte::blake3().update(vitte::sys::mapping::open(path.c_str())->bytes()).finish())
                for (const unsigned digit : {std::to_integer<unsigned>(b) >> 4, std::to_integer<unsigned>(b) & 15})
                    made += "0123456789abcdef"[digit];
        });
    };
    if (std::system("command -v b3sum > /dev/null") != 0)
        bench::missing(claim, "b3sum, one thread", ours(), 1 / 0.9);
    else
        bench::compare(claim, "b3sum, one thread", 1 / 0.9, rounds, ours, [&] {
            return cpu_nanoseconds(RUSAGE_CHILDREN, [&] {
                std::FILE* const said = popen(("b3sum --num-threads 1 --no-names " + path).c_str(), "r");
                char line[80] = "";
                if (std::fgets(line, sizeof line, said) != nullptr) theirs.assign(line, 64);
                pclose(said);
            });
        });
    if (!theirs.empty() && made != theirs) std::puts("a hash was not what it should be");
    std::remove(path.c_str());
}

const unsigned char* plain(const std::byte* bytes) { return reinterpret_cast<const unsigned char*>(bytes); }

void signatures() {
    const std::array<std::byte, 32> seed{std::byte{1}};
    const std::array<std::byte, 64> message{};
    const vitte::ed25519_key key(seed);
    const vitte::ed25519_signature signature = key.sign(message);
    EVP_PKEY* const secret = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, plain(seed.data()), seed.size());
    EVP_PKEY* const open = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, plain(key.public_key().data()), 32);
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    constexpr int times = 50;
    bool good = true;
    bench::compare(
        "Ed25519: verify 64 bytes", "OpenSSL", 1.3, 41,
        [&] {
            return bench::nanoseconds([&] { good &= vitte::ed25519_verify(key.public_key(), signature, message); },
                                      times);
        },
        [&] {
            return bench::nanoseconds(
                [&] {
                    EVP_MD_CTX_reset(context);
                    EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, open);
                    good &= EVP_DigestVerify(context, plain(signature.data()), 64, plain(message.data()),
                                             message.size()) == 1;
                },
                times);
        });
    bench::compare(
        "Ed25519: sign 64 bytes", "OpenSSL", 1.3, 41,
        [&] { return bench::nanoseconds([&] { good &= key.sign(message) == signature; }, times); },
        [&] {
            return bench::nanoseconds(
                [&] {
                    unsigned char made[64];
                    std::size_t size = sizeof made;
                    EVP_MD_CTX_reset(context);
                    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, secret);
                    good &= EVP_DigestSign(context, made, &size, plain(message.data()), message.size()) == 1;
                    sink = static_cast<std::byte>(made[0]);
                },
                times);
        });
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(open);
    EVP_PKEY_free(secret);
    if (!good) std::puts("a signature was not what it should be");
}
}  // namespace

int main(int, char** arguments) {
    hash<vitte::sha256>("SHA-256 of 256 KB", EVP_sha256(), 1 / 0.9);
    hash<vitte::sha512>("SHA-512 of 256 KB", EVP_sha512(), 2);
    hash<vitte::blake2b>("BLAKE2b of 256 KB", EVP_blake2b512(), 1.3);
    blake3();
    blake3_of_file(std::string(arguments[1]) + "/hashed");
    signatures();
}
