/// How a module is loaded, and what is asked before.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <span>
#include <type_traits>
#include <vitte/loader/load_error.hpp>

namespace vitte::loader {

class import_source;

/// What a `file_verifier` is asked about.
struct file_to_verify {
    std::span<const std::byte> bytes;  ///< the whole file, as it is loaded if it is accepted
    const char* path;                  ///< its path, or the name that was given to `load`
    /// Of a library that is loaded since another module needs it: the path of that module. Null: it is what `load` was
    /// called for.
    const char* needed_by = nullptr;
    /// The name that the module must have been signed under, if the program has said one: `load_options::name`.
    const char* name = nullptr;

    /// So that a function of the bytes alone will do.
    constexpr operator std::span<const std::byte>() const noexcept { return bytes; }
};

/// Decides whether a file is loaded: any function of a `file_to_verify`, or of its bytes, that returns a `bool`, or a
/// `result<void, load_error>`, which tells why not. Empty unless it is made of one.
class file_verifier {
    using told = result<void, load_error>;

public:
    file_verifier() noexcept = default;
    file_verifier(std::nullptr_t) noexcept {}
    template <class Function>
        requires(!std::same_as<std::remove_cvref_t<Function>, file_verifier> &&
                 std::invocable<Function&, const file_to_verify&>)
    file_verifier(Function&& function) {
        using answer = std::remove_cvref_t<std::invoke_result_t<Function&, const file_to_verify&>>;
        if constexpr (std::same_as<answer, told>) {
            ask_ = std::forward<Function>(function);
        } else {
            static_assert(std::same_as<answer, bool>, "a verifier returns a bool or a result<void, load_error>");
            std::function<bool(const file_to_verify&)> accepts = std::forward<Function>(function);
            if (!accepts) return;
            ask_ = [accepts = std::move(accepts)](const file_to_verify& file) -> told {
                if (accepts(file)) return {};
                return refuse(errc::permission_denied, "verifying", "the program refuses what is in it");
            };
        }
    }

    explicit operator bool() const noexcept { return static_cast<bool>(ask_); }
    /// Fails with `errc::permission_denied` if the function returned false, else with what it returned.
    told operator()(const file_to_verify& file) const { return ask_(file); }

private:
    std::function<told(const file_to_verify&)> ask_;
};

/// All but `verify`, `name` and `imports` is about native modules that our own linker loads; it means nothing for
/// others.
struct load_options {
    /// Functions are bound when they are called first, unless the module was linked with `-z now`. One that nothing
    /// defines then ends the program. Otherwise everything is bound at once.
    bool lazy = false;
    /// What the module defines is asked from the host, the process and global modules before, as the OS's linkers do.
    /// Otherwise only weak and unique definitions are, which C++ wants to be one in a program; binding is then four
    /// times as fast.
    bool scope_first = false;
    /// What the module defines is found by all that this loader loads later.
    bool global = false;
    /// Is asked about each file before it is loaded: the module, and each library that it needs, unless the process has
    /// it or this loader has loaded it with a verifier from a file of that name, or as `name`. What a library calls
    /// itself (DT_SONAME) counts for nothing then. If it refuses one, the load fails. What it saw is what is loaded: a
    /// private copy that nobody can change. It is asked twice about a library that is needed by two names, one of them
    /// a link. It must not load or unload anything with this loader, nor wait for a thread that does.
    /// The OS's linker takes files by their paths: it gets a private file of the copy, as `container_format` has it, is
    /// asked about that alone, and libraries are the OS's matter, as they are for containers. See
    /// `module_loader::verify_all` for one that no load can forget.
    file_verifier verify = nullptr;
    /// The name that the module must have been signed under, such as "acme/image": for verifiers that know signed
    /// names, as a `signature_policy` does; others do not look at it.
    const char* name = nullptr;
    /// Where symbols come from that the module takes from other modules by name; it stays until the module is unloaded,
    /// which one linked with `-z nodelete` never is. Null: from nowhere. Not for the OS's linker.
    import_source* imports = nullptr;
};

/// Whether the program wants to load `file`.
inline result<void, load_error> verified(const file_to_verify& file, const load_options& options) {
    if (!options.verify) return {};
    return options.verify(file);
}

}  // namespace vitte::loader
