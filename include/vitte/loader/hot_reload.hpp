/// `hot_module`: a module that is replaced while it is called, when its file is. Of any kind that a loader knows.
#pragma once

#include <algorithm>
#include <functional>
#include <vitte/loader/hot_reload/replacement.hpp>
#include <vitte/loader/hot_reload/versions.hpp>
#include <vitte/loader/load_options.hpp>
#include <vitte/sys/fs/canonical.hpp>
#include <vitte/sys/fs/path.hpp>
#include <vitte/sys/fs/watch.hpp>

namespace vitte::loader {

/// How a version is made of its file: any function of the path, and of the bytes that were found there, that returns a
/// `result<module, load_error>`. What it verifies is the program's matter: a policy of the loader's or of
/// `load_options` sees each version. It runs in the thread that reloads.
///
/// One that takes the bytes, as `from_bytes` makes it, loads what was looked at, whatever happens to the file, and goes
/// on if somebody writes over the file. A function of the path alone must not map the file, unless writers rename a new
/// one to its place: who writes over a file changes what is mapped of it. What it makes is given up if the file was
/// another one before or after.
class hot_loading {
    using made = result<module, load_error>;

public:
    template <class Function>
        requires std::invocable<Function&, const char*, std::span<const std::byte>>
    hot_loading(Function load) : load_(std::move(load)) {}
    template <class Function>
        requires(std::invocable<Function&, const char*> &&
                 !std::invocable<Function&, const char*, std::span<const std::byte>>)
    hot_loading(Function load)
        : load_([load = std::move(load)](const char* path, std::span<const std::byte>) mutable { return load(path); }),
          by_path(true) {}

    made operator()(const char* path, std::span<const std::byte> bytes) const { return load_(path, bytes); }

private:
    std::function<made(const char*, std::span<const std::byte>)> load_;

public:
    const bool by_path = false;
};

/// Loads with a `module_loader`, which must stay as long as the hot module does.
template <class Loader>
hot_loading from_bytes(Loader& loader, load_options options = {}) {
    return [&loader, options = std::move(options)](const char* path, std::span<const std::byte> bytes) {
        return loader.load(bytes, path, options);
    };
}

/// An export that every version must have. What was looked up by `hot_module::function` is required anyway.
struct required_export {
    std::string name;
    /// Not for what is no function. Of native modules it is checked where a container says it.
    std::optional<signature> type = std::nullopt;
};

/// Times are nanoseconds.
struct hot_options {
    std::vector<required_export> exports = {};
    /// Moves the state; it stays as long as the hot module and its functions do. Null: there is none.
    module_life* life = nullptr;
    /// So long a file must stay as it is if somebody may still write it.
    std::int64_t settle = 100'000'000;
    std::uint64_t most_of_file = std::uint64_t{1} << 30;  ///< bytes
    /// So many calls a new version is on trial: if one of them traps, the old version, with the state that it had then,
    /// is in force again. Native modules do not trap and are not on trial.
    std::uint32_t trial_calls = 0;
    /// So long calls wait at most while the state is moved. If that takes longer, they go on in the old version, beside
    /// a `save` that does not return, and the new one is given up. Of a module that is not native they wait until its
    /// `save` returns, or is stopped by what its store has for that.
    std::int64_t hold_at_most = 5'000'000'000;
    /// So long a reload waits for the callers that are still inside the old version, to unload it. It is unloaded later
    /// if they take longer: by the next `check`, `wait`, `reload` or `collect`.
    std::int64_t unload_within = 0;
};

enum class hot_change : unsigned char {
    none,
    unsettled,  ///< there may be somebody who still writes the file
    replaced,   ///< calls go to a new version
};

struct hot_status {
    std::uint64_t version = 0;    ///< of what is in force: how many were tried until then
    std::uint64_t went_back = 0;  ///< how often a version trapped on trial
    std::size_t in_process = 0;   ///< versions that are in memory, at most 4
};

template <class Signature, sys::platform P = sys::native>
class basic_hot_function;
template <class Signature>
using hot_function = basic_hot_function<Signature>;

namespace detail {

template <class Signature>
class typed_hot_binding final : public hot_binding {
public:
    using hot_binding::hot_binding;
    result<void, load_error> bind(std::size_t slot, const module& in) override {
        auto found = in.function<Signature>(name.c_str());
        if (!found) return unexpected(std::move(found).error());
        all_[slot] = *found;
        return {};
    }
    const loader::function<Signature>& in(std::size_t slot) const noexcept { return all_[slot]; }

private:
    static constexpr function_entry none{};
    loader::function<Signature> all_[4]{loader::function<Signature>(none), loader::function<Signature>(none),
                                        loader::function<Signature>(none), loader::function<Signature>(none)};
};

/// What watches files, where the platform tells what happens to them.
template <sys::platform P>
struct hot_watcher {
    struct type {};
};
template <sys::platform P>
    requires requires { typename P::watch_queue; }
struct hot_watcher<P> {
    using type = sys::basic_watcher<P>;
};

/// Calls the function in `in`, in its turn; `call()` returns a result that may be a trap. Counts the trial.
template <sys::platform P, class Call>
auto call_in_turn(typename hot_versions<P>::version& in, bool& on_trial, Call&& call) {
    const typename hot_versions<P>::turn mine(in);
    const std::uint32_t left = in.trial.load_relaxed();
    auto returned = call();
    on_trial = left != 0;
    if (returned && left != 0) in.trial.store_relaxed(left - 1);
    return returned;
}

}  // namespace detail

/// A function of a hot module: each call goes to the version that is in force when it begins, and stays there. Copies
/// are the same function. It may be called from any thread, also within a call, also when the hot module is gone: then
/// it fails with `trap_code::host`. It keeps what the versions stand in, but no version.
///
/// A call costs one locked instruction, two loads and a store more than `function`. While the state is moved, calls
/// wait, but for those within others. Calls of modules that are not native wait for each other: one thread at a time is
/// in a version. Two such modules that call each other from two threads wait for ever.
template <class R, class... Args, sys::platform P>
class basic_hot_function<R(Args...), P> {
    using versions = detail::hot_versions<P>;
    using binding = detail::typed_hot_binding<R(Args...)>;

public:
    basic_hot_function(std::shared_ptr<versions> all, const binding& of) noexcept : all_(std::move(all)), of_(&of) {}

