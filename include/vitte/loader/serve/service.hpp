/// `module_service`: modules for whoever sends messages by a stream, such as a Unix socket that `service_place` has
/// made. See `loader/serve.hpp` for the protocol.
#pragma once

#include <vitte/loader/serve/frame.hpp>
#include <vitte/loader/serve/held_modules.hpp>
#include <vitte/loader/serve/worker.hpp>
#include <vitte/sys/event/stop.hpp>
#include <vitte/sys/net/async.hpp>

namespace vitte::loader {

template <sys::platform P>
struct basic_service_options {
    basic_held_modules_options<P> modules = {};
    std::size_t most_clients = 1000;
    /// Of each client: requests that are not answered yet, their bytes, and bytes of answers that he has not read.
    std::size_t most_requests = 256, most_request_bytes = 4 * most_of_message, most_answer_bytes = 8 * most_of_message;
    std::int64_t patience = 30'000'000'000;  ///< nanoseconds for the hello, for the rest of a frame, for reading some
    /// Nanoseconds between two looks at the files of all modules, which are reloaded when they have changed; 0: never.
    std::int64_t look_every = 0;
};

/// One thread runs the loop, one more loads and replaces, and each module has one in which it is called, so that nobody
/// waits for the calls of others but in the same module. All is called in the loop's thread, but for `stop`.
template <sys::platform P = sys::native>
class basic_module_service {
    struct any_client;
    struct job;

public:
    using options = basic_service_options<P>;

    /// On `in`, which is open and outlives it.
    explicit basic_module_service(sys::basic_loop<P>& in, options chosen = {})
        : loop_(in), options_(std::move(chosen)), modules_(std::make_shared<basic_held_modules<P>>(options_.modules)) {}
    basic_module_service(const basic_module_service&) = delete;
    basic_module_service& operator=(const basic_module_service&) = delete;

    /// Serves who is at the other end of `from`, a stream of `sys/net` that does not block, whatever he may do.
    template <class Stream>
    void serve(Stream from) {
        if (clients_.size() >= options_.most_clients || stop_.stop_requested()) return;
        auto made = std::make_shared<client<Stream>>(loop_, std::move(from));
        if (made->stream.open()) sys::spawn(receive(std::move(made)));
    }
    /// Accepts whom `allowed(stream)` does not deny, until it is stopped.
    template <class Listener, class Allowed>
    void serve_all(Listener from, Allowed allowed) {
        ++doors_;
        sys::spawn(accept(std::move(from), std::move(allowed)));
    }

