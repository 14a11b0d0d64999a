/// `held_modules`: modules by name that are kept for those who ask for them, bound to each other, called, replaced and
/// given up while others use them. It knows nothing of who asks: that is `module_service`.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>
#include <vitte/loader/container.hpp>
#include <vitte/loader/dependencies/binding.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/loader/serve/description.hpp>
#include <vitte/loader/serve/message.hpp>
#include <vitte/loader/value_text.hpp>
#include <vitte/loader/wasm/format.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/fs/path.hpp>
#include <vitte/sys/thread/condition_variable.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::loader {

template <sys::platform P>
struct basic_held_modules_options {
    /// Is given the loader of each module: for host functions, search paths, `verify_all`.
    std::function<void(basic_module_loader<P>&)> prepare = nullptr;
    /// Is given the store of each WebAssembly module, as `wasm::format_options::prepare`.
    std::function<void(wasm::basic_store<P>&)> prepare_store = nullptr;
    /// Tells the type of a native function, such as "i64(i64,str)", that neither the caller nor the module tells: of
    /// the file at the path, which is asked while it is the one that was loaded. Empty if it does not know it either.
    /// No verifier sees what it reads: without it who calls must tell the type.
    std::function<std::string(const std::string& path, const std::string& function)> type_of = nullptr;
    wasm::store_limits limits = {};                ///< of each module; `fuel` is for each call
    std::int64_t most_time = INT64_MAX;            ///< nanoseconds that a call may take, where it can be stopped
    std::int64_t most_load_time = 30'000'000'000;  ///< the same of what runs of a module while it is loaded
    std::size_t most_modules = 1024;
};

/// What happened to a module.
struct module_event {
    const char* what = "";  ///< "loaded", "reloaded", "unloaded", "trapped", "not reloaded"
    std::string module;
    std::string message = {};
};

/// All of it may be called from several threads at once. A module runs for one caller at a time, the others wait:
/// WebAssembly as it must, native code because nobody knows what it can stand.
///
/// A WebAssembly module may import functions from the modules that are held, by their names, with a range of versions
/// behind "@" or without, from those of WebAssembly, and from native ones in a container that says their types. What is
/// imported from is needed: it is kept as long as those who need it. When it is replaced they go on with the new one.
///
/// Native code cannot be stopped, and what it does wrong it does to the program.
template <sys::platform P = sys::native>
class basic_held_modules {
    struct held;
    struct slot;

public:
    using options = basic_held_modules_options<P>;

    /// What is asked for, so that it can be given up meanwhile. It ends after the call that it was given to.
    class task {
    public:
        task() noexcept = default;
        task(const task&) = delete;
        task& operator=(const task&) = delete;

    private:
        friend basic_held_modules;
        bool cancelled_ = false;
        sys::deadline until_ = sys::deadline::never();
        std::uint64_t fuel_ = UINT64_MAX;
        std::vector<held*> within_;  ///< what runs for it, each called by the one before
    };

    explicit basic_held_modules(options chosen = {}) : options_(std::move(chosen)) {}
    basic_held_modules(const basic_held_modules&) = delete;
    basic_held_modules& operator=(const basic_held_modules&) = delete;
    /// Nothing may run any more. Who needs others goes before them.
    ~basic_held_modules() {
        while (!slots_.empty()) {
            auto next = slots_.begin();
            for (auto user = slots_.begin(); user != slots_.end();)
                if (user->second->current->imports->uses(*next->second))
                    next = std::exchange(user, slots_.begin());
                else
                    ++user;
            const std::shared_ptr<held> last = std::exchange(next->second->current, nullptr);
            slots_.erase(next);
        }
    }

    /// Loads the file at `path` as `name`, or if that is empty as what the module calls itself, or as its file is
    /// called. What it is called then. `errc::already_exists` if a module of that name is held.
    result<std::string, service_error> load(const std::string& path, const std::string& name, task& by) {
        const sys::scoped_lock one_change(changing_);
        VITTE_TRY(std::shared_ptr<held> made, read(path));
        made->name = !name.empty() ? name : !made->told.name.empty() ? made->told.name : stem(path);
        if (!is_name(made->name))
            return refused(errc::invalid_argument,
                           "'" + made->name + "' cannot be a module's name here: letters, digits and -_./+, up to 128");
        {
            const sys::scoped_lock hold(state_);
            if (slots_.contains(made->name))
                return refused(errc::already_exists, "there is a module '" + made->name +
                                                         "'; reload replaces it, another name loads it twice");
            if (slots_.size() >= options_.most_modules) return refused(errc::too_large, "too many modules are held");
        }
        VITTE_CHECK(link(made, by));
        std::string called = made->name;
        auto place = std::make_shared<slot>();
        place->current = std::move(made);
        const sys::scoped_lock hold(state_);
        slots_.emplace(called, std::move(place));
        return called;
    }

