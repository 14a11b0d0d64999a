/// `plugin_host`: finds plugins, natively or as WebAssembly, starts them in the order of what they need, and stops
/// them. For what a plugin is see `vitte/plugin.h`; WebAssembly needs `loader/plugin/webassembly.hpp`, too.
///
/// Nothing of a plugin runs or is mapped before it is started: what it says of itself is read from its file. What is
/// loaded then is, with our own linker, WebAssembly and containers, a copy that nobody can change, of which the
/// verifiers of the loader (`host.loader().verify_all(std::ref(policy))`) are asked, and whose text is the same as it
/// was. The OS's linker reads the file itself: what it has loaded is asked again for what it says.
#pragma once

#include <algorithm>
#include <set>
#include <vitte/core/semver.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/loader/plugin/file.hpp>
#include <vitte/loader/plugin/guest.hpp>
#include <vitte/loader/plugin/service.hpp>

namespace vitte::loader {

struct plugin_host_options {
    std::uint64_t most_of_file = std::uint64_t{1} << 30;  ///< bytes
    /// Bytes that are kept for all WebAssembly plugins together, of what services give them, until they take it.
    std::size_t most_kept = std::size_t{1} << 30;
    /// How many functions of `vitte_host` plugins are shown, from `log` on: fewer, as an older host has, and up to 8
    /// more, as a later one does, for tests of plugins.
    std::uint32_t functions = detail::host_functions;
};

/// Plugins, the services between them, and a loader of their own. One thread at a time; what plugins log may come from
/// theirs. It stays where it is, and when it ends it stops them. Nothing of it but `find_service` is called while a
/// plugin runs, such as from a service of the program.
template <sys::platform P = sys::native>
class basic_plugin_host {
public:
    explicit basic_plugin_host(plugin_host_options chosen = {}) : options_(chosen) {
        options_.functions = std::min<std::uint32_t>(options_.functions, detail::host_functions + 8);
        services_.most_kept = options_.most_kept;
    }
    basic_plugin_host(basic_plugin_host&&) = delete;
    ~basic_plugin_host() { stop(); }

    /// Loads the plugins: for `verify_all`, `add_format`, `provide`, `hide_process`.
    basic_module_loader<P>& loader() noexcept { return loader_; }
    void log_to(plugin_log log) { services_.log = std::move(log); }

    /// Offers a service of the program, whose table stays as long as this. Fails with `errc::already_exists` if there
    /// is one of the name and version, and with `errc::invalid_argument` for a name or a table that is none.
    result<void> provide(std::string name, std::uint32_t version, const vitte_service& table) {
        constexpr const char* operation = "provide service";
        const std::int32_t status = services_.add({std::move(name), version}, &table, nullptr);
        if (status == VITTE_OK) return {};
        return fail(status == VITTE_ALREADY_EXISTS ? errc::already_exists : errc::invalid_argument, operation);
    }
    template <service_interface Interface>
    result<void> provide(const Interface& table) {
        return provide(Interface::name, Interface::version, table.head);
    }
    /// A service that a plugin or the program has registered, which is at least as large as `Interface` here. Fails
    /// with `errc::not_found`, and with `errc::not_supported` if it is smaller, as that of an older plugin, or of a
    /// WebAssembly module, which has `call` only.
    template <service_interface Interface>
    result<service<Interface>> find_service() const {
        constexpr const char* operation = "find service";
        const auto* const found = services_.find({Interface::name, Interface::version});
        if (found == nullptr) return fail(errc::not_found, operation);
        if (found->table->size < sizeof(Interface)) return fail(errc::not_supported, operation);
        return service<Interface>(*reinterpret_cast<const Interface*>(found->table));
    }

    /// Adds the plugin at `path`, with the options that it is to have, the text of a JSON object. Fails with
    /// `errc::not_found` if the file does not say that it is a plugin, with `errc::not_supported` for another ABI, with
    /// `errc::already_exists` if one of its name, or one of its services, is known, and with what is wrong in what it
    /// says. Only regular files are read.
    result<plugin*, load_error> add(const char* path, std::string options = {}) {
        auto made = describe(path);
        if (!made) {
            made.error().module = path;
            return unexpected(std::move(made).error());
        }
        (*made)->options_ = std::move(options);
        plugins_.push_back(std::move(*made));
        return plugins_.back().get();
    }
    /// Adds the plugins in `folder` and up to 8 folders below: files that end as containers (`.vitplug`), WebAssembly
    /// and native modules of this system do, in the order of their paths; links are not followed. What is none is
    /// passed over; what cannot be added is in `refused`. Fails if the folder cannot be listed.
    result<void> find(const char* folder) {
        VITTE_TRY(const auto paths, plugin_paths<P>(folder, [&](load_error e) { refused_.push_back(std::move(e)); }));
        for (const std::string& path : paths) {
            auto added = add(path.c_str());
            if (!added && (added.error().code != errc::not_found || path.ends_with(".vitplug")))
                refused_.push_back(std::move(added).error());
        }
        return {};
    }
    /// What `find` met and could not add.
    const std::vector<load_error>& refused() const noexcept { return refused_; }