    /// The same, of which a call may be made again: if it traps in a version on trial, the old version answers it.
    basic_hot_function repeatable() const {
        basic_hot_function made = *this;
        made.repeatable_ = true;
        return made;
    }

    result<R, trap> operator()(Args... arguments) const {
        typename versions::visit here(*all_);
        if (here.what != nullptr && !here.what->one_at_a_time) [[likely]]
            return of_->in(here.what->slot)(static_cast<Args&&>(arguments)...);
        return in_turn(here, repeatable_, static_cast<Args&&>(arguments)...);
    }

private:
    /// A call of what is not native, or not loaded.
    [[gnu::noinline]] result<R, trap> in_turn(typename versions::visit& here, bool repeat,
                                              [[maybe_unused]] Args... arguments) const {
        if (here.what == nullptr) return unexpected(trap{trap_code::host, "the module is not loaded any more", {}});
        if constexpr (crossing<R(Args...)>::callable) {
            if (!here.what->one_at_a_time) return of_->in(here.what->slot)(arguments...);
            bool on_trial = false;
            auto returned =
                detail::call_in_turn<P>(*here.what, on_trial, [&] { return of_->in(here.what->slot)(arguments...); });
            if (returned || !on_trial || !all_->go_back(*here.what) || !repeat) return returned;
            here.leave();
            typename versions::visit there(*all_);
            return in_turn(there, false, arguments...);
        } else {
            return of_->in(here.what->slot)(static_cast<Args&&>(arguments)...);
        }
    }

    std::shared_ptr<versions> all_;
    const binding* of_;
    bool repeatable_ = false;
};

/// A module whose file is watched, in the thread that calls `wait` or `check`: there is no hidden one. A new version is
/// loaded beside the old one, checked, started, given the state, and then all calls go there. If anything of that
/// fails, the new version is unloaded, the error says why, and the old one goes on; what was refused is not tried again
/// until the file is another one. The old version is unloaded when nobody is inside any more.
///
/// A file that was renamed to its place is taken at once, where the OS tells so (Linux); another one when it has had
/// the same size, time, identity and content for `hot_options::settle`. It must be all there, see `check_whole`; and
/// who takes longer than that between two writes should rename, or sign. The same content is never loaded twice.
///
/// At most four versions are in the process at once: if callers stay inside of three old ones, `errc::busy`. The state
/// of a version is what `hot_options::life` moves; in WebAssembly, whose modules have memory of their own, that is the
/// only way for state to go on.
///
/// All functions may be called from several threads; those that reload wait for each other, but if a version that is
/// being loaded asks for a reload, that is `errc::busy`. When this object is destroyed, calls that have begun end as
/// they would; those that begin later fail.
template <sys::platform P = sys::native>
class basic_hot_module {
    using versions = detail::hot_versions<P>;
    using version = typename versions::version;
    using content = detail::file_content;

public:
    /// Loads the first version of what is at `path`, which may be a link; it is not waited for.
    static result<basic_hot_module, load_error> create(std::string path, hot_loading load, hot_options options = {}) {
        basic_hot_module made(std::make_unique<inner>(std::move(path), std::move(load), std::move(options)));
        VITTE_CHECK(made.reload());
        return made;
    }
    basic_hot_module(basic_hot_module&&) noexcept = default;
    basic_hot_module& operator=(basic_hot_module&&) = delete;
    ~basic_hot_module() {
        if (inner_ == nullptr) return;
        inner_->all->close();
        inner_->all->wait_and_collect(sys::deadline::after<P>(inner_->options.unload_within));
    }

