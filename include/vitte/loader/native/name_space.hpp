/// The modules that one loader has loaded, and how they find each other: a world of its own beside those of other
/// loaders, of which there may be any number.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vitte/loader/import_source.hpp>
#include <vitte/loader/native/library_search.hpp>
#include <vitte/loader/native/process_scope.hpp>
#include <vitte/loader/native/runtime.hpp>
#include <vitte/loader/native/sealed_copy.hpp>
#include <vitte/loader/native/start_gate.hpp>
#include <vitte/sys/thread/thread.hpp>

namespace vitte::loader::native {

/// Safe from several threads at once, as long as nothing is added to its members meanwhile, and nobody closes a library
/// of the process while symbols are looked up in it and until it is held. No lock is held while initialisers and
/// finalisers run: they may load, unload, and wait for threads that do, or that bind functions. Only IFUNC resolvers
/// run under the lock that binding takes.
template <sys::platform P = sys::native>
class name_space : public std::enable_shared_from_this<name_space<P>> {
    using object = shared_object<P>;

public:
    exports host;              ///< what is found before all else
    library_search<P> search;  ///< where needed libraries are looked for
    bool sees_process = true;  ///< whether modules are bound to the libraries in the process

    /// Loads the module in `file` with all it needs, or finds it loaded, and starts what is new. Each load is to be
    /// undone by `unload`. `verify` is only asked about what it needs, since `file` is what has been verified. `from`
    /// is what `file` is a copy of, if it is one.
    ///
    /// What other threads are starting and this module needs has been started when this returns. Where threads would so
    /// wait for each other, as where modules need each other, the one that would close the circle goes on without.
    /// Others may find what a module defines before its initialisers have run, but not load it or what needs it.
    /// A finaliser that loads its own module gets the same one, which is not started again, and is unmapped when that
    /// load is undone.
    /// An exception that an initialiser throws arrives here, and the load is undone; other threads' loads of what threw
    /// fail. A module linked with `-z nodelete` is stopped at the end of the program, and keeps what it needs and this
    /// name space until then. So does one with functions that the C library never takes back.
    result<object*, load_error> load(const sys::basic_file<P>& file, std::string path, const load_options& options,
                                     const origin* from = nullptr) {
        nodes unready;
        VITTE_TRY(node* const root, place(file, std::move(path), options, from, unready));
        opening mine(*this, *root);
        for (node* const n : unready) hold_libraries(*n);
        for (node* const n : unready) VITTE_CHECK(start(*n));
        return mine.keep();
    }

    /// Stops and unmaps what nobody needs any more. What another thread is just stopping keeps what it needs, which
    /// then goes with that.
    void unload(object* which) noexcept {
        const exclusive mine(*this);
        --node_of(which)->opened;
        collect();
    }

    /// What `use(scope)` returns, where `scope(name, version, definition&)` finds what every module sees: what the host
    /// offers, the process's libraries and global modules. Modules that it has found something in are added to `bound`,
    /// each to be undone by `unload`, and the paths of libraries to `libraries`.
    template <class Use>
    auto with_scope(Use&& use, std::vector<object*>& bound, std::vector<const char*>& libraries) {
        nodes found;
        auto done = bound_to_all(use, found, libraries);
        for (node* const n : found) bound.push_back(n->what.get());
        for (node* const n : found)
            if (done)
                if (auto ready = start(*n); !ready) done = unexpected(std::move(ready).error());
        return done;
    }
    /// Keeps this, with all that is open, to the end of the program.
    void stay() noexcept {
        static constinit sys::basic_mutex<P> lock;
        static constinit name_space* staying = nullptr;  // so that tools that look for leaks find it
        const sys::scoped_lock mine(lock);
        if (self_ != nullptr) return;
        self_ = this->shared_from_this();
        next_ = std::exchange(staying, this);
    }
    /// As it was when something was loaded last.
    sys::cpu_capabilities cpu() noexcept {
        const guard mine(*this);
        return cpu_;
    }

