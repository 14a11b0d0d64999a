/// `module_set`: a graph of modules, loaded in order and bound to each other by name.
#pragma once

#include <vitte/loader/dependencies/binding.hpp>
#include <vitte/loader/dependencies/folder.hpp>
#include <vitte/loader/dependencies/graph.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/sys/thread/mutex.hpp>
#include <vitte/sys/thread/thread.hpp>

namespace vitte::loader {

/// A call of a function whose module could not be loaded.
struct failed_call {
    const load_error& why;
    std::string_view caller;  ///< "app 1.0.0"
    std::string_view module;  ///< "b", as the caller's import names it
    std::string_view symbol;
};

struct module_set_options {
    /// For each module; `name` and `imports` are those of the module.
    load_options each = {};
    /// What a call gives whose module cannot be loaded: bits as `typed_call` has them, or nothing. Then, or without
    /// this, a WebAssembly caller traps, and a native one, which cannot, ends the program with a line on stderr. May
    /// run in several threads at once.
    std::function<std::optional<std::uint64_t>(const failed_call&)> on_failed_call = nullptr;
};

/// The modules of a graph, as they were resolved: a container that says something else of itself when it is loaded, or
/// is none any more, is refused. What a module needs is loaded before it and bound to it by name: a WebAssembly import
/// names the module, "acme/image" or "acme/image@^1.2", as its import's module; a native module takes the undefined
/// symbols that its SYMB imports, each from the module that is named there. Lazy needs are loaded when one of their
/// functions is called first. Who needs no such module gets nothing of it.
///
/// What can be bound:
/// - WebAssembly to WebAssembly: functions of numbers; each module has a store of its own, which memories, tables,
///   globals, tags and references do not leave.
/// - WebAssembly to native: functions for which the native module's SYMB has a type of at most 16 numbers.
/// - native to native: any symbol, directly. If it is needed lazily, or loaded later since both need each other, a
///   function whose type the SYMB of either has.
/// - native to WebAssembly: functions whose type the SYMB of either has, where C callbacks can be made.
///
/// Needs in a circle: those that come back are bound when all are loaded; to call them before is a trap, and ends the
/// program if the caller is native.
///
/// The set, its modules and what was taken from them may be used as single modules may be: those that are not native by
/// one thread at a time, also if they are called by others. First calls load once, whoever calls; while modules are
/// loaded, initialisers included, other first calls wait, so that an initialiser must not wait for a thread that makes
/// one. The loader must stay where it is as long as the set is there. Unloading, the destructor, is for one thread when
/// nothing runs in the modules.
template <sys::platform P = sys::native>
class basic_module_set {
public:
    /// Loads the first node of the graph, if it has a file, and what it needs. If anything fails, what was loaded for
    /// it is unloaded, the last one first, and the error has the way to what failed among its `references`.
    static result<basic_module_set, load_error> load(basic_module_loader<P>& loader, module_graph graph,
                                                     module_set_options options = {}) {
        basic_module_set made(std::make_unique<state>(loader, std::move(graph), std::move(options)));
        VITTE_CHECK(made.state_->ensure(0));
        return made;
    }

    const module_graph& graph() const noexcept { return state_->graph; }
    /// The first module; null if the graph begins with what is no file.
    const module* root() const noexcept { return state_->loaded(0); }
    /// The newest of the modules `name` in `range` that are loaded; null if none is.
    const module* find(std::string_view name, std::string_view range = "*") const {
        const exclusive mine(*state_);
        const auto found = state_->node_named(name, range, [this](std::size_t i) { return state_->loaded(i); });
        return found == none ? nullptr : state_->loaded(found);
    }
    /// The same of all in the graph, which is loaded if it is not yet.
    result<const module*, load_error> require(std::string_view name, std::string_view range = "*") {
        const auto found = state_->node_named(name, range, [](std::size_t) { return true; });
        if (found == none) return refuse(errc::not_found, "looking up", "the graph has no such module");
        return state_->ensure(found);
    }
    /// Which nodes are loaded, in the order in which they were; not while others may make first calls.
    const std::vector<std::size_t>& order() const noexcept { return state_->sequence; }

private:
    static constexpr std::size_t none = SIZE_MAX;
    struct state;

    /// Counts calls that are within each other, each of which takes some of the thread's own stack: stores only know
    /// their own.
    struct inner_call {
        state& of;
        const bool too_deep;
        explicit inner_call(state& in) noexcept : of(in), too_deep(in.calls.fetch_add_relaxed(1) >= most_calls) {}
        inner_call(const inner_call&) = delete;
        inner_call& operator=(const inner_call&) = delete;
        ~inner_call() { of.calls.fetch_sub(1); }
        static constexpr std::uint32_t most_calls = 200;
    };