    const std::string& path() const noexcept { return inner_->path; }

    /// The function `name`, of the version that is in force and all later ones, which are refused if they lack it.
    /// Fails as `module::function` does.
    template <plain_signature Signature>
    result<basic_hot_function<Signature, P>, load_error> function(const char* name) const {
        using binding = detail::typed_hot_binding<Signature>;
        auto found = inner_->all->template function<binding>(name, detail::type_mark<Signature>());
        if (!found) {
            if (found.error().module.empty()) found.error().module = inner_->path;
            return unexpected(std::move(found).error());
        }
        return basic_hot_function<Signature, P>(inner_->all, **found);
    }
    /// What the versions stand in, for `hot_reload/imports.hpp`.
    const std::shared_ptr<detail::hot_versions<P>>& all_versions() const noexcept { return inner_->all; }
    /// What a visitor returns who looks at the module in force, which stays until that returns: `use(const module&)`.
    template <class Use>
    auto with_module(Use&& use) const {
        const typename versions::visit here(*inner_->all);
        VITTE_ASSERT(here.what != nullptr);
        return use(static_cast<const module&>(*here.what->what));
    }

    /// Replaces the module by what is at its path now, if that is another one: for who knows that it is whole.
    result<hot_change, load_error> reload() {
        const alone mine(*inner_);
        if (!mine) return refused_within();
        return inner_->reload();
    }
    /// Looks at the file once, and replaces the module if there is a new one that has settled.
    result<hot_change, load_error> check() {
        const alone mine(*inner_);
        if (!mine) return refused_within();
        return inner_->check(false);
    }
    /// Waits for the file to be another one and replaces the module; `none` if that does not happen until `until`.
    /// Others may reload meanwhile.
    result<hot_change, load_error> wait(sys::deadline until = sys::deadline::never())
        requires requires { typename P::watch_queue; }
    {
        return inner_->wait(until);
    }
    /// Unloads old versions that nobody is inside of any more.
    void collect() noexcept { inner_->all->collect(); }

    hot_status status() const noexcept {
        hot_status made;
        made.version = inner_->all->with_current([](const version* v) { return v == nullptr ? 0 : v->number; });
        made.went_back = inner_->all->went_back();
        made.in_process = inner_->all->in_process();
        return made;
    }

private:
    struct inner;
    explicit basic_hot_module(std::unique_ptr<inner> made) noexcept : inner_(std::move(made)) {}

    static unexpected<load_error> refused_within() {
        return refuse(errc::busy, "reloading", "a version of it is being loaded by this thread");
    }

    /// One thread reloads at a time.
    class alone {
    public:
        explicit alone(inner& of) noexcept : of_(of) {
            const std::uintptr_t me = detail::thread_mark();
            has_ = of_.reloader.load_relaxed() != me;
            if (!has_) return;
            of_.reloading.lock();
            of_.reloader.store_relaxed(me);
        }
        alone(const alone&) = delete;
        alone& operator=(const alone&) = delete;
        ~alone() {
            if (!has_) return;
            of_.reloader.store_relaxed(0);
            of_.reloading.unlock();
        }
        explicit operator bool() const noexcept { return has_; }

    private:
        inner& of_;
        bool has_;
    };

    struct inner {
        const std::string path;
        const hot_loading load;
        const hot_options options;
        const std::shared_ptr<versions> all;
        detail::file_replacement<P> file;
        sys::basic_mutex<P> watching, reloading;
        atomic<std::uintptr_t> reloader{0};
        std::optional<typename detail::hot_watcher<P>::type> watcher;
        std::string real;                  ///< what the path leads to, if it is a link
        std::vector<std::string> watched;  ///< the names that are told of

