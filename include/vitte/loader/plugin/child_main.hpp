/// The child's side of a plugin in a process of its own; `child.hpp` is the host's.
#pragma once

#include <charconv>
#include <cstdlib>
#include <optional>

#include <vitte/loader/loader.hpp>
#include <vitte/loader/plugin/child_start.hpp>
#include <vitte/plugin.h>
#include <vitte/sys/sandbox.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::loader {

namespace detail {

/// An answer that a plugin writes piece by piece, behind room for its header.
class plugin_answer {
public:
    explicit plugin_answer(std::uint32_t most) noexcept : most_(most) {}

    vitte_output output() noexcept { return {sizeof(vitte_output), 0, this, write}; }
    void clear() noexcept { size_ = 0; }
    /// The whole frame. `errc::out_of_memory`.
    result<std::span<const std::byte>> frame(frame_kind kind, std::uint32_t call, std::int32_t status) noexcept {
        VITTE_CHECK(reserve(0));
        const auto header = frame_header(kind, call, status, static_cast<std::uint32_t>(size_));
        std::memcpy(memory_.bytes().data(), header.data(), header.size());
        return std::span<const std::byte>(memory_.bytes().first(frame_header_size + size_));
    }
    std::int32_t add(const void* bytes, std::size_t size) noexcept {
        if (size > most_ - size_) return VITTE_TOO_LARGE;
        if (!reserve(size)) return VITTE_OUT_OF_MEMORY;
        if (size != 0) std::memcpy(memory_.bytes().data() + frame_header_size + size_, bytes, size);
        size_ += size;
        return VITTE_OK;
    }

private:
    static std::int32_t write(void* context, const void* bytes, std::size_t size) {
        return static_cast<plugin_answer*>(context)->add(bytes, size);
    }
    result<void> reserve(std::size_t more) noexcept {
        const std::size_t needed = frame_header_size + size_ + more, room = memory_.size();
        if (needed <= room) return {};
        return memory_.grow(needed > 2 * room ? needed - room : room);
    }

    std::uint32_t most_;
    std::size_t size_ = 0;
    sys::byte_buffer memory_;
};

/// A process that is one plugin.
template <sys::platform P>
class plugin_process {
    using handle = typename P::files::handle;

public:
    plugin_process(basic_module_loader<P>& loader, handle requests, handle answers, handle file) noexcept
        : loader_(loader), requests_(requests), answers_(answers), file_(file) {}

    /// What the process returns: 0 if it was stopped, or its host is gone.
    int run() {
        frame request;
        while (receive(request)) {
            if (request.kind == frame_kind::stop) return stop(request), 0;
            if ((request.kind == frame_kind::start) != (table_ == nullptr)) return 2;
            const bool answered = request.kind == frame_kind::start ? start(request) : serve(request);
            if (!answered) return 2;
        }
        return shut_down(), 0;
    }

private:
    bool receive(frame& to) noexcept {
        for (;;) {
            const auto complete = reader_.next(to);
            if (!complete) return false;
            if (*complete) return true;
            const auto room = reader_.room();
            if (!room) return false;
            const auto came = sys::retried(
                [&] { return P::files::read(requests_.native_handle(), room->data(), room->size()); });
            if (!came || *came == 0) return false;
            reader_.added(*came);
        }
    }
    bool send(std::span<const std::byte> whole) noexcept {
        const sys::scoped_lock guard(writing_);
        return answers_.write(whole).has_value();
    }
    bool answer(const frame& to, frame_kind kind, std::int32_t status) noexcept {
        const auto whole = answer_.frame(kind, to.call, status);
        return whole && send(*whole);
    }
    bool answer_text(const frame& to, frame_kind kind, std::int32_t status, std::string_view text) noexcept {
        answer_.clear();
        const auto part = text.substr(0, longest_frame_text);
        return answer_.add(part.data(), part.size()) == VITTE_OK && answer(to, kind, status);
    }
    /// What a function of the plugin returned, with what it wrote, or with why it failed.
    bool reply(const frame& to, std::int32_t status) noexcept {
        if (status == VITTE_OK) return answer(to, frame_kind::reply, status);
        return answer_text(to, frame_kind::reply, status < 0 ? status : std::int32_t{VITTE_FAILED}, error_);
    }