    /// What was looked through for a symbol, in words.
    std::string searched() const {
        std::string text = std::to_string(host.size()) + " host exports";
        const std::string libraries = process_.names();
        text += libraries.empty() ? " (a static program has no libraries)" : ", " + libraries;
        for (const node* n : globals_) text += ", " + n->what->path();
        return text;
    }

private:
    struct node;
    using nodes = std::vector<node*>;
    /// What stands for the modules that one `collect` stops together.
    struct collection {
        const std::uintptr_t thread = this_thread();
        const node* stopping = nullptr;  ///< whose finalisers that thread is running
    };

    /// Where a module's imports are looked for: in what is global, then in what it was loaded with.
    struct scope {
        name_space* of;
        node* user;
        std::shared_ptr<nodes> local;  ///< of all that was loaded together

        bool operator()(const symbol_name& name, const char* version, definition& to, symbol_claim claim) const {
            bool found = false;
            of->notice_libraries();
            {
                const guard mine(*of);
                found = of->find(*this, name, version, to, claim);
            }
            of->hold_libraries(*user);
            return found;
        }
    };
    /// A module with what binds it to others. It stays as long as somebody has it open or a module that stays is bound
    /// to it, and for good once it has been started if it was linked so.
    struct node {
        held<object> what;
        std::uint32_t name_hash;
        scope seen_from_here{};
        nodes needs;
        std::vector<const char*> libraries = {};  ///< paths of those in the process that it is bound to
        std::size_t libraries_held = 0;           ///< of the first of them
        const exports* imports = nullptr;         ///< what it takes from other modules by their names
        const node* needed_by = nullptr;          ///< while it is being loaded: who has named it first
        std::optional<origin> from = {};          ///< of a copy
        std::vector<std::string> accepted = {};   ///< the names of files that it was verified under
        std::size_t opened = 0;
        start_gate<P> gate{};
        const collection* dying = nullptr;  ///< what stops it
        node* next_gone = nullptr;          ///< while those that it stopped are deleted
        bool marked = false, visited = false;
        bool ready = false, failed = false;  ///< its initialisers have ended, or thrown
        bool stopped = false;                ///< its finalisers have ended, and somebody still has it open

        explicit node(held<object>&& mapped) noexcept : what(std::move(mapped)), name_hash(elf::gnu_hash(name())) {}
        /// What others need it by: its DT_SONAME, or else the name of its file.
        std::string_view name() const noexcept {
            const char* const soname = what->info().soname;
            return soname != nullptr ? std::string_view(soname) : sys::path_view(what->path()).name();
        }
        bool has_flag_1(std::uint64_t bit) const noexcept { return what->info().has_flag_1(bit); }
        bool stays() const noexcept { return what->stays() || (ready && has_flag_1(elf::flag_1_no_delete)); }
        /// What is going is shared only with its own finalisers.
        bool can_be_shared() const noexcept {
            const bool stops_here = dying != nullptr && dying->stopping == this && dying->thread == this_thread();
            return !failed && !stopped && (dying == nullptr || stops_here);
        }
        /// Whether it is what a file is, or a copy of something.
        bool is_of(const sys::file_info& file, const origin* copied) const noexcept {
            if (copied != nullptr) return from && from->same(*copied);
            return file.inode != 0 && what->file().same_file(file);
        }
        /// Whether it is what is needed by that name: what it calls itself, or, as somebody wants to verify that, what
        /// it was verified as.
        bool is_called(std::string_view wanted, std::uint32_t hash, bool verifies) const noexcept {
            if (!verifies) return name_hash == hash && name() == wanted;
            return std::find(accepted.begin(), accepted.end(), wanted) != accepted.end();
        }
        void accept_as(std::string_view file) {
            if (std::find(accepted.begin(), accepted.end(), file) == accepted.end()) accepted.emplace_back(file);
        }
    };

    /// Takes back what was mapped, and not started, if a load fails. There is one at a time.
    struct attempt {
        name_space& of;
        const std::size_t first;  ///< of the new nodes

        explicit attempt(name_space& in) noexcept : of(in), first(in.nodes_.size()) {}
        attempt(const attempt&) = delete;
        attempt& operator=(const attempt&) = delete;
        ~attempt() {
            if (!done_) of.nodes_.erase(of.nodes_.begin() + static_cast<std::ptrdiff_t>(first), of.nodes_.end());
        }
        void succeed() noexcept { done_ = true; }