    /// All plugins, in the order in which they were added.
    const std::vector<std::unique_ptr<plugin>>& plugins() const noexcept { return plugins_; }
    /// The plugin of that name, or null.
    plugin* find_plugin(std::string_view name) const noexcept {
        for (const auto& one : plugins_)
            if (one->name() == name) return one.get();
        return nullptr;
    }

    /// Starts all plugins that do not run, each after those that it needs. One that cannot start keeps none from
    /// starting but those that need it; each tells its `problem`, and this fails with the first.
    result<void, load_error> start();
    /// Stops `which` if it runs, and before it those that need it.
    void stop(plugin& which);
    /// Stops all, in the reverse of the order in which they have started.
    void stop() noexcept {
        while (!started_.empty()) end(*started_.back());
    }

    /// For formats that are to bound what plugins do: calls `arm` now and before each call into the plugin that is
    /// being loaded; does nothing if none is.
    void arm_loading(std::function<void()> arm) {
        if (loading_ == nullptr) return;
        arm();
        loading_->guest_->arm = std::move(arm);
    }

private:
    result<std::unique_ptr<plugin>, load_error> describe(const char* path) {
        VITTE_TRY(plugin_file found, read_plugin_file<P>(path, options_.most_of_file));
        VITTE_CHECK(check(found.said));
        return std::unique_ptr<plugin>(
            new plugin(path, std::move(found.said), std::move(found.text), services_, options_.functions));
    }
    result<void, load_error> check(const plugin_description& said) const {
        constexpr const char* action = "adding";
        if (said.abi != VITTE_PLUGIN_ABI)
            return refuse(errc::not_supported, action,
                          "it is compiled for ABI " + std::to_string(said.abi) + " of plugins, and the host has ABI " +
                              std::to_string(VITTE_PLUGIN_ABI));
        if (const plugin* const other = find_plugin(said.name))
            return refuse(errc::already_exists, action, "there is a plugin " + said.name + ": " + other->path());
        for (const service_name& one : said.provides)
            if (const std::string other = provider_of(one); !other.empty())
                return refuse(errc::already_exists, action, "the service " + one.title() + " is that of " + other);
        return {};
    }
    std::string provider_of(const service_name& wanted) const {
        for (const auto& one : plugins_)
            if (std::find(one->description_.provides.begin(), one->description_.provides.end(), wanted) !=
                one->description_.provides.end())
                return one->name();
        return services_.has(wanted) ? "the host" : "";
    }

    /// Whether `by` is what `need` asks for.
    static bool meets(const plugin_description& by, const plugin_need& need) {
        if (need.plugin.empty())
            return std::find(by.provides.begin(), by.provides.end(), need.service) != by.provides.end();
        if (by.name != need.plugin) return false;
        if (need.range.empty()) return true;
        const auto range = semver::read_range(need.range, manifest_ranges);
        const auto version = semver::version::parse(by.version);
        return range && version && range->contains(*version);
    }
    /// Whether what `need` asks for is there now; else why not.
    result<void, load_error> check(const plugin_need& need) const {
        const plugin* by = nullptr;
        for (const auto& one : plugins_)
            if (meets(one->description_, need)) by = one.get();
        const auto* const offered = need.plugin.empty() ? services_.find(need.service) : nullptr;
        if (offered != nullptr || (by != nullptr && !need.plugin.empty() && by->state_ == plugin_state::running))
            return {};
        std::string reason = "it needs " + need.title();
        if (by == nullptr) return refuse(errc::not_found, "starting", reason + ", which nobody provides");
        reason += " of " + by->name() + " (" + by->path() + "), which ";
        return refuse(errc::not_found, "starting",
                      reason + (by->state_ == plugin_state::running ? "has not registered it" : "has not started"));
    }