    bool start(const frame& request) {
        const auto asked = child_start::read(request.body);
        if (!asked) return false;
        answer_ = plugin_answer(asked->most_reply);
        options_ = asked->options;
        const auto report = confine(*asked);
        if (!report) {
            const auto code = static_cast<std::int32_t>(report.error().code);
            return answer_text(request, frame_kind::failed, code, report.error().operation);
        }
        for (const unsigned rules : {report->enforced.bits, report->missing.bits}) {
            std::byte bytes[4];
            store(bytes, static_cast<std::uint32_t>(rules), byte_order::little);
            static_cast<void>(answer_.add(bytes, sizeof bytes));
        }
        if (!answer(request, frame_kind::ready, 0)) return false;
        if (auto loaded = load(*asked); !loaded) {
            load_error& why = loaded.error();
            why.module.clear();  // which the host knows
            return answer_text(request, frame_kind::failed, static_cast<std::int32_t>(why.code), why.message().substr(2));
        }
        answer_.clear();
        error_.clear();
        const std::int32_t status = table_->init(&host_, &state_);
        if (status != VITTE_OK) table_ = nullptr;
        return reply(request, status) && status == VITTE_OK;
    }
    /// From here on, whatever is mapped into this process can do what was granted and nothing else.
    static result<sys::sandbox_report> confine(const child_start& asked) {
        sys::basic_sandbox<P> box;
        box.deny_files().deny_tcp().deny_sockets().deny_abstract_sockets().deny_signals().deny_processes();
        for (const child_start::folder& granted : asked.folders) {
            const sys::basic_directory<P> folder(handle_of<handle>(granted.handle));
            if constexpr (requires { box.allow(folder, 0u); }) {
                VITTE_CHECK(box.allow(folder, granted.rights));
            }
        }
        const bool all = (asked.flags & child_start::all_rules) != 0;
        return box.enter(all ? sys::enforce::all_or_fail : sys::enforce::what_it_can);
    }
    result<void, load_error> load(const child_start& asked) {
        const std::string name(asked.name);
        load_options options;
        if ((asked.flags & child_start::only_this_file) != 0)
            options.verify = [](const file_to_verify& file) -> result<void, load_error> {
                if (file.needed_by == nullptr) return {};
                return refuse(errc::permission_denied, "verifying", "a plugin that is verified brings no libraries");
            };
        VITTE_TRY(auto loaded, loader_.load(file_, name.c_str(), options));
        VITTE_TRY(void* const found, loaded.symbol("vitte_plugin"));
        static_cast<void>(file_.close());
        const auto* const table = static_cast<const struct vitte_plugin*>(found);
        if (!VITTE_HAS(table, init) || table->init == nullptr)
            return refuse(errc::malformed, "reading its table", "it has no function to start it with");
        if (table->abi != VITTE_PLUGIN_ABI)
            return refuse(errc::not_supported, "reading its table",
                          "it was made for version " + std::to_string(table->abi) + " of the interface of plugins");
        module_.emplace(std::move(loaded));
        table_ = table;
        return {};
    }

    /// A member of the table, which may end before it.
#define VITTE_FUNCTION(member) (VITTE_HAS(table_, member) ? table_->member : nullptr)
    bool serve(const frame& request) {
        answer_.clear();
        error_.clear();
        vitte_output output = answer_.output();
        std::int32_t status = VITTE_NOT_SUPPORTED;
        const std::size_t size = request.body.size();
        if (request.kind == frame_kind::execute) {
            if (const auto call = VITTE_FUNCTION(execute)) status = call(state_, request.body.data(), size, &output);
        } else if (request.kind == frame_kind::save) {
            if (const auto call = VITTE_FUNCTION(save)) status = call(state_, &output);
        } else {
            if (const auto call = VITTE_FUNCTION(restore)) status = call(state_, request.body.data(), size);
            if (status == VITTE_OK) answer_.clear();
        }
        return reply(request, status);
    }
    void stop(const frame& request) noexcept {
        shut_down();
        static_cast<void>(answer_text(request, frame_kind::reply, VITTE_OK, ""));
    }
    void shut_down() noexcept {
        if (table_ == nullptr) return;
        if (const auto call = VITTE_FUNCTION(shutdown)) call(state_);
        table_ = nullptr;
    }
#undef VITTE_FUNCTION