    private:
        bool done_ = false;
    };
    /// A load that is undone unless it is kept.
    class opening {
    public:
        opening(name_space& of, node& root) noexcept : of_(of), root_(&root) {}
        opening(const opening&) = delete;
        opening& operator=(const opening&) = delete;
        ~opening() {
            if (root_ != nullptr) of_.unload(root_->what.get());
        }
        object* keep() noexcept { return std::exchange(root_, nullptr)->what.get(); }

    private:
        name_space& of_;
        node* root_;
    };

    /// Holds the lock of all that is here.
    class guard {
    public:
        explicit guard(name_space& of) noexcept : of_(of) { of.lock(); }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;
        ~guard() { of_.unlock(); }

    private:
        name_space& of_;
    };
    /// Lets others look at what is here while code of the program runs.
    class pause {
    public:
        explicit pause(name_space& of) noexcept : of_(of) { of.unlock(); }
        pause(const pause&) = delete;
        pause& operator=(const pause&) = delete;
        ~pause() { of_.lock(); }

    private:
        name_space& of_;
    };
    /// Modules come and go by one thread at a time, also during its pauses.
    class exclusive {
    public:
        explicit exclusive(name_space& of) noexcept : of_(of) { of.lock_all(); }
        exclusive(const exclusive&) = delete;
        exclusive& operator=(const exclusive&) = delete;
        ~exclusive() { of_.unlock_all(); }

    private:
        name_space& of_;
    };

    static std::uintptr_t this_thread() noexcept {
        return reinterpret_cast<std::uintptr_t>(thread_locals::thread_pointer());
    }
    /// Its holder may take the lock again, since IFUNC resolvers may bind functions.
    void lock() noexcept {
        if (const auto me = this_thread(); __atomic_load_n(&holder_, __ATOMIC_RELAXED) != me) {
            lock_.lock();
            __atomic_store_n(&holder_, me, __ATOMIC_RELAXED);
        }
        ++depth_;
    }
    void unlock() noexcept {
        if (--depth_ != 0) return;
        __atomic_store_n(&holder_, 0, __ATOMIC_RELAXED);
        lock_.unlock();
    }
    void lock_all() noexcept {
        VITTE_ASSERT(this_thread() == 0 || __atomic_load_n(&changer_, __ATOMIC_RELAXED) != this_thread());
        changes_.lock();
        __atomic_store_n(&changer_, this_thread(), __ATOMIC_RELAXED);
        lock();
    }
    void unlock_all() noexcept {
        unlock();
        __atomic_store_n(&changer_, 0, __ATOMIC_RELAXED);
        changes_.unlock();
    }

    bool is_locked_here() noexcept {
        return __atomic_load_n(&holder_, __ATOMIC_RELAXED) == this_thread() && depth_ != 0;
    }

