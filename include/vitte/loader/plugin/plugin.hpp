/// `plugin`: one that a `plugin_host` knows, and what all plugins of a host share. See `loader/plugin.hpp`.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <optional>
#include <vitte/loader/module.hpp>
#include <vitte/loader/plugin/description.hpp>
#include <vitte/sys/platform.hpp>

namespace vitte::loader {

class plugin;
template <sys::platform P>
class basic_plugin_host;

enum class plugin_state : unsigned char {
    known,     ///< it has been described, and nothing of it is loaded
    starting,  ///< `init` runs
    running,
    stopped,
    failed,  ///< it did not start, or was stopped for what it did; see `plugin::problem`
};

/// Is given what plugins log, from any thread of theirs. `level` is one of `vitte_level`, or what the plugin made up.
using plugin_log = std::function<void(const plugin& from, int level, std::string_view text)>;

namespace detail {

class guest_plugin;

struct offered_service {
    service_name name;
    const vitte_service* table;
    const plugin* by;  ///< null: the program
};

/// What the plugins of a host share.
struct plugin_services {
    std::vector<offered_service> all;
    plugin_log log;
    unsigned depth = 0;                                      ///< of calls into guests that run
    std::size_t logged = 0;                                  ///< bytes by guests, in the outermost of these
    std::size_t kept = 0, most_kept = std::size_t{1} << 30;  ///< bytes for guests that have not taken them

    bool has(const service_name& wanted) const noexcept {
        return std::any_of(all.begin(), all.end(), [&](const offered_service& one) { return one.name == wanted; });
    }
    /// One that may be called, now and until its plugin is stopped: not of a plugin that may yet fail to start.
    const offered_service* find(const service_name& wanted) const noexcept;
    std::int32_t add(service_name name, const vitte_service* table, const plugin* by) {
        if (!is_module_name(name.name) || table == nullptr || table->size < sizeof(vitte_service))
            return VITTE_INVALID_ARGUMENT;
        if (has(name)) return VITTE_ALREADY_EXISTS;
        all.push_back({std::move(name), table, by});
        return VITTE_OK;
    }
};

inline constexpr std::size_t longest_plugin_text = 4096;  ///< of what it says, and of a line that a guest logs

/// The functions that an outside has of a plugin which does not run.
template <std::int32_t Status>
inline constexpr struct ::vitte_plugin refusing_plugin = {
    sizeof(struct ::vitte_plugin),
    VITTE_PLUGIN_ABI,
    nullptr,
    nullptr,
    nullptr,
    [](const vitte_host*, void**) -> std::int32_t { return Status; },
    [](void*, const void*, std::size_t, vitte_output*) -> std::int32_t { return Status; },
    [](void*) {},
    [](void*, vitte_output*) -> std::int32_t { return Status; },
    [](void*, const void*, std::size_t) -> std::int32_t { return Status; },
};

/// A table as this program knows it: what the plugin's own has of it, which is as large as its first member says, and
/// functions that are not supported.
inline struct ::vitte_plugin complete(const struct ::vitte_plugin& from) noexcept {
    struct ::vitte_plugin made = refusing_plugin<VITTE_NOT_SUPPORTED>;
#define VITTE_TAKE(member) \
    if (VITTE_HAS(&from, member) && from.member != nullptr) made.member = from.member
    VITTE_TAKE(name);
    VITTE_TAKE(version);
    VITTE_TAKE(needs);
    VITTE_TAKE(init);
    VITTE_TAKE(execute);
    VITTE_TAKE(shutdown);
    VITTE_TAKE(save);
    VITTE_TAKE(restore);
#undef VITTE_TAKE
    return made;
}

/// The host's table as a plugin sees it, with room for functions that a later host has.
struct shown_host {
    vitte_host table;
    void* later[8];
};
inline constexpr std::uint32_t host_functions = (sizeof(vitte_host) - offsetof(vitte_host, log)) / sizeof(void (*)());

}  // namespace detail

/// A plugin, from when it is found until its host ends. Its functions are called by one thread at a time, as those of
/// all plugins that it shares services with. It stays where it is.
class plugin {
public:
    plugin(plugin&&) = delete;