    /// Runs the loop until `stop` is called, and all has ended then that can be stopped; native calls are waited for
    /// two seconds, and then go on with what they use. Fails with what the loop fails with.
    result<void> run() {
        VITTE_TRY(auto made, basic_worker<P>::start());
        keeper_.emplace(std::move(made));
        const sys::basic_loop_stopper<P> stopper(loop_, stop_);
        if (options_.look_every != 0) look_later();
        const auto ran = loop_.run();
        loop_.cancel(look_timer_);
        stop();
        for (const auto& one : clients_) one->end();
        const sys::deadline until = sys::deadline::after<P>(2'000'000'000);
        while (doors_ != 0 || !clients_.empty() || !jobs_.empty()) {
            sys::loop_timer end(stop_loop_);
            const sys::deadline soon = sys::deadline::after<P>(20'000'000);
            loop_.start(end, soon < until ? soon : until);
            const auto turn = loop_.run();
            loop_.cancel(end);
            if (!turn || until <= sys::deadline::after<P>(0)) break;
        }
        keeper_->finish(until);
        for (auto& [name, one] : workers_) one.finish(until);
        posts_->close();
        for (const auto& one : jobs_) one->client = nullptr;  // which is this thread's
        return ran;
    }
    /// Has `run` return. From any thread.
    void stop() noexcept { stop_.request_stop(); }

    basic_held_modules<P>& modules() noexcept { return *modules_; }

private:
    /// Who is served, by whatever stream.
    struct any_client {
        message_reader in{most_of_message};
        std::string out = {};                          ///< what is sent next
        std::vector<std::shared_ptr<job>> asked = {};  ///< and not answered yet
        std::size_t asked_bytes = 0;
        bool greeted = false, watches = false;
        bool reads = true;   ///< what he sends is taken
        bool sends = false;  ///< something is on its way to him

        any_client() = default;
        any_client(const any_client&) = delete;
        any_client& operator=(const any_client&) = delete;
        virtual ~any_client() = default;
        /// What waits for the stream goes on and finds its end.
        virtual void end() noexcept = 0;
        virtual void start_sending(basic_module_service& by, std::shared_ptr<any_client> self) = 0;
    };
    template <class Stream>
    struct client final : any_client {
        sys::basic_async_stream<P, Stream> stream;
        client(sys::basic_loop<P>& on, Stream&& from) : stream(on, std::move(from)) {}
        void end() noexcept override {
            this->reads = false;
            static_cast<void>(stream.socket().shut_down(sys::socket_receives | sys::socket_sends));
        }
        void start_sending(basic_module_service& by, std::shared_ptr<any_client> self) override {
            sys::spawn(by.send(std::static_pointer_cast<client>(std::move(self))));
        }
    };

    /// A request on its way through another thread and back.
    struct job : sys::loop_callback {
        job(basic_module_service& in, std::shared_ptr<any_client> by, service_request what, std::size_t bytes)
            : loop_callback([](loop_callback& called) noexcept {
                  auto& mine = static_cast<job&>(called);
                  mine.service.finish(mine);
              }),
              service(in),
              client(std::move(by)),
              asked(std::move(what)),
              size(bytes) {}
        basic_module_service& service;
        std::shared_ptr<any_client> client;  ///< null for the service itself; for the loop's thread
        const service_request asked;
        const std::size_t size;
        typename basic_held_modules<P>::task task;
        service_outcome outcome;
        std::vector<module_event> events;
    };
    using client_pointer = std::shared_ptr<any_client>;

    /// The way back into the loop, until that is gone.
    class post_box {
    public:
        explicit post_box(sys::basic_loop<P>& to) noexcept : to_(&to) {}
        void post(job& done) noexcept {
            const sys::scoped_lock hold(lock_);
            if (to_ != nullptr) to_->post(done);
        }
        void close() noexcept {
            const sys::scoped_lock hold(lock_);
            to_ = nullptr;
        }

    private:
        sys::basic_mutex<P> lock_;
        sys::basic_loop<P>* to_;
    };

    template <class Listener, class Allowed>
    sys::task<> accept(Listener from, Allowed allowed) {
        sys::basic_async_listener<P, Listener> door(loop_, std::move(from));
        const bool opened = door.open().has_value();
        while (opened && !stop_.stop_requested()) {
            auto next = co_await sys::unless_stopped(loop_, stop_, [&] { return door.accept(); });
            if (next && allowed(next->stream)) serve(std::move(next->stream));
            // No handles until others have ended.
            if (!next && !stop_.stop_requested()) co_await sys::resume_at(loop_, sys::deadline::after<P>(50'000'000));
        }
        --doors_;
    }

    template <class Client>
    sys::task<> receive(std::shared_ptr<Client> from) {
        clients_.push_back(from);
        auto until = sys::deadline::after<P>(options_.patience);
        while (from->reads) {
            const auto came = co_await from->stream.receive(from->in.room(), until);
            if (!came || *came == 0) break;
            from->in.filled(*came);
            auto next = from->in.next();
            const bool any = next.has_value();
            for (; next && from->reads; next = from->in.next()) take(from, *next);
            if (!next && next.error().code != errc::would_block) {
                answer(
                    from, 0,
                    refused(errc::too_large, "a message has more than " + std::to_string(most_of_message) + " bytes"));
                break;
            }
            // Who has begun a frame is to end it, however small the pieces; between frames he may think.
            if (from->greeted && !from->in.has_begun())
                until = sys::deadline::never();
            else if (any || until.is_never())
                until = sys::deadline::after<P>(options_.patience);
        }
        for (const auto& one : from->asked) modules_->cancel(one->task);
        from->reads = false;
        std::erase(clients_, from);
        if (!from->sends) from->end();
    }
    template <class Client>
    sys::task<> send(std::shared_ptr<Client> to) {
        to->sends = true;
        while (!to->out.empty()) {
            const std::string now = std::exchange(to->out, {});
            // In pieces, so that patience is with each of them.
            constexpr std::size_t piece = 65536;
            for (std::size_t at = 0; at < now.size(); at += piece) {
                const auto bytes = std::as_bytes(std::span(now)).subspan(at, std::min(piece, now.size() - at));
                if (co_await to->stream.send(bytes, sys::deadline::after<P>(options_.patience))) continue;
                to->out.clear();
                to->end();
                break;
            }
        }
        to->sends = false;
        if (!to->reads) to->end();
    }
    void put(const client_pointer& to, std::string_view message) {
        if (!to->reads) return;
        if (to->out.size() + message.size() > options_.most_answer_bytes) return to->end();  // he does not read
        append_frame(to->out, message);
        if (!to->sends) to->start_sending(*this, to);
    }
    void answer(const client_pointer& to, std::uint64_t id, const service_outcome& outcome) {
        put(to, write_answer(id, outcome));
    }

    void take(const client_pointer& from, std::string_view message) {
        auto read = read_request(message);
        if (!read) {
            answer(from, read.error().id, unexpected(read.error().why));
            from->reads = from->greeted;
            return;
        }
        const std::uint64_t id = read->id;
        if (!from->greeted || read->method == service_method::hello) return greet(from, *read);
        if (read->method == service_method::watch) {
            from->watches = true;
            return answer(from, id, std::string("true"));
        }
        if (read->method == service_method::modules) return answer(from, id, modules_->describe());
        if (from->asked.size() >= options_.most_requests ||
            from->asked_bytes + message.size() > options_.most_request_bytes)
            return answer(from, id, refused(errc::busy, "too many requests at once: wait for answers"));
        auto made = std::make_shared<job>(*this, from, std::move(*read), message.size());
        from->asked.push_back(made);
        from->asked_bytes += message.size();
        begin(made);
    }
    void greet(const client_pointer& from, const service_request& asked) {
        from->greeted = asked.method == service_method::hello && asked.version == service_protocol;
        if (from->greeted)
            return answer(from, asked.id, json_text([](auto& to) {
                              to.begin_object().member("protocol", service_protocol).end_object();
                          }));
        answer(from, asked.id,
               refused(errc::not_supported,
                       "a hello of version " + std::to_string(service_protocol) + " is needed first"));
        from->reads = false;
    }

    /// Has it done in the thread that is for it.
    void begin(const std::shared_ptr<job>& what) {
        jobs_.push_back(what);
        const auto work = [what, modules = modules_, posts = posts_] {
            do_it(*modules, *what);
            posts->post(*what);
        };
        if (what->asked.method != service_method::call) return keeper_->add(work);
        if (basic_worker<P>* const worker = worker_of(what->asked.module)) return worker->add(work);
        what->outcome = refused(errc::out_of_memory, "there is no thread for '" + what->asked.module + "'");
        loop_.post(*what);
    }
    static void do_it(basic_held_modules<P>& modules, job& what) {
        const service_request& asked = what.asked;
        const auto told = [&](const char* how, const std::string& module, std::string message = {}) {
            what.events.push_back({how, module, std::move(message)});
        };
        switch (asked.method) {
            case service_method::load: {
                auto done = modules.load(asked.path, asked.module, what.task);
                if (done) told("loaded", *done);
                what.outcome = std::move(done).transform([](const std::string& name) {
                    return json_text([&](auto& to) { to.value(std::string_view(name)); });
                });
                break;
            }
            case service_method::unload: {
                auto done = modules.unload(asked.module, asked.force);
                for (std::size_t i = 0; done && i < done->size(); ++i) told("unloaded", (*done)[i]);
                what.outcome = std::move(done).transform([](const auto& names) {
                    return json_text([&](auto& to) {
                        to.begin_array();
                        for (const std::string& one : names) to.value(std::string_view(one));
                        to.end_array();
                    });
                });
                break;
            }
            case service_method::reload: {
                const auto done = modules.reload(asked.module, what.task);
                if (done) told("reloaded", asked.module);
                what.outcome = done.transform([] { return std::string("true"); });
                break;
            }
            case service_method::call:
                what.outcome = modules.call(asked, what.task);
                if (!what.outcome && what.outcome.error().code == "trapped")
                    told("trapped", asked.module, what.outcome.error().message);
                break;
            default: what.events = modules.reload_changed(what.task);  // of the service itself
        }
    }
    void finish(job& done) {
        const auto at = std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& one) { return one.get() == &done; });
        const std::shared_ptr<job> what = std::move(*at);
        jobs_.erase(at);
        if (const client_pointer asker = std::move(what->client); asker != nullptr) {
            std::erase(asker->asked, what);
            asker->asked_bytes -= what->size;
            answer(asker, what->asked.id, what->outcome);
        } else if (!stop_.stop_requested()) {
            look_later();
        }
        for (const module_event& one : what->events) {
            if (std::string_view(one.what) == "unloaded") workers_.erase(one.module);
            const std::string text = json_text([&](auto& to) {
                to.begin_object().member("event", one.what).member("module", std::string_view(one.module));
                if (!one.message.empty()) to.member("message", std::string_view(valid_text(one.message)));
                to.end_object();
            });
            const auto watching = clients_;
            for (const client_pointer& to : watching)
                if (to->watches) put(to, text);
        }
    }
    /// Calls of a module that is not there are refused by any.
    basic_worker<P>* worker_of(const std::string& module) {
        if (const auto found = workers_.find(module); found != workers_.end()) return &found->second;
        if (!modules_->has(module)) return &*keeper_;
        auto made = basic_worker<P>::start();
        return made ? &workers_.emplace(module, std::move(*made)).first->second : nullptr;
    }
    void look_later() { loop_.start(look_timer_, sys::deadline::after<P>(options_.look_every)); }
    void look() { begin(std::make_shared<job>(*this, nullptr, service_request{0, service_method::watch}, 0)); }