    template <class Use>
    auto bound_to_all(Use& use, nodes& found, std::vector<const char*>& libraries) {
        const guard until_done(*this);
        refresh();
        auto seen = [&](const symbol_name& name, const char* version, definition& to) {
            if (find_outside(name, version, to, libraries)) return true;
            for (node* const n : globals_) {
                if (n->dying != nullptr || !n->what->find(name, version, to)) continue;
                if (std::find(found.begin(), found.end(), n) == found.end()) {
                    found.push_back(n);
                    ++n->opened;
                }
                return true;
            }
            return false;
        };
        auto done = use(seen);
        if (!done && !done.error().references.empty()) done.error().searched = searched();
        return done;
    }
    /// Maps the module and what it needs, and binds it. It is open then; `unready` has to be started.
    result<node*, load_error> place(const sys::basic_file<P>& file, std::string path, const load_options& options,
                                    const origin* from, nodes& unready) {
        const exclusive mine(*this);
        refresh();
        attempt trial(*this);
        const std::string name(sys::path_view(options.name != nullptr ? std::string_view(options.name) : path).name());
        // What is bound to others by their names goes with those, and is nobody else's.
        const auto can_be_root = [&](const node& n) { return options.imports == nullptr && n.imports == nullptr; };
        VITTE_TRY(node* const root, add(file, std::move(path), from, can_be_root));
        if (options.verify) root->accept_as(name);
        const bool is_new = trial.first != nodes_.size();
        if (is_new && options.imports != nullptr) {
            VITTE_TRY(root->imports, options.imports->symbols());
        }
        VITTE_CHECK(add_dependencies(trial.first, options));
        VITTE_CHECK(relocate(trial.first, *root, options));
        const nodes fresh = initialized_in_order(in_order(trial.first));
        const bool all_ready = std::all_of(started_.begin(), started_.end(), [](const node* n) { return n->ready; });
        unready = all_ready ? fresh : unready_for(*root);
        started_.reserve(started_.size() + fresh.size());
        globals_.reserve(globals_.size() + fresh.size() + 1);
        trial.succeed();
        ++root->opened;
        if (options.global) make_global(*root);
        for (node* const n : fresh) {
            n->needed_by = nullptr;
            started_.push_back(n);
            if (n->has_flag_1(elf::flag_1_global)) make_global(*n);
        }
        return root;
    }
    void make_global(node& which) {
        if (std::find(globals_.begin(), globals_.end(), &which) == globals_.end()) globals_.push_back(&which);
    }
    /// Runs the initialisers of `n`, which is kept meanwhile, or waits until another thread has done so.
    result<void, load_error> start(node& n) {
        const auto entered = n.gate.enter();
        if (entered == start_gate<P>::answer::ready) return {};
        if (entered == start_gate<P>::answer::failed) {
            auto e = refuse(errc::unknown, "starting", "an initialiser has thrown an exception in another thread");
            e.error().module = n.what->path();
            return e;
        }
        struct leaving {
            name_space& of;
            node& from;
            bool succeeded = false;
            ~leaving() {
                {
                    const guard mine(of);
                    (succeeded ? from.ready : from.failed) = true;
                }
                from.gate.leave(succeeded);
            }
        } started{*this, n};
        n.what->start();
        started.succeeded = true;
        return {};
    }

    void refresh() {
        process_.refresh();
        if constexpr (requires { typename P::images; }) cpu_ = P::images::cpu();
        find_in_process("__tls_get_addr", thread_locals::foreign);
        find_in_process("dlopen", os_loading::open);
        find_in_process("dlclose", os_loading::close);
    }
    /// Sets `to`, if it is null, to what the process has under `name`. Other name spaces do the same at any time.
    template <class Function>
    void find_in_process(const char* name, Function*& to) {
        definition found;
        const char* library;
        if (__atomic_load_n(&to, __ATOMIC_RELAXED) == nullptr &&
            process_.find(symbol_name(name), nullptr, cpu_, found, library))
            __atomic_store_n(&to, reinterpret_cast<Function*>(found.address), __ATOMIC_RELAXED);
    }

    /// Updates the list of the process's libraries before a function is bound lazily: tables of libraries that have
    /// gone must not be read. Asks the OS's linker without the lock, since that may call modules under its own.
    void notice_libraries() {
        if (is_locked_here()) return;
        const std::uint64_t now = process_.generation();
        {
            const guard mine(*this);
            if (process_.is_of(now)) return;
        }
        process_scope<P> seen;
        seen.refresh();
        const guard mine(*this);
        process_ = std::move(seen);
    }

    static void note(const char* library, std::vector<const char*>& to) {
        if (library == nullptr || (!to.empty() && to.back() == library)) return;
        if (std::find(to.begin(), to.end(), library) == to.end()) to.push_back(library);
    }
    /// Holds the libraries that `of` is bound to, as long as it is mapped. While the lock is held nothing is done:
    /// constructors of libraries may wait for it under the lock of the OS's linker.
    void hold_libraries(node& of) {
        if (is_locked_here()) return;
        for (;;) {
            const char* path = nullptr;
            {
                const guard mine(*this);
                if (of.libraries_held == of.libraries.size()) return;
                path = of.libraries[of.libraries_held++];
            }
            auto library = hold_library<P>(path);
            const guard mine(*this);
            of.what->keep(std::move(library));
        }
    }

    node* node_of(const object* which) const noexcept {
        for (const auto& n : nodes_)
            if (n->what.get() == which) return n.get();
        return nullptr;
    }