    const plugin_description& description() const noexcept { return description_; }
    const std::string& name() const noexcept { return description_.name; }
    const std::string& path() const noexcept { return path_; }
    plugin_state state() const noexcept { return state_; }
    /// Why it has failed.
    const load_error& problem() const noexcept { return problem_; }
    /// The module, while it is loaded.
    const loader::module* module() const noexcept { return module_ ? &*module_ : nullptr; }

    /// Has it do what it is for; `vitte_plugin::execute`. Returns one of `vitte_status`: VITTE_STOPPED if it does not
    /// run, also if this call has stopped it; what it then said is in `said`, or `problem`.
    std::int32_t execute(std::span<const std::byte> input, vitte_output& to) {
        said_.clear();
        return table_.execute(plugin_state_, input.data(), input.size(), &to);
    }
    /// The same, and what it has written, up to `most` bytes.
    result<std::string, load_error> execute(std::string_view input, std::size_t most = std::size_t{1} << 30) {
        return collected("executing", most, [&](vitte_output& to) {
            return execute(std::as_bytes(std::span(input.data(), input.size())), to);
        });
    }
    /// What another instance needs to go on where this one is; `vitte_plugin::save`.
    result<std::string, load_error> save(std::size_t most = std::size_t{1} << 30) {
        return collected("saving", most, [&](vitte_output& to) {
            said_.clear();
            return table_.save(plugin_state_, &to);
        });
    }
    /// Takes over what another one has saved.
    result<void, load_error> restore(std::string_view saved) {
        said_.clear();
        const std::int32_t status = table_.restore(plugin_state_, saved.data(), saved.size());
        if (status == VITTE_OK) return {};
        return refused(status, "restoring");
    }
    /// What it has said with `set_error` since it was called last.
    const std::string& said() const noexcept { return said_; }

private:
    friend class detail::guest_plugin;
    template <sys::platform>
    friend class basic_plugin_host;

    plugin(std::string path, plugin_description of, std::string text, detail::plugin_services& shared,
           std::uint32_t functions)
        : path_(std::move(path)), description_(std::move(of)), text_(std::move(text)), services_(shared) {
        const std::size_t shown = offsetof(vitte_host, log) + functions * sizeof(void (*)());
        host_.table = {static_cast<std::uint32_t>(shown),
                       VITTE_PLUGIN_ABI,
                       this,
                       log,
                       allocate,
                       release,
                       set_error,
                       get_service,
                       register_service,
                       get_options};
        for (std::uint32_t i = functions; i < detail::host_functions; ++i)
            std::memset(reinterpret_cast<char*>(&host_.table.log) + i * sizeof(void (*)()), 0, sizeof(void (*)()));
    }

    template <class Call>
    result<std::string, load_error> collected(const char* action, std::size_t most, Call&& call) {
        struct bytes {
            std::string made;
            std::size_t most;
        } to{{}, most};
        vitte_output output{sizeof output, 0, &to, [](void* context, const void* from, std::size_t size) {
                                auto& in = *static_cast<bytes*>(context);
                                if (size > in.most - in.made.size()) return std::int32_t{VITTE_TOO_LARGE};
                                in.made.append(static_cast<const char*>(from), size);
                                return std::int32_t{VITTE_OK};
                            }};
        const std::int32_t status = call(output);
        if (status == VITTE_OK) return std::move(to.made);
        return refused(status, action);
    }
    unexpected<load_error> refused(std::int32_t status, const char* action) const {
        if (state_ == plugin_state::failed) return unexpected(problem_);
        auto e =
            refuse(code_of(status), action, said_.empty() ? "the plugin returned " + std::to_string(status) : said_);
        e.error().module = path_;
        return e;
    }
    static errc code_of(std::int32_t status) noexcept {
        switch (status) {
            case VITTE_INVALID_ARGUMENT: return errc::invalid_argument;
            case VITTE_NOT_FOUND: return errc::not_found;
            case VITTE_NOT_SUPPORTED: return errc::not_supported;
            case VITTE_OUT_OF_MEMORY: return errc::out_of_memory;
            case VITTE_ALREADY_EXISTS: return errc::already_exists;
            case VITTE_PERMISSION_DENIED: return errc::permission_denied;
            case VITTE_TOO_LARGE: return errc::too_large;
            case VITTE_TIMED_OUT: return errc::timed_out;
            case VITTE_STOPPED: return errc::bad_handle;
            default: return errc::unknown;
        }
    }