    /// What a function of another module is bound to once it is known.
    struct binding {
        state& of;
        const std::size_t from, to;  ///< nodes; the other one may be `none`
        const std::string module, symbol;
        const typed_call typed;
        const std::string c_type;  ///< as the importer has it, may be empty
        atomic<const detail::bound_function*> bound{};
        std::unique_ptr<const detail::bound_function> kept = nullptr;

        trap_code call(std::uint64_t* values, std::string& reason) {
            if (const auto* const known = bound.load_acquire()) [[likely]]
                return run(*known, values, reason);
            const inner_call mine(of);
            if (mine.too_deep) return trap_code::call_stack_exhausted;
            const auto found = of.bind_first(*this);
            if (found) return run(**found, values, reason);
            if (of.options.on_failed_call) {
                const std::string caller = of.title(from);
                if (const auto given = of.options.on_failed_call({found.error(), caller, module, symbol})) {
                    *values = *given;
                    return trap_code::none;
                }
            }
            reason = found.error().message();
            return trap_code::host;
        }
        trap_code run(const detail::bound_function& f, std::uint64_t* values, std::string& reason) const {
            if (f.entry.enter == nullptr) return f.call(values, reason);
            const inner_call mine(of);
            return mine.too_deep ? trap_code::call_stack_exhausted : f.call(values, reason);
        }
    };
    static trap_code call_bound(const void* function, const handle_table&, std::uint64_t* values, std::string& reason) {
        return static_cast<binding*>(const_cast<void*>(function))->call(values, reason);
    }

    /// Answers for one module while it is linked.
    class source final : public import_source {
    public:
        source(state& of, std::size_t node) : of_(of), node_(node) {
            const module_graph::node& from = of.graph.nodes[node];
            for (const dependency& one : from.what->needs) needs_[one.name];
            for (const module_graph::edge& e : from.needs) needs_[from.need(e).name].push_back(e.to);
        }

        bool has(std::string_view module) const noexcept override {
            const auto wanted = module_reference::read(module);
            return wanted && (!wanted->range.empty() || needs_.contains(wanted->name));
        }
        result<imported_function, load_error> function(std::string_view module, std::string_view symbol,
                                                       const signature& types) override {
            const auto wanted = module_reference::read(module);
            VITTE_TRY(binding* const made, add(module, *wanted, symbol, types, {}));
            return imported_function{&made->typed, made};
        }
        result<const exports*, load_error> symbols() override {
            drop();  // what an image that could not be linked has left
            for (const imported_symbol& one : of_.graph.nodes[node_].what->symbols.imports) {
                auto done = provide(one);
                if (done) continue;
                done.error().symbol = one.module + ":" + one.symbol + (one.range.empty() ? "" : "@" + one.range);
                drop();
                return unexpected(std::move(done).error());
            }
            return &symbols_;
        }
        /// Binds what could not be bound before all was loaded.
        result<void, load_error> settle() {
            for (const auto& one : bindings_)
                if (one->bound.load_relaxed() == nullptr && one->to != none && !of_.is_lazy(*one)) {
                    auto found = of_.bind(*one);
                    if (!found) return unexpected(std::move(found).error());
                }
            return {};
        }
        /// Forgets what is bound to modules that are not loaded any more.
        void forget() noexcept {
            for (const auto& one : bindings_)
                if (one->to != none && of_.loaded(one->to) == nullptr) {
                    one->bound.store_release(nullptr);
                    one->kept.reset();
                }
        }