    /// The module in `file`, mapped if it is not loaded, or none that `fits`.
    template <class Fits>
    result<node*, load_error> add(const sys::basic_file<P>& file, std::string path, const origin* from, Fits fits) {
        const auto facts = file.info();
        if (!facts) return refuse(facts.error(), "opening");
        for (const auto& n : nodes_)
            if (n->can_be_shared() && fits(*n) && n->is_of(*facts, from)) return n.get();
        VITTE_TRY(auto mapped, object::map(file, *facts, std::move(path)));
        nodes_.push_back(std::make_unique<node>(std::move(mapped)));
        if (from != nullptr) nodes_.back()->from = *from;
        return nodes_.back().get();
    }
    static bool any(const node&) noexcept { return true; }
    /// Maps a copy of the library in `file`, which `by` needs, if the program accepts it: also if the file is one that
    /// is loaded, which has been accepted under another name. It is the same module then, if nobody has changed it.
    result<node*, load_error> add_verified(const sys::basic_file<P>& file, std::string path, const node& by,
                                           const load_options& options) {
        const auto facts = file.info();
        if (!facts) return refuse(facts.error(), "opening");
        const auto copy = sealed_copy<P>(file, *facts);
        if (!copy) return unexpected(copy.error());
        VITTE_CHECK(segments<P>::check_kind(copy->file()));  // what is passed over is not asked about
        {
            const pause during(*this);
            VITTE_CHECK(verified(*copy, path.c_str(), by.what->path().c_str(), options));
        }
        VITTE_TRY(const origin from, origin_of(*copy, *facts));
        return add(copy->file(), std::move(path), &from, any);
    }

    /// Maps what the nodes from `first` on need, breadth first.
    result<void, load_error> add_dependencies(std::size_t first, const load_options& options) {
        for (std::size_t i = first; i < nodes_.size(); ++i)
            for (const char* const name : nodes_[i]->what->info().needed) {
                node& by = *nodes_[i];
                if (is_provided(name, by)) continue;
                auto found = find_needed(name, by, options);
                if (!found) {
                    found.error().reason += ", which " + by.what->path() + " needs";
                    return unexpected(std::move(found).error());
                }
                by.needs.push_back(*found);
            }
        return {};
    }

    /// Libraries in the process are bound to and never loaded twice. The C library of a static program is a part of it,
    /// and so is what C++ needs; second ones would know nothing of its threads, its memory and its exceptions.
    bool is_provided(std::string_view soname, node& by) const {
        const char* library = nullptr;
        if (process_.has(soname, library)) return note(library, by.libraries), true;
        if (!process_.is_static()) return false;
        for (const std::string_view part : {"libc.", "libm.", "libpthread.", "libdl.", "librt.", "ld-linux", "ld-musl",
                                            "libgcc_s.", "libunwind.", "libstdc++.", "libc++.", "libc++abi."})
            if (soname.starts_with(part)) return true;
        return false;
    }

    result<node*, load_error> find_needed(const char* name, node& by, const load_options& options) {
        const std::uint32_t hash = elf::gnu_hash(name);
        for (const auto& n : nodes_)
            if (n->can_be_shared() && n->is_called(name, hash, static_cast<bool>(options.verify))) return n.get();
        std::vector<const object*> users;
        for (const node* n = &by; n != nullptr; n = n->needed_by) users.push_back(n->what.get());
        result<node*, load_error> found =
            refuse(errc::not_found, "loading", std::string("there is no library ") + name);
        search.find(name, users, [&](std::string path) {
            const auto file = sys::basic_file<P>::open(path.c_str(), without_waiting);
            if (!file && (file.error().code == errc::not_found || file.error().code == errc::not_a_directory))
                return false;
            if (!file) {
                found = refuse(file.error(), "opening");
                found.error().module = std::move(path);
                return file.error().code != errc::permission_denied;  // others may be found
            }
            const std::size_t known = nodes_.size();
            auto added = options.verify ? add_verified(*file, path, by, options) : add(*file, path, nullptr, any);
            if (nodes_.size() != known) (*added)->needed_by = &by;
            if (added && options.verify) (*added)->accept_as(name);
            // A file for another machine is passed over, as long as there are others.
            const bool decided = added.has_value() || added.error().code != errc::not_supported;
            if (!added) added.error().module = std::move(path);
            found = std::move(added);
            return decided;
        });
        return found;
    }