    /// Loads the file of `name` again and puts that in its place, for all who call from then on; calls that are under
    /// way end in the old one. If anything fails the old one stays. Nothing of its state is taken over.
    result<void, service_error> reload(const std::string& name, task& by) {
        const sys::scoped_lock one_change(changing_);
        VITTE_TRY(const std::shared_ptr<slot> place, find(name));
        return replace(*place, by);
    }

    /// Gives `name` up: the last call in it ends it. `errc::busy` if others need it, unless `force`: then those go
    /// first. The names of all that went, in order.
    result<std::vector<std::string>, service_error> unload(const std::string& name, bool force) {
        const sys::scoped_lock one_change(changing_);
        VITTE_TRY(const std::shared_ptr<slot> place, find(name));
        const auto needed_by = users_of(*place);
        if (!needed_by.empty() && !force) {
            std::string all;
            for (const std::string& one : needed_by) all += (all.empty() ? "" : ", ") + one;
            return refused(errc::busy, "'" + name + "' is needed by " + all);
        }
        std::vector<std::string> gone;
        drop(name, gone);
        return gone;
    }

    /// Calls a function; JSON of its result: {"type": "i32", "value": "-1"}, the value as `write_value` has it.
    service_outcome call(const service_request& asked, task& by) {
        VITTE_TRY(const std::shared_ptr<slot> place, find(asked.module));
        const std::shared_ptr<held> in = current(*place);
        if (in == nullptr) return unknown(asked.module);
        VITTE_TRY(const std::string text, type_of(*in, asked));
        const auto types = signature::parse(text);
        if (!types)
            return refused(errc::invalid_argument, "the type '" + text + "' of '" + asked.function +
                                                       "': " + types.error().reason +
                                                       "; such functions are called by programs");
        const std::size_t count = types->parameters().size();
        if (count != asked.arguments.size())
            return refused(errc::invalid_argument, "'" + asked.function + "' takes " + std::to_string(count) +
                                                       " arguments, " + std::to_string(asked.arguments.size()) +
                                                       " are given: it is " + text);
        std::uint64_t values[signature::max_parameters + 1] = {};
        for (std::size_t i = 0; i < count; ++i) {
            const auto read = read_value(types->parameters()[i], asked.arguments[i]);
            if (!read)
                return refused(read.error().code, "argument " + std::to_string(i + 1) + " '" + asked.arguments[i] +
                                                      "' is no " + std::string(name_of(types->parameters()[i])));
            values[i] = read->bits;
        }
        const auto found = bind(*in, asked.function, *types, text);
        if (!found) return refused(found.error());
        begin(by,
              std::min(options_.most_time, asked.timeout == 0 ? INT64_MAX : asked.timeout * std::int64_t{1'000'000}));
        std::string reason;
        const trap_code stopped = run(*in, by, *found, values, reason);
        if (stopped == trap_code::none) {
            const value returned{types->result_type(), detail::narrowed(types->result_type(), *values)};
            return json_text([&](auto& to) {
                to.begin_object().member("type", name_of(returned.type));
                if (returned.type == value_type::string && returned.bits == 0)
                    to.name("value").null();
                else if (returned.type != value_type::nothing)
                    to.member("value", std::string_view(valid_text(write_value(returned))));
                to.end_object();
            });
        }
        std::string why =
            "'" + asked.module + "' " + asked.function + ": " + (reason.empty() ? loader::message(stopped) : reason);
        if (is_cancelled(by)) return refused(errc::cancelled, std::move(why));
        return unexpected(service_error{"trapped", std::move(why)});
    }

    bool has(std::string_view name) const {
        const sys::scoped_lock hold(state_);
        return slots_.contains(name);
    }
    /// JSON of all that are held, by name.
    std::string describe() const {
        const sys::scoped_lock hold(state_);
        return json_text([&](auto& to) {
            to.begin_array();
            for (const auto& [name, place] : slots_) describe(to, *place);
            to.end_array();
        });
    }