    private:
        void drop() noexcept {
            entries_.clear();
            bindings_.clear();
            symbols_ = exports();
        }
        result<binding*, load_error> add(std::string_view module, const module_reference& wanted,
                                         std::string_view symbol, const signature& types, std::string_view c_type) {
            VITTE_TRY(const std::size_t to, target(wanted));
            bindings_.emplace_back(new binding{of_, node_, to, std::string(module), std::string(symbol),
                                               typed_call{types, call_bound}, std::string(c_type)});
            binding& made = *bindings_.back();
            if (to != none && of_.loaded(to) != nullptr) {
                VITTE_CHECK(of_.bind(made));
            }
            return &made;
        }
        /// Which node a module means; `none` for an optional one that is absent.
        result<std::size_t, load_error> target(const module_reference& wanted) const {
            constexpr const char* action = "linking";
            const auto named = needs_.find(wanted.name);
            if (named == needs_.end())
                return refuse(errc::not_found, action,
                              "the module does not say in DEPS that it needs " + std::string(wanted.name));
            if (named->second.empty()) return none;
            if (wanted.range.empty()) return named->second.front();
            const auto range = semver::read_range(wanted.range, manifest_ranges);
            std::string others;
            for (const std::size_t to : named->second) {
                const known_module& other = *of_.graph.nodes[to].what;
                if (range && range->contains(other.version())) return to;
                others += (others.empty() ? "" : ", ") + other.who.version;
            }
            return refuse(errc::not_found, action, "it has been given " + others + ", which is not in the range");
        }
        result<void, load_error> provide(const imported_symbol& one) {
            const module_reference wanted{one.module, one.range};
            VITTE_TRY(const std::size_t to, target(wanted));
            const module* const other = to == none ? nullptr : of_.loaded(to);
            if (other != nullptr && detail::body_of(*other)->kind() == nullptr) {
                VITTE_CHECK(of_.check_types(to, one));
                VITTE_TRY(void* const address, other->symbol(one.symbol.c_str()));
                symbols_.provide(one.symbol, address);
                return {};
            }
            std::string_view type = one.signature;
            if (type.empty() && to != none) type = of_.type_in_c(to, one.symbol);
            if (type.empty())
                return refuse(
                    errc::invalid_argument, "linking",
                    "its type is needed, in SYMB, since it is called from a native module and is not native or "
                    "not loaded yet");
            VITTE_TRY(const auto c, detail::c_types::read(type, pool_));
            VITTE_TRY(binding* const made, add(one.module, wanted, one.symbol, c.types, one.signature));
            const auto run = [made](const void* const* arguments, void* returned) {
                const signature& types = made->typed.types;
                std::uint64_t values[signature::max_parameters + 1];
                for (std::size_t i = 0; i < types.parameters().size(); ++i)
                    values[i] = detail::widened(types.parameters()[i], arguments[i]);
                std::string reason;
                if (const trap_code code = made->call(values, reason); code != trap_code::none) {
                    std::string line = made->of.title(made->from) + ": calling '";
                    append_printable(line, made->module + ":" + made->symbol + "': ");
                    append_printable(line, reason.empty() ? loader::message(code) : reason);
                    std::fprintf(stderr, "vitte: %s\n", line.c_str());
                    std::abort();
                }
                const std::size_t size = detail::size_of(types.result_type());
                if (size != 0)
                    __builtin_memcpy(returned, reinterpret_cast<std::byte*>(values) + detail::low_bytes(size), size);
            };
            auto entry = ffi::make_callback(c.full, run);
            if (!entry) return refuse(entry.error(), "linking");
            symbols_.provide(one.symbol, entry->address());
            entries_.push_back(std::move(*entry));
            return {};
        }

        state& of_;
        const std::size_t node_;
        std::map<std::string_view, std::vector<std::size_t>> needs_;  ///< the nodes that were chosen for each name
        std::vector<std::unique_ptr<binding>> bindings_;
        ffi::type_pool pool_;
        exports symbols_;
        std::vector<ffi::callback> entries_;
    };

    struct node_state {
        std::unique_ptr<source> imports;
        std::unique_ptr<const module> body;
        atomic<const module*> ready{};
        bool begun = false;
        std::optional<load_error> failed;
        std::unordered_map<std::string_view, std::string_view> types;  ///< what it says of its exports, once asked
    };

    /// Held by the thread that loads, which may come again from an initialiser.
    class exclusive {
    public:
        explicit exclusive(state& of) noexcept : of_(of) {
            const auto me = static_cast<std::size_t>(sys::this_thread::id<P>() + 1);
            if (of_.holder.load_relaxed() != me) {
                of_.lock.lock();
                of_.holder.store_relaxed(me);
            }
            ++of_.depth;
        }
        exclusive(const exclusive&) = delete;
        exclusive& operator=(const exclusive&) = delete;
        ~exclusive() {
            if (--of_.depth != 0) return;
            of_.holder.store_relaxed(0);
            of_.lock.unlock();
        }

    private:
        state& of_;
    };

    struct state {
        basic_module_loader<P>& loader;
        const module_graph graph;
        const module_set_options options;
        std::vector<node_state> nodes;
        std::vector<std::size_t> sequence;  ///< what is loaded, in that order
        sys::basic_mutex<P> lock;
        atomic<std::size_t> holder{0};
        atomic<std::uint32_t> calls{0};
        unsigned depth = 0;
        bool closing = false;