    bool is_called() const noexcept { return state_ == plugin_state::starting || state_ == plugin_state::running; }
    /// The service that it asks for, if it may have that.
    const detail::offered_service* find_service(std::string_view name, std::uint32_t version) const noexcept {
        if (!is_called()) return nullptr;
        for (const plugin_need& need : description_.needs)
            if (need.service.name == name && need.service.version == version) return services_.find(need.service);
        return nullptr;
    }
    std::int32_t offer(std::string_view name, std::uint32_t version, const vitte_service* table) {
        if (!is_module_name(name)) return VITTE_INVALID_ARGUMENT;
        if (state_ != plugin_state::starting) return VITTE_PERMISSION_DENIED;
        for (const service_name& told : description_.provides)
            if (told.name == name && told.version == version) return services_.add(told, table, this);
        return VITTE_PERMISSION_DENIED;
    }
    void note(int level, std::string_view text) const {
        if (services_.log) services_.log(*this, level, text);
    }
    void say(std::string_view text) { said_.assign(text.substr(0, detail::longest_plugin_text)); }
    std::string_view options() const noexcept {
        return options_.empty() ? std::string_view("{}") : std::string_view(options_);
    }

    static plugin& of(void* context) noexcept { return *static_cast<plugin*>(context); }
    static void log(void* context, std::int32_t level, const char* text, std::size_t size) {
        of(context).note(level, {text, text == nullptr ? 0 : size});
    }
    static void* allocate(void*, std::size_t size) { return std::malloc(size == 0 ? 1 : size); }
    static void release(void*, void* memory) { std::free(memory); }
    static void set_error(void* context, const char* text, std::size_t size) {
        of(context).say({text, text == nullptr ? 0 : size});
    }
    static const vitte_service* get_service(void* context, const char* name, std::uint32_t version) {
        const auto* const found = name == nullptr ? nullptr : of(context).find_service(name, version);
        return found == nullptr ? nullptr : found->table;
    }
    static std::int32_t register_service(void* context, const char* name, std::uint32_t version,
                                         const vitte_service* table) {
        return name == nullptr ? std::int32_t{VITTE_INVALID_ARGUMENT} : of(context).offer(name, version, table);
    }
    static std::int32_t get_options(void* context, vitte_output* to) {
        const std::string_view text = of(context).options();
        return to == nullptr ? std::int32_t{VITTE_INVALID_ARGUMENT} : to->write(to->context, text.data(), text.size());
    }

    /// Ends it without a word to it: what calls it, or its services, learns that it is stopped.
    void fail(load_error why) {
        why.module = path_;
        problem_ = std::move(why);
        state_ = plugin_state::failed;
        table_ = detail::refusing_plugin<VITTE_STOPPED>;
    }

    std::string path_;
    plugin_description description_;
    std::string text_;  ///< what it said of itself when it was found
    std::string options_;
    detail::plugin_services& services_;
    detail::shown_host host_{};
    plugin_state state_ = plugin_state::known;
    load_error problem_;
    std::string said_;
    struct ::vitte_plugin table_ = detail::refusing_plugin<VITTE_STOPPED>;
    void* plugin_state_ = nullptr;
    std::shared_ptr<detail::guest_plugin> guest_;  ///< of a WebAssembly module
    std::optional<loader::module> module_;
};

inline const detail::offered_service* detail::plugin_services::find(const service_name& wanted) const noexcept {
    for (const offered_service& one : all)
        if (one.name == wanted && (one.by == nullptr || one.by->state() == plugin_state::running)) return &one;
    return nullptr;
}

}  // namespace vitte::loader
