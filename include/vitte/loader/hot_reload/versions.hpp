/// The versions of a module that are in the process, and how calls get from one to the next.
#pragma once

#include <optional>
#include <utility>
#include <vector>
#include <vitte/core/blake3.hpp>
#include <vitte/loader/hot_reload/callers.hpp>
#include <vitte/loader/hot_reload/life.hpp>
#include <vitte/sys/thread/mutex.hpp>
#include <vitte/sys/thread/thread.hpp>

namespace vitte::loader::detail {

/// A function by its name, in every version: in slot `slot` of what it keeps it has that of the version there.
class hot_binding {
public:
    hot_binding(std::string_view as, const void* mark) : name(as), type(mark) {}
    virtual ~hot_binding() = default;
    /// Fails if `in` has no such function, or one of another type.
    virtual result<void, load_error> bind(std::size_t slot, const module& in) = 0;

    const std::string name;
    const void* const type;  ///< tells those of other C++ types apart
};

/// A version is current, kept to go back to, or retired: without new callers. All slots stay as long as this does, so
/// that who comes late may look at them. `control_` guards the roles; it is held for moments only.
template <sys::platform P>
class hot_versions {
public:
    static constexpr std::size_t slots = 4;
    enum class role : unsigned char { free, prepared, current, kept, retired, leaving };

    struct version {
        callers inside;
        std::size_t slot = 0;
        std::optional<module> what;
        void* state = nullptr;  ///< as `module_life` has it
        blake3::digest content{};
        std::uint64_t number = 0;
        std::size_t bound = 0;  ///< how many functions are
        role is = role::free;
        bool started = false;
        bool one_at_a_time = false;
        bool failed = false;          ///< it trapped while it was on trial
        version* before = nullptr;    ///< what to go back to
        atomic<std::uint32_t> trial;  ///< calls that are left of it; written by who has the turn

        sys::basic_mutex<P> turn;
        atomic<std::uintptr_t> holder;
        unsigned depth = 0;
    };

    explicit hot_versions(module_life* life) noexcept : life_(life) {
        for (std::size_t i = 0; i < slots; ++i) all_[i].slot = i;
    }
    hot_versions(const hot_versions&) = delete;
    hot_versions& operator=(const hot_versions&) = delete;
    ~hot_versions() {
        for (version& v : all_)
            if (v.what) drop(v);
    }

    /// Keeps the version that it names in the process; null if there is none any more.
    class visit {
    public:
        explicit visit(hot_versions& of) noexcept : what(of.enter(thread_mark(), place_)) {}
        visit(const visit&) = delete;
        visit& operator=(const visit&) = delete;
        ~visit() {
            if (what != nullptr) what->inside.leave(place_);
        }
        void leave() noexcept { std::exchange(what, nullptr)->inside.leave(place_); }

    private:
        callers::place* place_ = nullptr;

    public:
        version* what;
    };

    /// The turn of a call of a module in which one thread may be at a time. A call within a call has it already.
    class turn {
    public:
        explicit turn(version& of) noexcept : of_(of) {
            const std::uintptr_t me = thread_mark();
            if (of_.holder.load_relaxed() != me) {
                of_.turn.lock();
                of_.holder.store_relaxed(me);
            }
            ++of_.depth;
        }
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
        ~turn() {
            if (--of_.depth != 0) return;
            of_.holder.store_relaxed(0);
            of_.turn.unlock();
        }

    private:
        version& of_;
    };

    /// A slot for a new version, or null if callers are still inside of all others.
    version* take_slot() noexcept {
        const sys::scoped_lock mine(control_);
        for (version& v : all_) {
            if (v.is != role::free) continue;
            v.is = role::prepared;
            v.number = ++count_;
            v.bound = 0;
            v.started = v.failed = false;
            v.before = nullptr;
            v.state = nullptr;
            return &v;
        }
        return nullptr;
    }
    /// Unloads a version that was never current.
    void give_up(version& v) noexcept {
        drop(v);
        const sys::scoped_lock mine(control_);
        v.is = role::free;
    }

    void give_up_unless_taken(version& v) noexcept {
        {
            const sys::scoped_lock mine(control_);
            if (v.is != role::prepared) return;
        }
        give_up(v);
    }