    class order;
    result<void, load_error> start(plugin& which);
    result<void, load_error> load(plugin& which);
    result<void, load_error> check_table(plugin& which, const struct ::vitte_plugin& table) const;
    void withdraw(const plugin& of) {
        std::erase_if(services_.all, [&](const detail::offered_service& one) { return one.by == &of; });
    }
    /// Ends one that has started, whether it has failed since or not.
    void end(plugin& which) noexcept {
        std::erase(started_, &which);
        const bool ran = which.state_ == plugin_state::running;
        if (ran) which.table_.shutdown(which.plugin_state_);
        withdraw(which);
        if (which.state_ == plugin_state::running) which.state_ = plugin_state::stopped;
        unload(which);
    }
    static void unload(plugin& which) noexcept {
        which.table_ = detail::refusing_plugin<VITTE_STOPPED>;
        if (which.guest_ != nullptr) which.guest_->unbind();
        which.module_.reset();
    }

    plugin_host_options options_;
    basic_module_loader<P> loader_;
    detail::plugin_services services_;
    std::vector<std::unique_ptr<plugin>> plugins_;
    std::vector<plugin*> started_;  ///< in that order
    std::vector<load_error> refused_;
    plugin* loading_ = nullptr;
};
using plugin_host = basic_plugin_host<>;

/// In which order plugins start. Those that need each other in a circle do not.
template <sys::platform P>
class basic_plugin_host<P>::order {
public:
    explicit order(const std::vector<std::unique_ptr<plugin>>& all)
        : all_(all), left_(all.size()), is_done_(all.size()) {
        for (std::size_t i = 0; i < all.size(); ++i)
            for (const plugin_need& need : all[i]->description_.needs)
                for (std::size_t by = 0; by < all.size(); ++by)
                    if (by != i && meets(all[by]->description_, need)) {
                        edges_.push_back({i, by, &need});
                        ++left_[i];
                    }
        for (std::size_t i = 0; i < all.size(); ++i)
            if (left_[i] == 0) ready_.insert(i);
    }

    /// Calls `visit(plugin&, reason)` in that order; there is a reason if it cannot be started.
    template <class Visit>
    void each(Visit&& visit) {
        for (;;) {
            while (!ready_.empty()) {
                const std::size_t next = *ready_.begin();
                ready_.erase(ready_.begin());
                visit(*all_[next], std::string());
                done(next);
            }
            const auto first = std::find(is_done_.begin(), is_done_.end(), false);
            if (first == is_done_.end()) return;
            break_circle(static_cast<std::size_t>(first - is_done_.begin()), visit);
        }
    }

private:
    struct edge {
        std::size_t from, to;
        const plugin_need* need;
    };
    void done(std::size_t which) {
        is_done_[which] = true;
        for (const edge& e : edges_)
            if (e.to == which && !is_done_[e.from] && --left_[e.from] == 0) ready_.insert(e.from);
    }
    /// What keeps `which` from being next and is not optional; null if there is nothing.
    const edge* holding(std::size_t which) const noexcept {
        for (const edge& e : edges_)
            if (e.from == which && !is_done_[e.to] && !e.need->optional) return &e;
        return nullptr;
    }
    template <class Visit>
    void break_circle(std::size_t at, Visit&& visit) {
        std::vector<const edge*> way;
        for (;;) {
            const edge* const next = holding(at);
            if (next == nullptr) {  // only what is optional holds it
                ready_.insert(at);
                return;
            }
            const auto met = std::find_if(way.begin(), way.end(), [&](const edge* e) { return e->from == at; });
            if (met != way.end()) {
                way.erase(way.begin(), met);
                break;
            }
            way.push_back(next);
            at = next->to;
        }
        std::string text = "plugins need each other in a circle: ";
        for (const edge* e : way)
            text += all_[e->from]->name() + " (" + all_[e->from]->path() + ") needs " + e->need->title() + " of ";
        text += all_[way.front()->from]->name();
        for (const edge* e : way) visit(*all_[e->from], text);
        for (const edge* e : way) done(e->from);
    }

