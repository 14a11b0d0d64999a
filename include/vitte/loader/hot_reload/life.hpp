/// What a module of a hot reload does at its beginning, at its end, and when another version takes over.
#pragma once

#include <vitte/plugin.h>

#include <vector>
#include <vitte/loader/module.hpp>

namespace vitte::loader {

/// What a version leaves to the next one.
struct saved_state {
    std::uint32_t version = 0;  ///< of its layout, as the module counts it
    std::vector<std::byte> bytes;
};

/// Which versions of the layout a module reads, and the one that it writes.
struct state_versions {
    std::uint32_t oldest = 0, newest = 0;
};

/// Is asked by a `hot_module`, by one thread at a time. `state` is what `start` made of it. The functions may call the
/// module, which nobody else does from `save` to the end of `restore`.
class module_life {
public:
    virtual ~module_life() = default;

    /// Makes a module that was just loaded ready to be called. After a failure it is unloaded without `stop`.
    virtual result<void, load_error> start(const module& which, void*& state) {
        static_cast<void>(which), static_cast<void>(state);
        return {};
    }
    /// Nobody is in it any more, and it is unloaded after this.
    virtual void stop(const module& which, void* state) noexcept { static_cast<void>(which), static_cast<void>(state); }

    /// Whether it has something to leave: calls are held then while another version takes over.
    virtual bool has_state(const module& which) const {
        static_cast<void>(which);
        return false;
    }
    virtual state_versions versions(const module& which) const {
        static_cast<void>(which);
        return {};
    }
    virtual result<void, load_error> save(const module& which, void* state, std::vector<std::byte>& to) {
        static_cast<void>(which), static_cast<void>(state), static_cast<void>(to);
        return {};
    }
    /// `from.version` is one that the module says it reads.
    virtual result<void, load_error> restore(const module& which, void* state, const saved_state& from) {
        static_cast<void>(which), static_cast<void>(state), static_cast<void>(from);
        return {};
    }
};

/// Memory that all versions of a native module use, one after the other and, while they change, together: nothing is
/// saved and calls are not held.
struct state_arena {
    std::span<std::byte> memory;
    std::uint32_t version = 0;  ///< of the layout that is in it
};

/// The life of modules that say what they need by what they export:
/// - a native plugin, by the table `vitte_plugin` of `<vitte/plugin.h>`: `init` with `host` and `shutdown`, `save` and
///   `restore`. The layout of what it saves is counted by the constants `const uint32_t vitte_state_version` and, if it
///   reads older ones, `vitte_state_oldest`; 0 without them.
/// - a native module that uses an arena, by `int32_t vitte_attach(void* memory, size_t size, uint32_t version)`, which
///   is called before anything else is, and returns something else than 0 if it does not know that version or size.
/// - a WebAssembly module, by `vitte_save: () -> i64`, the address of what it saves in the low half and its size in the
///   high one, `vitte_room: (i32) -> i32`, the address of so many bytes, and `vitte_restore: (i32, i32) -> i32`, which
///   takes such bytes, at an address and so many, and returns 0; all in the memory that it exports as "memory".
///   `vitte_state_version` and `vitte_state_oldest` are functions that return an i32.
///
/// A module that has none of these has no state, and none has more than 256 MiB.
class exported_life : public module_life {
public:
    /// Both stay as long as modules of this life do; `host` is null if no module has a plugin's table.
    explicit exported_life(const vitte_host* host = nullptr, const state_arena* arena = nullptr) noexcept
        : host_(host), arena_(arena) {}