    /// In an order in which what is needed comes before what needs it, as far as there is one.
    static void order(node& from, nodes& to) {
        if (std::exchange(from.visited, true)) return;
        for (node* const n : from.needs) order(*n, to);
        to.push_back(&from);
    }
    nodes in_order(std::size_t first) {
        nodes all;
        for (std::size_t i = 0; i < nodes_.size(); ++i) nodes_[i]->visited = i < first;
        for (std::size_t i = first; i < nodes_.size(); ++i) order(*nodes_[i], all);
        return all;
    }

    /// What was linked with `-z initfirst` before all others.
    static nodes initialized_in_order(nodes all) {
        std::stable_partition(all.begin(), all.end(),
                              [](const node* n) { return n->has_flag_1(elf::flag_1_initialize_first); });
        return all;
    }

    /// What `root` needs, itself included, and has not been started, in that order.
    nodes unready_for(node& root) {
        nodes all;
        for (const auto& n : nodes_) n->visited = false;
        order(root, all);
        std::erase_if(all, [](const node* n) { return n->ready; });
        return initialized_in_order(std::move(all));
    }

    result<void, load_error> relocate(std::size_t first, node& root, const load_options& options) {
        const auto local = std::make_shared<nodes>(closure(root));
        for (node* const n : in_order(first)) {
            n->seen_from_here = {this, n, local};
            auto done = n->what->relocate(n->seen_from_here, cpu_, options);
            if (done) continue;
            if (n != &root) done.error().module = n->what->path();
            if (done.error().code == errc::not_found) done.error().searched = searched();
            return done;
        }
        return {};
    }
    /// `root` and all that it needs, breadth first, but what was linked with `-z interpose` before all others.
    static nodes closure(node& root) {
        nodes all{&root};
        for (std::size_t i = 0; i < all.size(); ++i)
            for (node* const n : all[i]->needs)
                if (std::find(all.begin(), all.end(), n) == all.end()) all.push_back(n);
        std::stable_partition(all.begin(), all.end(),
                              [](const node* n) { return n->has_flag_1(elf::flag_1_interpose); });
        return all;
    }

    /// False also if the claim of the user is the best.
    bool find(const scope& from, const symbol_name& name, const char* version, definition& to, symbol_claim claim) {
        if (from.user->imports != nullptr && from.user->imports->find(name, to.address)) return true;
        if (find_outside(name, version, to, from.user->libraries)) return true;
        for (node* const n : claim.unique ? started_ : globals_)
            if (find_in(*n, from, name, version, to)) return true;
        for (node* const n : *from.local) {
            if (n == from.user && claim.defined) return false;
            if (find_in(*n, from, name, version, to)) return true;
        }
        return false;
    }
    /// If it is in a library of the process, that is added to `libraries`.
    bool find_outside(const symbol_name& name, const char* version, definition& to,
                      std::vector<const char*>& libraries) {
        if (runtime<P>::find(name, to) || host.find(name, to.address)) return true;
        const char* library = nullptr;
        if (!sees_process || !process_.find(name, version, cpu_, to, library)) return false;
        note(library, libraries);
        return true;
    }
    /// Whoever is bound to a module that it does not need keeps it. Only what goes together is bound to what goes.
    static bool find_in(node& in, const scope& from, const symbol_name& name, const char* version, definition& to) {
        if (in.dying != nullptr && in.dying != from.user->dying && !in.can_be_shared()) return false;
        if (!in.what->find(name, version, to)) return false;
        nodes& needs = from.user->needs;
        if (&in != from.user && std::find(needs.begin(), needs.end(), &in) == needs.end()) needs.push_back(&in);
        return true;
    }