    /// Looks up in `v` what is looked up in the others.
    result<void, load_error> bind(version& v) {
        const sys::scoped_lock mine(control_);
        return bind_rest(v);
    }
    /// The function `name` of this C++ type; `make` makes what keeps it.
    template <class Binding, class... Rest>
    result<Binding*, load_error> function(std::string_view name, const void* type, const Rest&... rest) {
        const sys::scoped_lock mine(control_);
        for (const auto& one : bindings_)
            if (one->type == type && one->name == name) return static_cast<Binding*>(one.get());
        version* const now = in_force();
        if (now == nullptr) return refuse(errc::bad_handle, "looking up", "the module is not loaded any more");
        auto made = std::make_unique<Binding>(name, type, rest...);
        VITTE_CHECK(made->bind(now->slot, *now->what));
        // What went before may lack it: then nothing goes back there.
        if (now->before != nullptr && !made->bind(now->before->slot, *now->before->what))
            retire(std::exchange(now->before, nullptr));
        bindings_.push_back(std::move(made));
        if (now->bound == bindings_.size() - 1) now->bound = bindings_.size();
        return static_cast<Binding*>(bindings_.back().get());
    }

    /// Lets no call begin until `commit` or `reopen`, and waits until nobody is inside of what is current. Fails with
    /// `errc::timed_out`, or `errc::busy` if this thread is inside itself; calls go on then. A call waits no longer
    /// than `at_most`, and then it, and all others, go on in the old version.
    result<void> hold(std::int64_t at_most) noexcept {
        const std::uintptr_t me = thread_mark();
        version* old;
        {
            const sys::scoped_lock mine(control_);
            old = current_.load_relaxed();
            if (old->inside.has(me)) return fail(errc::busy, "hold calls: this thread is in one");
            held_ = old;
            holder_ = me;
            hold_at_most_ = at_most;
            gate_.store_release(closed);
            static_cast<void>(current_.exchange_seq_cst(nullptr));
        }
        if (wait_for_none(*old, sys::deadline::after<P>(at_most))) return {};
        reopen();
        return fail(errc::timed_out, "hold calls: somebody is inside");
    }
    /// Ends `hold` with the old version.
    void reopen() noexcept {
        const sys::scoped_lock mine(control_);
        if (gate_.load_relaxed() == closed) open(held_);
    }
    /// Makes `next` the current version; `keeps_old` if it is to go back to. Fails if it lacks what has been looked up
    /// since `bind`, and with `errc::timed_out` if calls were held and it took too long.
    result<void, load_error> commit(version& next, bool held, bool keeps_old) {
        const sys::scoped_lock mine(control_);
        VITTE_CHECK(bind_rest(next));
        if (held && gate_.load_relaxed() != closed)
            return refuse(errc::timed_out, "switching", "calls were held for too long, and go on in the old version");
        version* old = held ? held_ : current_.load_relaxed();
        if (old != nullptr && old->failed && old->before != nullptr) {
            old->is = role::retired;
            old = std::exchange(old->before, nullptr);
        }
        if (old != nullptr) {
            if (old->before != nullptr) retire(std::exchange(old->before, nullptr));
            old->is = keeps_old ? role::kept : role::retired;
            next.before = keeps_old ? old : nullptr;
        }
        open(&next);
        return {};
    }
    /// `which` trapped on trial: what went before is current again. Returns whether another one is in force then.
    bool go_back(version& which) noexcept {
        const sys::scoped_lock mine(control_);
        if (which.before == nullptr || which.failed) return which.is != role::current || which.failed;
        which.failed = true;
        ++went_back_;
        refused_ = which.content;
        if (current_.load_relaxed() != &which) return true;  // calls are held, and it is not taken when that ends
        open(std::exchange(which.before, nullptr));
        which.is = role::retired;
        return true;
    }

    /// Unloads what is retired and has no callers. What went before goes when the trial of the current one is over.
    void collect() noexcept {
        for (;;) {
            version* gone = nullptr;
            {
                const sys::scoped_lock mine(control_);
                version* const now = current_.load_relaxed();
                if (now != nullptr && now->before != nullptr && now->trial.load_relaxed() == 0)
                    retire(std::exchange(now->before, nullptr));
                for (version& v : all_)
                    if (v.is == role::retired && v.inside.none()) gone = &v;
                if (gone == nullptr) return;
                gone->is = role::leaving;
            }
            give_up(*gone);
        }
    }
    /// Waits until what is retired has no callers, but for this thread itself, and unloads it.
    void wait_and_collect(sys::deadline until) noexcept {
        const std::uintptr_t me = thread_mark();
        for (version& v : all_) {
            bool waits;
            {
                const sys::scoped_lock mine(control_);
                waits = v.is == role::retired && !v.inside.has(me);
            }
            if (waits) static_cast<void>(wait_for_none(v, until));
        }
        collect();
    }
    /// No call begins any more.
    void close() noexcept {
        const sys::scoped_lock mine(control_);
        version* const last = in_force();
        is_closed_ = true;
        open(nullptr);
        if (last == nullptr) return;
        if (last->before != nullptr) retire(std::exchange(last->before, nullptr));
        last->is = role::retired;
    }