    const std::vector<std::unique_ptr<plugin>>& all_;
    std::vector<edge> edges_;
    std::vector<std::size_t> left_;
    std::vector<bool> is_done_;
    std::set<std::size_t> ready_;
};

template <sys::platform P>
result<void, load_error> basic_plugin_host<P>::start() {
    std::optional<load_error> first;
    order(plugins_).each([&](plugin& which, std::string reason) {
        if (which.state_ == plugin_state::running) return;
        auto done = reason.empty()
                        ? start(which)
                        : result<void, load_error>(refuse(errc::invalid_argument, "starting", std::move(reason)));
        if (done) return;
        which.fail(std::move(done).error());
        if (!first) first = which.problem_;
    });
    if (first) return unexpected(std::move(*first));
    return {};
}

template <sys::platform P>
result<void, load_error> basic_plugin_host<P>::start(plugin& which) {
    stop(which);  // what has failed while it ran is still there, and so are those that use its services
    for (const plugin_need& need : which.description_.needs)
        if (!need.optional) {
            VITTE_CHECK(check(need));
        }
    if (auto loaded = load(which); !loaded) {
        unload(which);
        return loaded;
    }
    which.state_ = plugin_state::starting;
    which.said_.clear();
    const std::int32_t status = which.guest_ != nullptr && which.plugin_state_ == which.guest_.get()
                                    ? which.guest_->init(options_.functions)
                                    : which.table_.init(&which.host_.table, &which.plugin_state_);
    if (status == VITTE_OK && which.state_ == plugin_state::starting) {
        which.state_ = plugin_state::running;
        started_.push_back(&which);
        return {};
    }
    withdraw(which);
    auto why = which.refused(status, "starting");
    unload(which);
    return why;
}

template <sys::platform P>
result<void, load_error> basic_plugin_host<P>::load(plugin& which) {
    which.guest_ = std::make_shared<detail::guest_plugin>(which);
    which.plugin_state_ = nullptr;
    load_options how;
    how.imports = which.guest_.get();
    how.verify = [&which](const file_to_verify& file) -> result<void, load_error> {
        if (file.needed_by != nullptr) return {};
        VITTE_TRY(const std::string text, plugin_text(file.bytes));
        if (text == which.text_) return {};
        return refuse(errc::permission_denied, "verifying", "it says something else of itself than when it was found");
    };
    const std::string_view extension = sys::path_view(which.path_).extension();
    const bool by_the_os = !native::machine::supported && extension != ".vitplug" && extension != ".wasm";
    loading_ = &which;
    auto made = loader_.load(which.path_.c_str(), by_the_os ? load_options() : how);
    loading_ = nullptr;
    if (!made) return unexpected(std::move(made).error());
    which.module_.emplace(std::move(*made));
    const auto* const body = detail::body_of(*which.module_);
    if (body->kind() != nullptr) {
        VITTE_CHECK(which.guest_->bind(*which.module_));
        which.table_ = detail::guest_plugin::table();
        which.plugin_state_ = which.guest_.get();
        return {};
    }
    VITTE_TRY(void* const table, which.module_->symbol("vitte_plugin"));
    VITTE_CHECK(check_table(which, *static_cast<const struct ::vitte_plugin*>(table)));
    which.table_ = detail::complete(*static_cast<const struct ::vitte_plugin*>(table));
    return {};
}

template <sys::platform P>
result<void, load_error> basic_plugin_host<P>::check_table(plugin& which, const struct ::vitte_plugin& table) const {
    constexpr const char* action = "checking";
    const plugin_description& said = which.description_;
    if (!VITTE_HAS(&table, init) || table.init == nullptr || table.name == nullptr || table.version == nullptr)
        return refuse(errc::malformed, action, "its table has no name, version or init");
    if (table.abi != VITTE_PLUGIN_ABI)
        return refuse(errc::not_supported, action, "its table has ABI " + std::to_string(table.abi));
    if (table.name != said.name || table.version != said.version)
        return refuse(errc::malformed, action,
                      "its table says that it is " + std::string(table.name) + " " + table.version + ", and its text " +
                          said.name + " " + said.version);
    std::vector<plugin_need> needs;
    if (table.needs != nullptr) {
        const auto all = json::read(std::string_view(table.needs));
        auto read = all ? read_plugin_needs(all->root()) : result<std::vector<plugin_need>, json::read_error>();
        if (!all || !read) return refuse(errc::malformed, action, "what its table says that it needs is no such array");
        needs = std::move(*read);
    }
    if (needs != said.needs)
        return refuse(errc::malformed, action, "its table says that it needs other things than its text");
    return {};
}

template <sys::platform P>
void basic_plugin_host<P>::stop(plugin& which) {
    if (std::find(started_.begin(), started_.end(), &which) == started_.end()) return;
    std::vector<const plugin*> going{&which};
    for (std::size_t i = 0; i < started_.size(); ++i)  // what a plugin needs has started before it
        for (const plugin_need& need : started_[i]->description_.needs)
            if (started_[i] != going.back() &&
                std::any_of(going.begin(), going.end(), [&](const plugin* p) { return meets(p->description_, need); }))
                going.push_back(started_[i]);
    for (std::size_t i = started_.size(); i-- > 0;)
        if (std::find(going.begin(), going.end(), started_[i]) != going.end()) end(*started_[i]);
}

}  // namespace vitte::loader