    /// Stops what runs for `of`, where it can be: at once, or when it begins. From any thread.
    void cancel(task& of) noexcept {
        const sys::scoped_lock hold(state_);
        of.cancelled_ = true;
        for (held* const one : of.within_)
            if (one->store != nullptr) one->store->interrupt();
        changed_.notify_all();
    }

    /// Reloads what has another file than when it was loaded, if that has stayed the same since this was called last,
    /// as what is still being written has not; tells what has come of it.
    std::vector<module_event> reload_changed(task& by) {
        std::vector<module_event> told;
        const sys::scoped_lock one_change(changing_);
        std::vector<std::shared_ptr<slot>> all;
        {
            const sys::scoped_lock hold(state_);
            for (const auto& [name, place] : slots_) all.push_back(place);
        }
        for (const auto& place : all) {
            const std::shared_ptr<held> kept = place->current;
            const held& now = *kept;
            const auto facts = sys::stat<P>(now.path.c_str());
            if (!facts || is_same(*facts, now.file)) continue;
            if (!is_same(*facts, std::exchange(place->seen, *facts))) continue;
            if (is_same(*facts, std::exchange(place->refused, {}))) {
                place->refused = *facts;  // it was tried already
                continue;
            }
            const auto done = replace(*place, by);
            if (done)
                told.push_back({"reloaded", now.name});
            else {
                told.push_back({"not reloaded", now.name, done.error().message});
                place->refused = *facts;
            }
        }
        return told;
    }

private:
    class source;

    /// One loaded form of a module.
    struct held {
        std::string name, path;
        module_description told;
        sys::file_info file;
        std::vector<std::byte> bytes;           ///< until it is linked
        std::unique_ptr<source> imports;        ///< outlives the body
        wasm::basic_store<P>* store = nullptr;  ///< if it has one
        std::unique_ptr<module> body;
        task* running = nullptr;  ///< for whom
        std::uint64_t calls = 0, traps = 0, memory = 0;
    };
    /// What a name stands for, now.
    struct slot {
        std::shared_ptr<held> current;  ///< null when it was given up
        sys::file_info seen, refused;   ///< what its file was when it was looked at last, and what was no good
    };

    /// What a function of another module is bound to.
    struct binding {
        basic_held_modules& all;
        held& caller;
        const std::shared_ptr<slot> from;
        const std::string symbol;
        const typed_call typed;
        std::weak_ptr<held> bound_to = {};
        detail::bound_function bound = {};

        result<void, load_error> settle(const std::shared_ptr<held>& to) {
            VITTE_TRY(bound, all.bind(*to, symbol, typed.types, {}));
            bound_to = to;
            return {};
        }
        trap_code call(std::uint64_t* values, std::string& reason) {
            const std::shared_ptr<held> to = all.current(*from);
            if (to == nullptr) return reason = "the module of '" + symbol + "' was unloaded", trap_code::host;
            if (bound_to.lock() != to) {
                const auto done = settle(to);
                if (!done) return reason = done.error().message(), trap_code::host;
            }
            return all.run(*to, *caller.running, bound, values, reason);
        }
    };
    static trap_code call_bound(const void* function, const handle_table&, std::uint64_t* values, std::string& reason) {
        return static_cast<binding*>(const_cast<void*>(function))->call(values, reason);
    }

    /// Answers for one module while it is linked.
    class source final : public import_source {
    public:
        source(basic_held_modules& all, held& of) noexcept : all_(all), of_(of) {}

        bool has(std::string_view module) const noexcept override { return place(module) != nullptr; }
        result<imported_function, load_error> function(std::string_view module, std::string_view symbol,
                                                       const signature& types) override {
            constexpr const char* action = "linking";
            const auto from = place(module);
            const auto wanted = module_reference::read(module);
            const std::shared_ptr<held> now = all_.current(*from);
            if (!wanted->range.empty()) {
                const auto range = semver::read_range(wanted->range, manifest_ranges);
                const auto have = semver::version::parse(now->told.version);
                if (!range || !have || !range->contains(*have))
                    return refuse(errc::not_found, action, "what is held is " + now->name + " " + now->told.version);
            }
            if (!uses(*from) && all_.reaches(*now, of_.name))
                return refuse(errc::too_many_links, action, now->name + " needs it, too");
            auto made = std::unique_ptr<binding>(
                new binding{all_, of_, from, std::string(symbol), typed_call{types, call_bound}});
            VITTE_CHECK(made->settle(now));
            bindings.push_back(std::move(made));
            needs.insert(from.get());
            return imported_function{&bindings.back()->typed, bindings.back().get()};
        }
        result<const exports*, load_error> symbols() override { return &none_; }