        inner(std::string&& at, hot_loading&& with, hot_options&& chosen)
            : path(std::move(at)),
              load(std::move(with)),
              options(std::move(chosen)),
              all(std::make_shared<versions>(options.life)),
              file(path, options.settle, options.most_of_file) {}

        unexpected<load_error> refused(const error& cause, const char* action) const {
            auto e = refuse(cause, action);
            e.error().module = path;
            return e;
        }
        bool is_in_force(const content& found) const {
            return all->with_current([&](const version* v) { return v != nullptr && v->content == found.digest; });
        }

        result<hot_change, load_error> reload() {
            all->collect();
            auto found = file.read_whole();
            if (!found) return refused(found.error(), "reading");
            return is_in_force(*found) ? result<hot_change, load_error>(hot_change::none) : replace(*found);
        }
        result<hot_change, load_error> check(bool renamed) {
            using state_of = typename detail::file_replacement<P>::state;
            all->collect();
            content found;
            const auto state = file.look(renamed, found);
            if (!state) {
                file.look_again();
                return refused(state.error(), "reading");
            }
            if (*state != state_of::settled) return *state == state_of::same ? hot_change::none : hot_change::unsettled;
            if (is_in_force(found) || all->is_refused(found.digest)) return hot_change::none;
            return replace(found);
        }
        /// What may succeed if it is tried once more.
        static bool is_passing(errc code) noexcept {
            return code == errc::out_of_memory || code == errc::out_of_handles || code == errc::interrupted ||
                   code == errc::would_block || code == errc::busy || code == errc::timed_out ||
                   code == errc::io_error || code == errc::no_space;
        }
        result<hot_change, load_error> replace(const content& found) {
            auto done = take(found);
            if (done) {
                all->note_refused(std::nullopt);
                all->wait_and_collect(sys::deadline::after<P>(options.unload_within));
                return hot_change::replaced;
            }
            if (is_passing(done.error().code))
                file.look_again();
            else
                all->note_refused(found.digest);
            if (done.error().module.empty()) done.error().module = path;
            return unexpected(std::move(done).error());
        }
        result<void, load_error> take(const content& found) {
            if (const auto whole = check_whole(found.bytes.bytes()); !whole) {
                const parse_error& e = whole.error();
                return refuse(e.code, "reading", std::string(e.reading) + ": " + e.reason, e.offset);
            }
            version* const next = all->take_slot();
            if (next == nullptr) return refuse(errc::busy, "reloading", "callers are still inside of all old versions");
            const attempt mine(*all, *next);
            VITTE_CHECK(prepare(*next, found));
            return exchange(*next);
        }
        /// Takes back what did not become current, also if memory ends.
        struct attempt {
            versions& of;
            version& next;
            attempt(versions& all_of, version& tried) noexcept : of(all_of), next(tried) {}
            attempt(const attempt&) = delete;
            attempt& operator=(const attempt&) = delete;
            ~attempt() {
                of.reopen();
                of.give_up_unless_taken(next);
            }
        };
        result<void, load_error> prepare(version& next, const content& found) {
            VITTE_TRY(module made, load(path.c_str(), found.bytes.bytes()));
            next.what.emplace(std::move(made));
            next.content = found.digest;
            next.one_at_a_time = detail::body_of(*next.what)->kind() != nullptr;
            next.trial.store_relaxed(next.one_at_a_time ? options.trial_calls : 0);
            if (load.by_path) {
                const auto after = file.read_whole();
                if (!after || after->digest != found.digest)
                    return refuse(errc::would_block, "loading", "the file became another one meanwhile");
            }
            for (const required_export& one : options.exports) VITTE_CHECK(check_export(*next.what, one));
            VITTE_CHECK(all->bind(next));
            if (options.life != nullptr) {
                VITTE_CHECK(options.life->start(*next.what, next.state));
                next.started = true;
            }
            return {};
        }
        static result<void, load_error> check_export(const module& in, const required_export& wanted) {
            const detail::module_body& body = *detail::body_of(in);
            const auto why = [&](load_error&& e) {
                e.action = "looking up";
                e.symbol = wanted.name;
                return unexpected(std::move(e));
            };
            const signature* const type = wanted.type ? &*wanted.type : nullptr;
            if (type != nullptr)
                if (auto fits = body.check_type(wanted.name.c_str(), type); !fits) return why(std::move(fits).error());
            if (body.kind() == nullptr) {
                if (body.symbol(wanted.name.c_str()) != nullptr) return {};
            } else {
                if (type == nullptr)
                    return why(std::move(refuse(errc::invalid_argument, "", "its type is to be said").error()));
                auto found = body.function(wanted.name.c_str(), type);
                if (!found) return why(std::move(found).error());
                if (found->target != nullptr) return {};
            }
            return why(std::move(refuse(errc::not_found, "", "the module does not export it").error()));
        }
        /// Moves the state, if there is one, and lets calls go to `next`.
        result<void, load_error> exchange(version& next) {
            const bool keeps_old = next.trial.load_relaxed() != 0;
            version* const old = all->with_current([](const version* v) { return const_cast<version*>(v); });
            if (old == nullptr || options.life == nullptr || !options.life->has_state(*old->what))
                return all->commit(next, false, keeps_old);
            if (const auto held = all->hold(options.hold_at_most); !held) return refuse(held.error(), "switching");
            saved_state state;
            auto moved = save(*old, next, state);
            if (moved) moved = options.life->restore(*next.what, next.state, state);
            return moved ? all->commit(next, true, keeps_old) : moved;
        }
        /// Where one thread at a time may be inside, calls that go on before this ends wait for it.
        result<void, load_error> save(version& old, const version& next, saved_state& to) {
            std::optional<typename versions::turn> mine;
            if (old.one_at_a_time) mine.emplace(old);
            to.version = options.life->versions(*old.what).newest;
            const state_versions reads = options.life->versions(*next.what);
            if (to.version < reads.oldest || to.version > reads.newest)
                return refuse(errc::not_supported, "restoring the state",
                              "it has the version " + std::to_string(to.version) + ", and the new module reads " +
                                  std::to_string(reads.oldest) + " to " + std::to_string(reads.newest));
            return options.life->save(*old.what, old.state, to.bytes);
        }