        state(basic_module_loader<P>& with, module_graph&& of, module_set_options&& chosen)
            : loader(with), graph(std::move(of)), options(std::move(chosen)), nodes(graph.nodes.size()) {}
        state(const state&) = delete;
        state& operator=(const state&) = delete;
        ~state() {
            {
                const exclusive mine(*this);
                closing = true;
            }
            const auto order = graph.whole_order();
            for (auto i = order.rbegin(); i != order.rend(); ++i) unload(*i);
        }

        std::string title(std::size_t i) const { return graph.nodes[i].what->title(); }
        const module* loaded(std::size_t i) const noexcept { return nodes[i].ready.load_acquire(); }
        void unload(std::size_t i) noexcept {
            nodes[i].ready.store_release(nullptr);
            nodes[i].body.reset();
            nodes[i].begun = false;
        }

        template <class Counts>
        std::size_t node_named(std::string_view name, std::string_view range, Counts counts) const {
            const auto set = semver::read_range(range, manifest_ranges);
            for (std::size_t i = graph.nodes.size(); set && i-- != 0;)
                if (const known_module& one = *graph.nodes[i].what;
                    one.who.name == name && set->contains(one.version()) && counts(i))
                    return i;
            return none;
        }
        /// The type that a module says its function has; empty if it says none.
        std::string_view type_in_c(std::size_t node, std::string_view symbol) {
            const auto& all = graph.nodes[node].what->symbols.exports;
            auto& types = nodes[node].types;
            if (types.empty())
                for (const exported_symbol& one : all) types.emplace(one.name, one.signature);
            const auto found = types.find(symbol);
            return found == types.end() ? std::string_view() : found->second;
        }
        /// Whether exporter and importer agree, if both say what the type is.
        result<void, load_error> check_types(std::size_t to, const imported_symbol& one) {
            const std::string_view have = type_in_c(to, one.symbol);
            if (have.empty() || one.signature.empty()) return {};
            ffi::type_pool pool;
            const auto a = ffi::read_function_type(have, pool), b = ffi::read_function_type(one.signature, pool);
            if (a && b && *a == *b) return {};
            return refuse(errc::invalid_argument, "linking",
                          title(to) + " exports it as '" + std::string(have) + "', not as '" + one.signature + "'");
        }
        bool is_lazy(const binding& one) const noexcept {
            const auto& from = graph.nodes[one.from];
            return std::any_of(from.needs.begin(), from.needs.end(),
                               [&](const module_graph::edge& e) { return e.to == one.to && from.need(e).lazy; });
        }

        /// Finds the function in its module, which is loaded.
        result<const detail::bound_function*, load_error> bind(binding& one) {
            const module* const in = loaded(one.to);
            const auto failed = [&](errc code, std::string reason) {
                auto e = refuse(code, "binding", std::move(reason));
                e.error().module = title(one.from);
                e.error().symbol = one.module + ":" + one.symbol;
                return e;
            };
            if (in == nullptr) return failed(errc::busy, title(one.to) + " is not ready: both need each other");
            if (one.kept != nullptr) return publish(one);
            auto made = std::make_unique<detail::bound_function>();
            const detail::module_body& body = *detail::body_of(*in);
            const char* const name = one.symbol.c_str();
            if (one.symbol.find('\0') != std::string::npos) return failed(errc::not_found, "a NUL is in the name");
            if (body.kind() != nullptr) {
                auto entry = body.function(name, &one.typed.types);
                if (!entry) return failed(entry.error().code, title(one.to) + ": " + entry.error().reason);
                made->entry = *entry;
            } else {
                made->entry.target = body.symbol(name);
                if (made->entry.target != nullptr) {
                    VITTE_CHECK(plan(one, *made));
                }
            }
            if (made->entry.target == nullptr) return failed(errc::not_found, title(one.to) + " does not export it");
            one.kept = std::move(made);
            return publish(one);
        }
        /// Others see it when nothing can fail any more that would take the module away.
        const detail::bound_function* publish(binding& one) noexcept {
            if (depth == 1 || loaded(one.from) == nullptr) one.bound.store_release(one.kept.get());
            return one.kept.get();
        }
        result<void, load_error> plan(binding& one, detail::bound_function& made) {
            const auto failed = [&](errc code, std::string reason) {
                auto e = refuse(code, "binding", std::move(reason));
                e.error().module = title(one.from);
                e.error().symbol = one.module + ":" + one.symbol;
                return e;
            };
            const std::string_view have = type_in_c(one.to, one.symbol);
            const std::string_view text = have.empty() ? std::string_view(one.c_type) : have;
            if (text.empty())
                return failed(errc::invalid_argument, title(one.to) + " is native and does not say its type in SYMB");
            ffi::type_pool pool;
            VITTE_TRY(const auto c, detail::c_types::read(text, pool));
            if (!one.c_type.empty() && !have.empty()) {
                VITTE_CHECK(check_types(one.to, {one.module, one.symbol, {}, one.c_type}));
            } else if (one.c_type.empty() && !detail::fits_numbers(one.typed.types, c.types)) {
                return failed(errc::invalid_argument, "its type in " + title(one.to) + " is '" + std::string(have) +
                                                          "', which is not the one that it is imported with");
            }
            auto by = ffi::make_plan(c.full);
            if (!by) return failed(by.error().code, "functions of this type cannot be called here");
            made.by = std::move(*by);
            made.types = c.types;
            return {};
        }
        /// For a call that comes before the function was found.
        result<const detail::bound_function*, load_error> bind_first(binding& one) {
            if (one.to == none) {
                auto e = refuse(errc::not_found, "calling", "the optional module is not there");
                e.error().module = title(one.from);
                e.error().symbol = one.module + ":" + one.symbol;
                return e;
            }
            const exclusive mine(*this);
            if (const auto* const known = one.bound.load_relaxed()) return known;
            if (!is_lazy(one) && loaded(one.to) == nullptr) return bind(one);
            VITTE_CHECK(ensure(one.to));
            return bind(one);
        }