    result<void, load_error> start(const module& which, void*& state) override {
        if (is_native(which) && arena_ != nullptr) {
            const auto attach = which.function<std::int32_t(void*, std::size_t, std::uint32_t)>("vitte_attach");
            if (attach) {
                const auto told = (*attach)(arena_->memory.data(), arena_->memory.size(), arena_->version);
                if (!told || *told != 0)
                    return refuse(errc::not_supported, "starting",
                                  "it does not take the arena's state of version " + std::to_string(arena_->version));
            }
        }
        const struct vitte_plugin* const table = table_of(which);
        if (table == nullptr) return {};
        if (table->abi != VITTE_PLUGIN_ABI || !VITTE_HAS(table, init) || table->init == nullptr)
            return refuse(errc::not_supported, "starting",
                          "its table is of the ABI " + std::to_string(table->abi) + ", or has no `init`");
        if (host_ == nullptr) return refuse(errc::invalid_argument, "starting", "the program has no host for plugins");
        return told(table->init(host_, &state), "starting", "`init`");
    }
    void stop(const module& which, void* state) noexcept override {
        const struct vitte_plugin* const table = table_of(which);
        if (table != nullptr && VITTE_HAS(table, shutdown) && table->shutdown != nullptr) table->shutdown(state);
    }
    bool has_state(const module& which) const override {
        if (is_native(which)) {
            const struct vitte_plugin* const table = table_of(which);
            return table != nullptr && VITTE_HAS(table, save) && table->save != nullptr;
        }
        return which.function<std::uint64_t()>("vitte_save").has_value();
    }
    state_versions versions(const module& which) const override {
        const std::uint32_t newest = number(which, "vitte_state_version", 0);
        return {number(which, "vitte_state_oldest", newest), newest};
    }
    result<void, load_error> save(const module& which, void* state, std::vector<std::byte>& to) override {
        constexpr const char* action = "saving the state";
        if (const struct vitte_plugin* const table = table_of(which)) {
            vitte_output output{sizeof output, 0, &to, append};
            return told(table->save(state, &output), action, "`save`");
        }
        VITTE_TRY(const auto save, which.function<std::uint64_t()>("vitte_save"));
        const auto where = save();
        if (!where) return refuse(errc::unknown, action, where.error().message());
        const auto memory = which.memory();
        const std::size_t at = static_cast<std::uint32_t>(*where), size = static_cast<std::size_t>(*where >> 32);
        if (at > memory.size() || size > memory.size() - at)
            return refuse(errc::out_of_range, action, "what it says it has saved is not in its memory");
        if (size > most_of_state) return refuse(errc::too_large, action, "it has saved more than 256 MiB");
        to.assign(memory.begin() + static_cast<std::ptrdiff_t>(at),
                  memory.begin() + static_cast<std::ptrdiff_t>(at + size));
        return {};
    }
    result<void, load_error> restore(const module& which, void* state, const saved_state& from) override {
        constexpr const char* action = "restoring the state";
        if (is_native(which)) {
            const struct vitte_plugin* const table = table_of(which);
            if (table == nullptr || !VITTE_HAS(table, restore) || table->restore == nullptr)
                return refuse(errc::not_supported, action, "the new version has no `restore`, and the old one `save`");
            return told(table->restore(state, from.bytes.data(), from.bytes.size()), action, "`restore`");
        }
        VITTE_TRY(const auto room, which.function<std::uint32_t(std::uint32_t)>("vitte_room"));
        VITTE_TRY(const auto take, which.function<std::int32_t(std::uint32_t, std::uint32_t)>("vitte_restore"));
        const auto size = static_cast<std::uint32_t>(from.bytes.size());
        const auto at = room(size);
        if (!at) return refuse(errc::unknown, action, at.error().message());
        const auto memory = which.memory();
        if (*at > memory.size() || size > memory.size() - *at)
            return refuse(errc::out_of_range, action, "the room that it gives is not in its memory");
        if (size != 0) __builtin_memcpy(memory.data() + *at, from.bytes.data(), size);
        const auto done = take(*at, size);
        if (!done) return refuse(errc::unknown, action, done.error().message());
        return told(*done, action, "`vitte_restore`");
    }

private:
    static bool is_native(const module& which) noexcept { return detail::body_of(which)->kind() == nullptr; }
    static const struct vitte_plugin* table_of(const module& which) noexcept {
        return static_cast<const struct vitte_plugin*>(which.find("vitte_plugin"));
    }
    static std::uint32_t number(const module& which, const char* name, std::uint32_t absent) {
        if (const void* const constant = which.find(name)) return *static_cast<const std::uint32_t*>(constant);
        if (is_native(which)) return absent;
        const auto f = which.function<std::uint32_t()>(name);
        if (!f) return absent;
        const auto told = (*f)();
        return told ? *told : absent;
    }
    static result<void, load_error> told(std::int32_t code, const char* action, const char* function) {
        if (code == VITTE_OK) return {};
        return refuse(errc::unknown, action, std::string(function) + " returned " + std::to_string(code));
    }
    static std::int32_t append(void* context, const void* bytes, std::size_t size) {
        auto& to = *static_cast<std::vector<std::byte>*>(context);
        if (size > most_of_state - to.size()) return VITTE_TOO_LARGE;
        const auto* const from = static_cast<const std::byte*>(bytes);
        to.insert(to.end(), from, from + size);
        return VITTE_OK;
    }
    static constexpr std::size_t most_of_state = std::size_t{1} << 28;

    const vitte_host* host_;
    const state_arena* arena_;
};

}  // namespace vitte::loader