    /// What has been said of the version in force.
    template <class Use>
    auto with_current(Use&& use) const {
        const sys::scoped_lock mine(control_);
        return use(static_cast<const version*>(in_force()));
    }
    bool is_refused(const blake3::digest& content) const noexcept {
        const sys::scoped_lock mine(control_);
        return refused_ && *refused_ == content;
    }
    void note_refused(std::optional<blake3::digest> content) noexcept {
        const sys::scoped_lock mine(control_);
        refused_ = content;
    }
    std::uint64_t went_back() const noexcept {
        const sys::scoped_lock mine(control_);
        return went_back_;
    }
    std::size_t in_process() const noexcept {
        const sys::scoped_lock mine(control_);
        std::size_t count = 0;
        for (const version& v : all_) count += v.is != role::free;
        return count;
    }

private:
    static constexpr std::uint32_t opened = 0, closed = 1;

    version* enter(std::uintptr_t who, callers::place*& place) noexcept {
        version* const v = current_.load_acquire();
        if (v != nullptr) [[likely]] {
            place = v->inside.enter(who);
            if (current_.load_seq_cst() == v) [[likely]]
                return v;
            v->inside.leave(place);
        }
        return enter_later(who, place);
    }
    [[gnu::noinline]] version* enter_later(std::uintptr_t who, callers::place*& place) noexcept {
        for (sys::deadline until = sys::deadline::never();;) {
            if (version* const v = current_.load_acquire()) {
                place = v->inside.enter(who);
                if (current_.load_seq_cst() == v) return v;
                v->inside.leave(place);
                continue;
            }
            if (gate_.load_acquire() != closed) {
                const sys::scoped_lock mine(control_);
                if (is_closed_) return nullptr;
                continue;
            }
            if (version* const v = enter_held(who, place)) return v;
            if (until.is_never()) until = sys::deadline::after<P>(hold_at_most());
            if (!gate_.wait(closed, until)) reopen();
        }
    }
    /// A call within a call, which would wait for itself, or one of who holds the others.
    version* enter_held(std::uintptr_t who, callers::place*& place) noexcept {
        const sys::scoped_lock mine(control_);
        version* const v = held_;
        if (gate_.load_relaxed() != closed || !(v->inside.has(who) || holder_ == who)) return nullptr;
        place = v->inside.enter(who);
        return v;
    }
    std::int64_t hold_at_most() const noexcept {
        const sys::scoped_lock mine(control_);
        return hold_at_most_;
    }
    /// Lets calls go to `to`.
    void open(version* to) noexcept {
        version* back = to != nullptr && to->failed && to->before != nullptr ? to->before : nullptr;
        if (back != nullptr) {
            to->before = nullptr;
            to->is = role::retired;
            to = back;
        }
        if (to != nullptr) to->is = role::current;
        static_cast<void>(current_.exchange_seq_cst(to));
        holder_ = 0;
        gate_.store_release(opened);
        gate_.wake_all();
    }
    static void retire(version* which) noexcept { which->is = role::retired; }
    version* in_force() const noexcept {
        if (is_closed_) return nullptr;
        version* const now = current_.load_relaxed();
        return now != nullptr || gate_.load_relaxed() != closed ? now : held_;
    }
    result<void, load_error> bind_rest(version& v) {
        for (; v.bound < bindings_.size(); ++v.bound) VITTE_CHECK(bindings_[v.bound]->bind(v.slot, *v.what));
        return {};
    }
    /// Sleeps between looks, so that who leaves need not wake anybody.
    bool wait_for_none(const version& v, sys::deadline until) const noexcept {
        for (std::int64_t pause = 0; !v.inside.none();) {
            const sys::deadline next = sys::deadline::after<P>(pause);
            if (sys::deadline::after<P>(0) >= until) return false;
            if (pause == 0)
                sys::this_thread::yield<P>();
            else
                sys::this_thread::sleep_until<P>(next < until ? next : until);
            if (pause < 1'000'000) pause = pause == 0 ? 20'000 : 2 * pause;
        }
        return true;
    }
    void drop(version& v) noexcept {
        if (v.started && life_ != nullptr) life_->stop(*v.what, v.state);
        v.started = false;
        v.what.reset();
    }

    atomic<version*> current_{nullptr};  ///< null while calls are held, and when all is over
    sys::detail::lock_word<P> gate_{opened};
    version* held_ = nullptr;
    std::uintptr_t holder_ = 0;  ///< the thread that holds calls
    version all_[slots];
    mutable sys::basic_mutex<P> control_;
    std::vector<std::unique_ptr<hot_binding>> bindings_;
    std::optional<blake3::digest> refused_;
    std::uint64_t count_ = 0, went_back_ = 0;
    std::int64_t hold_at_most_ = 0;
    bool is_closed_ = false;
    module_life* const life_;
};

}  // namespace vitte::loader::detail