    static void mark(node& from) {
        if (std::exchange(from.marked, true)) return;
        for (node* const n : from.needs) mark(*n);
    }
    /// Stops and drops the modules that nobody needs any more, the last that was started first. Takes no memory, unless
    /// threads hold one that binds functions lazily.
    void collect() noexcept {
        for (collection mine; choose(mine); drop(mine))
            while (node* const n = take(mine)) {
                unlock_all();
                n->what->stop();  // which may load and unload others, and come here again
                lock_all();
            }
    }
    /// Whether there are any. What others stop keeps what it needs until it is dropped.
    bool choose(const collection& to) noexcept {
        for (const auto& n : nodes_) n->marked = false;
        for (const auto& n : nodes_) {
            if (n->stays()) stay();
            if (n->opened != 0 || n->stays() || n->dying != nullptr) mark(*n);
        }
        bool any = false;
        const auto choose_one = [&](node& n) {
            if (!n.marked) n.dying = &to, any = true;
        };
        for (node* const n : started_) choose_one(*n);
        for (const auto& n : nodes_)
            if (n->stopped) choose_one(*n);
        return any;
    }
    /// Libraries that only these hold are closed without a lock: their finalisers may load and unload modules.
    void drop(const collection& stopped) noexcept {
        keep_opened(stopped);
        const auto is_gone = [&](const auto& n) { return n->dying == &stopped; };
        // Threads that will call destructors still call functions of what goes, and can bind none then.
        if (std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& n) { return is_gone(n) && n->what->is_held(); }))
            for (const auto& n : nodes_)
                if (is_gone(n)) n->what->bind_all();
        std::erase_if(globals_, [&](const node* n) { return is_gone(n) || n->stopped; });
        for (const auto& n : nodes_) {
            if (is_gone(n) && n->what->is_held()) keep_needs(*n);
            if (!is_gone(n) && n->seen_from_here.local != nullptr) std::erase_if(*n->seen_from_here.local, is_gone);
        }
        node* gone = nullptr;
        for (auto& n : nodes_)
            if (is_gone(n)) n->next_gone = gone, gone = n.release();
        std::erase(nodes_, nullptr);
        unlock_all();
        while (gone != nullptr) {
            const std::unique_ptr<node> one(std::exchange(gone, gone->next_gone));
            hold_libraries(*one);
        }
        lock_all();
    }
    /// Takes out of `stopping` the modules that their finalisers have loaded again, or said must stay, with all that
    /// they need.
    void keep_opened(const collection& stopping) noexcept {
        for (const auto& n : nodes_) n->marked = false;
        for (const auto& n : nodes_)
            if (n->opened != 0 || n->what->stays() || n->dying != &stopping) mark(*n);
        for (const auto& n : nodes_)
            if (n->marked && n->dying == &stopping) n->dying = nullptr, n->stopped = true;
    }
    /// A thread will call destructors of `from`, which call what it needs: that stays mapped as long. Modules that need
    /// each other and are both called by threads stay for good, and so does what there is no memory to note.
    void keep_needs(node& from) noexcept {
        for (const auto& n : nodes_) n->marked = false;
        mark(from);
        for (const auto& n : nodes_)
            if (n->marked && n.get() != &from) from.what->keep(*n->what);
    }
    /// The last that was started of those, which is then none of the started ones any more; or null. Those that their
    /// finalisers had loaded again follow: their finalisers do not run again, but what they have registered since does.
    node* take(collection& from) noexcept {
        from.stopping = nullptr;
        for (std::size_t i = started_.size(); i-- > 0;)
            if (node* const last = started_[i]; last->dying == &from) {
                started_.erase(started_.begin() + static_cast<std::ptrdiff_t>(i));
                return from.stopping = last, last;
            }
        for (const auto& n : nodes_)
            if (n->dying == &from && std::exchange(n->stopped, false)) return from.stopping = n.get(), n.get();
        return nullptr;
    }

    sys::basic_mutex<P> changes_, lock_;  ///< the first is taken before the second
    std::uintptr_t changer_ = 0, holder_ = 0;
    unsigned depth_ = 0;
    sys::cpu_capabilities cpu_;
    process_scope<P> process_;
    std::vector<std::unique_ptr<node>> nodes_;  ///< in the order in which they were mapped
    nodes started_;                             ///< in the order in which they are started
    nodes globals_;
    std::shared_ptr<name_space> self_;  ///< if this stays
    name_space* next_ = nullptr;        ///< that stays
};

}  // namespace vitte::loader::native