    static plugin_process& of(void* context) noexcept { return *static_cast<plugin_process*>(context); }
    static void log(void* context, std::int32_t level, const char* text, std::size_t size) {
        plugin_process& self = of(context);
        const auto most = static_cast<std::uint32_t>(size < longest_frame_text ? size : longest_frame_text);
        auto header = frame_header(frame_kind::log, 0, level, most);
        sys::io_slice line[] = {{header.data(), header.size()},
                                {reinterpret_cast<std::byte*>(const_cast<char*>(text)), most}};
        const sys::scoped_lock guard(self.writing_);
        static_cast<void>(self.answers_.write_vector(line));
    }
    static void set_error(void* context, const char* text, std::size_t size) {
        of(context).error_.assign(text, size < longest_frame_text ? size : longest_frame_text);
    }
    static const vitte_service* get_service(void*, const char*, std::uint32_t) { return nullptr; }
    static std::int32_t register_service(void*, const char*, std::uint32_t, const vitte_service*) {
        return VITTE_NOT_SUPPORTED;
    }
    static std::int32_t get_options(void* context, vitte_output* to) {
        const std::string& all = of(context).options_;
        return to->write(to->context, all.data(), all.size());
    }

    basic_module_loader<P>& loader_;
    sys::basic_file<P> requests_, answers_, file_;
    frame_reader reader_{frame_reader::sender::host, UINT32_MAX};
    plugin_answer answer_{0};
    sys::basic_mutex<P> writing_;  ///< threads of the plugin write to the log
    std::string options_, error_;
    std::optional<module> module_;
    const struct vitte_plugin* table_ = nullptr;
    void* state_ = nullptr;
    vitte_host host_{sizeof(vitte_host),
                     VITTE_PLUGIN_ABI,
                     this,
                     log,
                     [](void*, std::size_t size) { return std::malloc(size); },
                     [](void*, void* memory) { std::free(memory); },
                     set_error,
                     get_service,
                     register_service,
                     get_options};
};

}  // namespace detail

/// For the first lines of `main` in a program that puts plugins into children, or that exists to be such a child
/// (`plugin_child_options::program`). Nothing, unless the program was started as the child of a plugin host: then it is
/// that child until the host ends it, and `main` returns the number. What `loader` provides is there for the plugin.
///
/// No other thread may run yet, or the sandbox is refused. Until the plugin is mapped the child does what the program
/// does before this call, with the environment empty and nothing in its standard streams: what begins before `main`
/// should neither depend on these nor open anything. A program that has more rights than who starts it (set-user-ID)
/// must not call this: whoever starts it says which code it loads.
/// ```
/// int main(int argc, char** argv) {
///     if (const auto ended = vitte::loader::plugin_child_main(argc, argv)) return *ended;
/// ```
template <sys::platform P>
std::optional<int> plugin_child_main(int argc, const char* const* argv, basic_module_loader<P>& loader) {
    using handle = typename P::files::handle;
    if (argc != 5 || std::string_view(argv[1]) != plugin_child_word) return std::nullopt;
    std::uint64_t numbers[3];
    for (int i = 0; i < 3; ++i) {
        const std::string_view text = argv[i + 2];
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), numbers[i]);
        if (failed != std::errc() || end != text.data() + text.size()) return 2;
    }
    const auto at = [&](int i) { return detail::handle_of<handle>(numbers[i]); };
    return detail::plugin_process<P>(loader, at(0), at(1), at(2)).run();
}
/// The same, with a loader that provides nothing.
template <sys::platform P = sys::native>
std::optional<int> plugin_child_main(int argc, const char* const* argv) {
    basic_module_loader<P> loader;
    return plugin_child_main(argc, argv, loader);
}

}  // namespace vitte::loader