    sys::basic_loop<P>& loop_;
    const options options_;
    std::shared_ptr<basic_held_modules<P>> modules_;
    const std::shared_ptr<post_box> posts_ = std::make_shared<post_box>(loop_);
    sys::basic_stop_request<P> stop_;
    std::optional<basic_worker<P>> keeper_;
    std::map<std::string, basic_worker<P>, std::less<>> workers_;  ///< of the modules that were called
    std::vector<client_pointer> clients_;
    std::vector<std::shared_ptr<job>> jobs_;  ///< on their way
    std::size_t doors_ = 0;
    struct looking : sys::loop_callback {
        explicit looking(basic_module_service& by) noexcept
            : loop_callback([](loop_callback& self) noexcept { static_cast<looking&>(self).of.look(); }), of(by) {}
        basic_module_service& of;
    };
    looking looking_{*this};
    sys::loop_timer look_timer_{looking_};
    struct ending : sys::loop_callback {
        explicit ending(sys::basic_loop<P>& in) noexcept
            : loop_callback([](loop_callback& self) noexcept { static_cast<ending&>(self).of.stop(); }), of(in) {}
        sys::basic_loop<P>& of;
    };
    ending stop_loop_{loop_};
};
using module_service = basic_module_service<>;

}  // namespace vitte::loader