        result<hot_change, load_error> wait(sys::deadline until) {
            const sys::scoped_lock mine(watching);
            for (bool touched = true, renamed = false;;) {
                if (touched)
                    if (const auto watches = watch(); !watches) return refused(watches.error(), "watching");
                sys::deadline next = until;
                {
                    const alone loading(*this);
                    if (!loading) return refused_within();
                    if (touched) file.touch();
                    if (touched || file.due() <= sys::deadline::after<P>(0)) {
                        auto done = check(renamed);
                        if (!done || *done == hot_change::replaced) return done;
                    }
                    if (file.due() < next) next = file.due();
                }
                touched = renamed = false;
                const auto visit = [&](const sys::watch_event& e) {
                    const bool is_it = e.changes == sys::watch_overflow ||
                                       std::find(watched.begin(), watched.end(), e.path) != watched.end();
                    if (!is_it || e.changes == sys::watch_attributes) return;
                    touched = true;
                    renamed = e.renamed_here;
                };
                const auto waited = watcher->wait(visit, next, 0);
                if (!waited && waited.error().code != errc::timed_out) return refused(waited.error(), "watching");
                if (!touched && until <= sys::deadline::after<P>(0)) return hot_change::none;
            }
        }
        /// Watches the folder of the path and, if that is a link, the one of the file.
        result<void> watch() {
            const sys::path_view at = path;
            const std::string folder(at.parent().empty() ? "." : at.parent().text());
            VITTE_TRY(const std::string above, canonical(folder));
            const auto found = canonical(path);
            if (!found && found.error().code != errc::not_found) return unexpected(found.error());
            if (watcher && (!found || *found == real)) return {};
            watcher.reset();
            VITTE_TRY(auto made, sys::basic_watcher<P>::create());
            VITTE_CHECK(made.add(folder.c_str(), false));
            watched = {below(folder, at.name())};
            if (found) {
                const sys::path_view there = *found;
                if (there.parent().text() == above) {
                    watched.push_back(below(folder, there.name()));
                } else {
                    VITTE_CHECK(made.add(std::string(there.parent().text()).c_str(), false));
                    watched.push_back(*found);
                }
            }
            real = found.value_or("");
            watcher.emplace(std::move(made));
            return {};
        }
        static result<std::string> canonical(const std::string& of) {
            char room[4096];
            VITTE_TRY(const std::size_t size, sys::canonical<P>(of.c_str(), room));
            return std::string(room, size);
        }
        static std::string below(std::string folder, std::string_view name) {
            if (!folder.ends_with('/')) folder += '/';
            return folder.append(name);
        }
    };

    std::unique_ptr<inner> inner_;
};
using hot_module = basic_hot_module<>;

}  // namespace vitte::loader