        bool uses(const slot& of) const noexcept { return needs.contains(&of); }
        std::vector<std::unique_ptr<binding>> bindings;
        std::set<const slot*> needs;  ///< whom they are from

    private:
        /// What the host offers under a name of its own is not a module's.
        std::shared_ptr<slot> place(std::string_view module) const {
            const auto wanted = module_reference::read(module);
            if (!wanted || wanted->name == "env" || wanted->name.starts_with("wasi_")) return nullptr;
            const sys::scoped_lock hold(all_.state_);
            const auto found = all_.slots_.find(wanted->name);
            return found == all_.slots_.end() ? nullptr : found->second;
        }
        basic_held_modules& all_;
        held& of_;
        exports none_;
    };

    static unexpected<service_error> unknown(const std::string& name) {
        return refused(errc::not_found, "there is no module '" + name + "'");
    }
    static bool is_name(std::string_view name) noexcept {
        constexpr auto known = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+";
        return !name.empty() && name.size() <= 128 && name.find_first_not_of(known) == std::string_view::npos;
    }
    static std::string stem(const std::string& path) { return std::string(sys::path_view(path).stem()); }
    static bool is_same(const sys::file_info& a, const sys::file_info& b) noexcept {
        return a.same_file(b) && a.size == b.size && a.modified == b.modified && a.changed == b.changed;
    }

    static bool is_at(const std::string& path, const sys::file_info& file) noexcept {
        const auto facts = sys::stat<P>(path.c_str());
        return facts && is_same(*facts, file);
    }

    result<std::shared_ptr<slot>, service_error> find(const std::string& name) const {
        const sys::scoped_lock hold(state_);
        const auto found = slots_.find(name);
        if (found == slots_.end()) return unknown(name);
        return found->second;
    }
    std::shared_ptr<held> current(const slot& of) const {
        const sys::scoped_lock hold(state_);
        return of.current;
    }
    /// Whether `from`, or what it needs, needs `name`. For who changes.
    bool reaches(const held& from, const std::string& name) const {
        std::vector<const held*> met{&from};
        std::set<const held*> known{&from};
        for (std::size_t i = 0; i < met.size(); ++i) {
            if (met[i]->name == name) return true;
            for (const slot* const one : met[i]->imports->needs)
                if (const held* const next = current(*one).get(); next != nullptr && known.insert(next).second)
                    met.push_back(next);
        }
        return false;
    }
    std::vector<std::string> users_of(const slot& of) const {
        const sys::scoped_lock hold(state_);
        std::vector<std::string> all;
        for (const auto& [name, other] : slots_)
            if (other->current->imports->uses(of)) all.push_back(name);
        return all;
    }
    void drop(const std::string& name, std::vector<std::string>& gone) {
        auto place = find(name);
        if (!place) return;
        for (const std::string& user : users_of(**place)) drop(user, gone);
        std::shared_ptr<held> last;
        {
            const sys::scoped_lock hold(state_);
            last = std::exchange((*place)->current, nullptr);
            slots_.erase(name);
        }
        gone.push_back(name);
    }