        result<const module*, load_error> ensure(std::size_t root) {
            const exclusive mine(*this);
            if (const module* const known = loaded(root)) return known;
            const auto refused = [&](errc code, const char* reason) {
                auto e = refuse(code, "loading", reason);
                e.error().module = title(root);
                return e;
            };
            if (closing) return refused(errc::cancelled, "the modules are just being unloaded");
            if (nodes[root].failed) return unexpected(*nodes[root].failed);
            if (nodes[root].begun) return refused(errc::busy, "it is needed while it is being loaded");
            const std::size_t before = sequence.size();
            auto done = load_all(root);
            if (done) return loaded(root);
            while (sequence.size() > before) {
                unload(sequence.back());
                sequence.pop_back();
            }
            for (node_state& n : nodes)
                if (n.imports != nullptr && n.body != nullptr) n.imports->forget();
            nodes[root].failed = done.error();
            return unexpected(std::move(done).error());
        }
        result<void, load_error> load_all(std::size_t root) {
            const auto order = graph.loading_order(root);
            for (const std::size_t i : order) {
                if (nodes[i].begun) continue;
                auto done = load_one(i);
                if (done) continue;
                nodes[i].begun = false;
                if (const auto way = graph.way_to(i); way.size() > 1) done.error().references = graph.text_of(way);
                return done;
            }
            for (const std::size_t i : order)
                if (nodes[i].imports != nullptr) {
                    VITTE_CHECK(nodes[i].imports->settle());
                }
            return {};
        }
        result<module, load_error> load_bytes(const known_module& what, const load_options& how) {
            if (!what.content) return loader.load(what.path.c_str(), how);
            const auto bytes = what.content();
            if (bytes) return loader.load(*bytes, what.path.c_str(), how);
            auto e = refuse(bytes.error(), "reading");
            e.error().module = what.path;
            return e;
        }
        result<void, load_error> load_one(std::size_t i) {
            const known_module& what = *graph.nodes[i].what;
            if (what.path.empty()) return {};
            nodes[i].begun = true;
            nodes[i].imports = std::make_unique<source>(*this, i);
            load_options how = options.each;
            how.name = what.who.name.c_str();
            how.imports = nodes[i].imports.get();
            how.verify = [this, &what](const file_to_verify& file) -> result<void, load_error> {
                if (file.needed_by == nullptr && (what.is_container || vitb::is_container(file.bytes))) {
                    VITTE_TRY(const known_module now, describe_container(file.bytes));
                    if (now.who != what.who || now.needs != what.needs || now.symbols != what.symbols)
                        return refuse(errc::busy, "verifying",
                                      "it is not what was resolved any more, but " + now.title());
                }
                return verified(file, options.each);
            };
            auto made = load_bytes(what, how);
            if (!made) return unexpected(std::move(made).error());
            nodes[i].body = std::make_unique<const module>(std::move(*made));
            nodes[i].ready.store_release(nodes[i].body.get());
            sequence.push_back(i);
            return {};
        }
    };

    explicit basic_module_set(std::unique_ptr<state> made) noexcept : state_(std::move(made)) {}

    std::unique_ptr<state> state_;
};
using module_set = basic_module_set<>;

}  // namespace vitte::loader