    /// The file, and what it says of itself.
    result<std::shared_ptr<held>, service_error> read(const std::string& path) const {
        constexpr std::uint64_t most = std::uint64_t{1} << 30;
        const auto failed = [&](const error& why) {
            return refused(why.code, "loading " + std::string(why.message(path.c_str()).c_str()));
        };
        auto made = std::make_shared<held>();
        made->path = path;
        const auto file = sys::basic_file<P>::open(path.c_str(), {sys::open_mode::read, sys::open_nonblocking});
        if (!file) return failed(file.error());
        const auto facts = file->info();
        if (!facts) return failed(facts.error());
        if (facts->kind != sys::file_kind::regular) return failed({errc::invalid_argument, 0, "read what is no file"});
        if (facts->size > most) return failed({errc::too_large, 0, "read"});
        made->file = *facts;
        made->bytes.resize(static_cast<std::size_t>(facts->size));
        const auto got = file->read_at(made->bytes, 0);
        if (!got) return failed(got.error());
        const auto after = file->info();
        if (!after) return failed(after.error());
        if (*got != facts->size || !is_same(*facts, *after))
            return failed({errc::busy, 0, "read what is being changed"});
        made->told = describe_module(made->bytes);
        return made;
    }
    /// Links what was read. Native code is linked from its path, for libraries that are beside it.
    result<void, service_error> link(const std::shared_ptr<held>& made, task& by) {
        begin(by, options_.most_load_time);
        basic_module_loader<P> loader;
        if (options_.prepare) options_.prepare(loader);
        typename wasm::basic_format<P>::options chosen;
        chosen.limits = options_.limits;
        chosen.compile.interruptible = true;
        chosen.compile.metered = options_.limits.fuel != UINT64_MAX;
        chosen.prepare = [&](wasm::basic_store<P>& store) {
            made->store = &store;
            store.set_deadline(by.until_);
            if (options_.prepare_store) options_.prepare_store(store);
        };
        loader.add_format(wasm::basic_format<P>(std::move(chosen)));
        loader.add_format(basic_container_format<P>());
        made->imports = std::make_unique<source>(*this, *made);
        made->running = &by;  // nobody else knows it yet
        load_options how;
        how.imports = made->imports.get();
        const char* const path = made->path.c_str();
        const bool is_native = made->told.kind == module_description().kind;
        auto loaded =
            is_native ? loader.load(path, how) : loader.load(std::span<const std::byte>(made->bytes), path, how);
        made->running = nullptr;
        if (!loaded) return refused(loaded.error());
        if (is_native && !is_at(made->path, made->file))
            return refused(errc::busy, "loading " + made->path + ": it became another file meanwhile");
        std::vector<std::byte>().swap(made->bytes);
        made->memory = loaded->memory().size();
        made->body = std::make_unique<module>(std::move(*loaded));
        return {};
    }
    /// The one place where a module takes the place of another one.
    result<void, service_error> replace(slot& of, task& by) {
        VITTE_TRY(std::shared_ptr<held> made, read(of.current->path));
        made->name = of.current->name;
        VITTE_CHECK(link(made, by));
        {
            const sys::scoped_lock hold(state_);
            for (const auto& [name, other] : slots_)
                for (const auto& one : other->current->imports->bindings) {
                    if (one->from.get() != &of) continue;
                    const auto good = bind(*made, one->symbol, one->typed.types, {});
                    if (!good) return refused(errc::busy, "it is needed by '" + name + "': " + good.error().message());
                }
            made->calls = of.current->calls;
            made->traps = of.current->traps;
            std::swap(of.current, made);
        }
        return {};  // the old one ends here, or with the last call in it
    }

    /// The function `name` of `in`, with the types; of native code by its type in C, `text` or what the module says.
    result<detail::bound_function, load_error> bind(const held& in, const std::string& name, const signature& types,
                                                    std::string_view text) const {
        constexpr const char* action = "looking up";
        const auto failed = [&](errc code, std::string reason) {
            auto e = refuse(code, action, std::move(reason));
            e.error().module = in.name;
            e.error().symbol = name;
            return e;
        };
        const detail::module_body& body = *detail::body_of(*in.body);
        if (!text.empty())
            if (const auto fits = body.check_type(name.c_str(), &types); !fits)
                return failed(fits.error().code, fits.error().reason);
        detail::bound_function made;
        auto entry = body.function(name.c_str(), &types);
        if (!entry) return failed(entry.error().code, entry.error().reason);
        made.entry = *entry;
        made.types = types;
        if (made.entry.target == nullptr) return failed(errc::not_found, "the module does not export it");
        if (made.entry.enter != nullptr) return made;
        const std::string_view told = text.empty() ? in.told.signature_of(name) : text;
        if (told.empty()) return failed(errc::invalid_argument, "it is native, and nothing says its type");
        ffi::type_pool pool;
        VITTE_TRY(const auto c, detail::c_types::read(told, pool));
        if (text.empty() && !detail::fits_numbers(types, c.types))
            return failed(errc::invalid_argument, "its type is " + std::string(told));
        auto by = ffi::make_plan(c.full);
        if (!by) return failed(by.error().code, "functions of this type cannot be called here");
        made.by = std::move(*by);
        made.types = c.types;
        return made;
    }
    /// The type of the function that is asked for, as far as anybody knows it.
    result<std::string, service_error> type_of(const held& in, const service_request& asked) const {
        if (!asked.signature.empty()) return asked.signature;
        if (const auto known = in.told.signature_of(asked.function); !known.empty()) return std::string(known);
        if (detail::body_of(*in.body)->kind() != nullptr)
            return refused(errc::not_found, "'" + asked.module + "' exports no function '" + asked.function +
                                                "' that takes and gives numbers");
        std::string known =
            options_.type_of && is_at(in.path, in.file) ? options_.type_of(in.path, asked.function) : "";
        if (!known.empty() && is_at(in.path, in.file)) return known;
        return refused(errc::invalid_argument, "nothing says the type of '" + asked.function + "' of '" + asked.module +
                                                   "', which is native: a signature such as 'i64(i64,str)' does");
    }

    void begin(task& by, std::int64_t most) const noexcept {
        by.until_ = most == INT64_MAX ? sys::deadline::never() : sys::deadline::after<P>(most);
        by.fuel_ = options_.limits.fuel;
    }
    bool is_cancelled(const task& of) const noexcept {
        const sys::scoped_lock hold(state_);
        return of.cancelled_;
    }
    /// Waits until nothing else runs in `in`; why not, if it is not waited for any more.
    trap_code enter(held& in, task& by) {
        sys::basic_mutex<P>& lock = state_;
        const sys::scoped_lock hold(lock);
        while (in.running != nullptr && !by.cancelled_) {
            if (by.until_.is_never())
                changed_.wait(lock);
            else if (!changed_.wait_until(lock, by.until_) && in.running != nullptr)
                return trap_code::timed_out;
        }
        if (by.cancelled_) return trap_code::interrupted;
        by.within_.push_back(&in);
        in.running = &by;
        if (in.store != nullptr) {
            in.store->set_deadline(by.until_);
            in.store->set_fuel(by.fuel_);
        }
        return trap_code::none;
    }
    void leave(held& in, task& by) {
        const sys::scoped_lock hold(state_);
        if (in.store != nullptr) {
            by.fuel_ = in.store->fuel();
            if (by.cancelled_) in.store->execution().has_stopped();  // so that it is not the next one that is stopped
        }
        by.within_.pop_back();
        in.running = nullptr;
        changed_.notify_all();
    }
    trap_code run(held& in, task& by, const detail::bound_function& f, std::uint64_t* values, std::string& reason) {
        if (const trap_code denied = enter(in, by); denied != trap_code::none) return denied;
        const trap_code stopped = f.call(values, reason);
        const std::size_t memory = in.body->memory().size();
        {
            const sys::scoped_lock hold(state_);
            in.memory = memory;
            ++in.calls;
            in.traps += stopped != trap_code::none;
        }
        leave(in, by);
        return stopped;
    }

    template <class Writer>
    void describe(Writer& to, const slot& of) const {
        constexpr std::size_t most_exports = 256;
        const held& one = *of.current;
        const char* const kind = detail::body_of(*one.body)->kind();
        to.begin_object()
            .member("name", std::string_view(one.name))
            .member("version", std::string_view(one.told.version));
        to.member("kind", kind == nullptr ? "native" : kind).member("source", std::string_view(valid_text(one.path)));
        to.name("exports").begin_array();
        for (std::size_t i = 0; i < std::min(one.told.exports.size(), most_exports); ++i) {
            const exported_symbol& e = one.told.exports[i];
            to.begin_object().member("name", std::string_view(valid_text(e.name)));
            if (!e.signature.empty()) to.member("signature", std::string_view(valid_text(e.signature)));
            to.end_object();
        }
        to.end_array().member("export_count", one.told.exports.size());
        to.name("memory");
        kind == nullptr ? to.null() : to.value(one.memory);
        to.member("calls", one.calls).member("traps", one.traps).member("running", one.running != nullptr);
        to.name("needs").begin_array();
        std::vector<std::string_view> told;
        for (const auto& b : one.imports->bindings)
            if (const held* const from = b->from->current.get(); from != nullptr) {
                if (std::find(told.begin(), told.end(), from->name) != told.end()) continue;
                told.push_back(from->name);
                to.value(std::string_view(from->name));
            }
        to.end_array().end_object();
    }

    const options options_;
    sys::basic_mutex<P> changing_;       ///< held by who loads, replaces and gives up
    mutable sys::basic_mutex<P> state_;  ///< of all below, and of what is in it
    sys::basic_condition_variable<P> changed_;
    std::map<std::string, std::shared_ptr<slot>, std::less<>> slots_;
};
using held_modules = basic_held_modules<>;

}  // namespace vitte::loader
