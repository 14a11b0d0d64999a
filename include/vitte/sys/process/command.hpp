/// Programs to be started: what with, where, and what they get.
#pragma once

#include <string>
#include <string_view>
#include <vector>
#include <vitte/sys/environment.hpp>
#include <vitte/sys/fs/canonical.hpp>
#include <vitte/sys/process/process.hpp>

namespace vitte::sys {

enum class enforce : unsigned char;
template <platform P>
class basic_sandbox;  // in sandbox.hpp, which those who have one include
template <platform P>
class basic_pseudo_terminal;  // in device/pseudo_terminal.hpp, likewise

enum class stdio_kind : unsigned char { inherited, none, piped, given, merged };

/// Where a standard stream of a child leads.
template <platform P = native>
class basic_stdio {
public:
    using native_handle_type = typename P::files::handle;
    /// To where that of this process leads; on POSIX to the null device if this process has none, or one
    /// that is closed at exec.
    static constexpr basic_stdio inherit() noexcept { return {stdio_kind::inherited, P::files::invalid}; }
    /// To nowhere: what is read is empty, what is written is lost.
    static constexpr basic_stdio null() noexcept { return {stdio_kind::none, P::files::invalid}; }
    /// To this process.
    static constexpr basic_stdio pipe() noexcept { return {stdio_kind::piped, P::files::invalid}; }
    /// To a file, which must stay open until the program is started, and begins at its position.
    static basic_stdio file(const basic_file<P>& to) noexcept { return {stdio_kind::given, to.native_handle()}; }
    /// To an open handle, which must stay so until the program is started.
    static constexpr basic_stdio to(native_handle_type handle) noexcept { return {stdio_kind::given, handle}; }
    /// To where standard output leads, for standard error.
    static constexpr basic_stdio merge() noexcept { return {stdio_kind::merged, P::files::invalid}; }

    stdio_kind what;
    native_handle_type handle;

private:
    constexpr basic_stdio(stdio_kind k, native_handle_type h) noexcept : what(k), handle(h) {}
};
using stdio = basic_stdio<>;

/// Builds up what is to be started, and starts it as often as wanted. Nothing is looked at before that. Only what it
/// names is open in the child, whatever else this process has open; no signal is blocked or handled there. Texts are
/// UTF-8 without NULs. `command("cc").argument("-c").argument("a.c").directory("src").set("LANG", "C").spawn()`
template <platform P = native>
class basic_command {
    using processes = typename P::processes;
    using files = typename P::files;
    using stream = basic_stdio<P>;
    using child_request = process_request<typename files::handle>;

public:
    using native_handle_type = typename files::handle;

    /// A path if there is a "/" (or, on Windows, a "\") in it, and otherwise a name that is looked for in the folders
    /// of PATH of this process. Relative paths begin where this process is, also if the child begins elsewhere.
    explicit basic_command(std::string_view program) : program_(program) {}

    basic_command& argument(std::string_view text) { return arguments_.emplace_back(text), *this; }
    basic_command& arguments(std::initializer_list<std::string_view> texts) {
        for (const std::string_view text : texts) argument(text);
        return *this;
    }
    /// Instead of the program as it was named, what it is told that it is called: `argv[0]`.
    basic_command& called(std::string_view name) { return name_ = name, *this; }

    /// Environment variables are those of this process but for these changes, in order.
    basic_command& set(std::string_view name, std::string_view value) {
        changes_.push_back({std::string(name), std::string(value), true});
        return *this;
    }
    basic_command& unset(std::string_view name) {
        changes_.push_back({std::string(name), {}, false});
        return *this;
    }
    /// Without any of this process, and without changes so far.
    basic_command& clear_environment() { return changes_.clear(), cleared_ = true, *this; }

    basic_command& directory(std::string_view path) { return directory_ = path, *this; }
    basic_command& input(const stream& from) { return streams_[0] = from, *this; }
    basic_command& output(const stream& to) { return streams_[1] = to, *this; }
    basic_command& error(const stream& to) { return streams_[2] = to, *this; }
    /// One more handle that the child gets, under the same number. It must be open until the program is started.
    basic_command& keep(native_handle_type handle) { return kept_.push_back(handle), *this; }
    basic_command& group(process_group which) { return group_ = which, *this; }
    basic_command& limit(resource what, std::uint64_t soft, std::uint64_t hard) {
        limits_.push_back({what, soft, hard});
        return *this;
    }
    /// Runs as this user and group, without other groups. Needs a privilege unless that is who this process is. The
    /// child has no capabilities (on Linux), unless `id` is 0; the bounding set stays, for set-user-ID programs.
    /// Spawning fails with `errc::permission_denied` where supplementary groups would stay, or, on systems where this
    /// library cannot drop privileges, the right to become root.
    basic_command& user(std::uint32_t id, std::uint32_t group) {
        user_ = {id, group};
        as_user_ = true;
        return *this;
    }

    /// The child runs in the terminal, which must stay where it is until the program is started: its streams lead
    /// there, and it leads a session of its own.
    basic_command& terminal(const basic_pseudo_terminal<P>& in) noexcept {
        if constexpr (requires { in.peer(); }) {
            for (stream& s : streams_) s = stream::to(in.peer());
            group_ = process_group::terminal;
        } else {
            console_ = in.console();
        }
        return *this;
    }
    /// The child enters the sandbox before its program starts, which must be allowed to be executed and read, as must
    /// its loader and libraries. The sandbox must stay where it is until the program is started. This process stays
    /// free. What the sandbox cannot do is a failure of `spawn` (see `enforce`).
    basic_command& confine(const basic_sandbox<P>& within, enforce how = enforce{}) noexcept {
        sandbox_ = &within;
        enforce_ = how;
        spawn_confined_ = [](const basic_sandbox<P>& in, child_request& request, enforce h) noexcept {
            return in.template spawn<processes>(request, h);
        };
        return *this;
    }

    /// Starts the program. What keeps it from starting is the failure: `errc::not_found` or `errc::permission_denied`
    /// for the program or the folder, `errc::malformed` for a file that is no program, each with the call that failed.
    /// Of files in the folders of PATH that may not be executed, or whose interpreter is missing, the next is tried.
    result<basic_process<P>> spawn() const {
        VITTE_CHECK(check_texts());
        const bool changes_environment = cleared_ || !changes_.empty();
        std::vector<std::string> environment;
        if (changes_environment) environment = environment_of_child();
        std::vector<const char*> arguments{called_name()}, variables;
        for (const std::string& text : arguments_) arguments.push_back(text.c_str());
        for (const std::string& text : environment) variables.push_back(text.c_str());
        arguments.push_back(nullptr);
        variables.push_back(nullptr);

        child_request request{};
        request.arguments = arguments.data();
        request.environment = changes_environment ? variables.data() : nullptr;
        request.directory = directory_.empty() ? nullptr : directory_.c_str();
        request.kept = kept_.data();
        request.kept_count = kept_.size();
        request.group = group_;
        request.limits = limits_.data();
        request.limit_count = limits_.size();
        request.user = as_user_ ? &user_ : nullptr;
        request.console = console_;

        basic_pipe<P> pipes[3];
        basic_file<P> owned[3]{basic_file<P>(files::invalid), basic_file<P>(files::invalid),
                               basic_file<P>(files::invalid)};
        const auto open_streams = [&]() -> result<void> {
            for (unsigned i = 0; i < 3; ++i) {
                request.inherited |= static_cast<unsigned>(streams_[i].what == stdio_kind::inherited) << i;
                VITTE_TRY(request.streams[i], open_stream(i, request.streams[1], pipes[i], owned[i]));
            }
            return {};
        };
        result<typename processes::child> started = fail(errc::not_found, "find program in PATH");
        VITTE_CHECK(for_each_candidate([&](const std::string& path) -> result<bool> {
            if (request.program == nullptr) {
                VITTE_CHECK(open_streams());
            }
            request.program = path.c_str();
            const auto tried =
                sandbox_ == nullptr ? processes::spawn(request) : spawn_confined_(*sandbox_, request, enforce_);
            if (tried || !was_refused(started)) started = tried;
            return tried || !is_of_program(tried.error());
        }));
        if (!started) return unexpected(started.error());
        basic_process<P> made(*started, group_ != process_group::same);
        made.input() = std::move(pipes[0]);
        made.output() = std::move(pipes[1]);
        made.error() = std::move(pipes[2]);
        return made;
    }

    /// The same with pipes where streams would be inherited.
    basic_command& capturing() {
        for (stream& s : streams_)
            if (s.what == stdio_kind::inherited) s = stream::pipe();
        return *this;
    }

    /// What `spawn` does if it can start the program, as a line for a POSIX shell, which does the same when it is given
    /// it: for people and logs. Limits, users, groups, sandboxes, kept handles, files that streams lead to and what the
    /// program is told that it is called are not in it. The shell has a say in PWD, OLDPWD, SHLVL, "_" and variables
    /// whose names are not those of shell variables, if they are not set here. PATH must lead to `env`, and to
    /// `nice` for programs with "=" in their paths, which `env` cannot start. Files are looked at where PATH would lead
    /// a shell elsewhere.
    std::string shell_line() const {
        std::string line;
        if (!directory_.empty()) line += "cd -P " + quoted(as_operand(directory_)) + " && ";
        const std::string program = program_in_line();
        const bool assigns = cleared_ || !changes_.empty(), has_equals = program.find('=') != std::string::npos;
        if (assigns || is_word_of_shells(program)) line += env_in_line();
        if (has_equals && assigns) line += "nice -n 0 ";
        line += quoted(program, "=");  // a word with "=" would be an assignment
        for (const std::string& text : arguments_) line += " " + quoted(text);
        if (streams_[0].what == stdio_kind::none) line += " < /dev/null";
        if (streams_[1].what == stdio_kind::none) line += " > /dev/null";
        if (streams_[2].what == stdio_kind::none) line += " 2> /dev/null";
        if (streams_[2].what == stdio_kind::merged) line += " 2>&1";
        return line;
    }

private:
    struct change {
        std::string name, value;
        bool is_set;
    };

    const char* called_name() const noexcept { return name_.empty() ? program_.c_str() : name_.c_str(); }
    bool is_last(const change& c) const noexcept {
        for (const change* later = &c + 1; later != changes_.data() + changes_.size(); ++later)
            if (later->name == c.name) return false;
        return true;
    }

    std::vector<std::string> environment_of_child() const {
        std::vector<std::string> made;
        if (!cleared_)
            P::environment::for_each(
                [](void* to, const char* entry) { static_cast<decltype(made)*>(to)->emplace_back(entry); }, &made);
        for (const change& c : changes_) {
            std::erase_if(made, [&](const std::string& entry) { return defines(entry, c.name); });
            if (c.is_set) made.push_back(c.name + "=" + c.value);
        }
        return made;
    }
    /// Windows does not tell upper from lower case in names of variables.
    static bool defines(std::string_view entry, std::string_view name) noexcept {
        if (entry.size() <= name.size() || entry[name.size()] != '=') return false;
        constexpr bool caseless = path_view::is_separator('\\');
        const auto upper = [](char c) { return caseless && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
        for (std::size_t i = 0; i < name.size(); ++i)
            if (upper(entry[i]) != upper(name[i])) return false;
        return true;
    }

    result<native_handle_type> open_stream(unsigned index, native_handle_type output, basic_pipe<P>& ours,
                                           basic_file<P>& theirs) const {
        const bool child_reads = index == 0;
        switch (streams_[index].what) {
            case stdio_kind::inherited: return files::standard(static_cast<standard_stream>(index));
            case stdio_kind::given: return streams_[index].handle;
            case stdio_kind::merged: {
                if (index == 2) return output;
                return fail(errc::invalid_argument, "merge streams");
            }
            case stdio_kind::none: {
                VITTE_TRY(theirs, basic_file<P>::open(processes::null_device,
                                                      child_reads ? open_mode::read : open_mode::read_write));
                return theirs.native_handle();
            }
            case stdio_kind::piped: {
                VITTE_TRY(const auto handle, ours.native_end().open(child_reads));
                theirs = basic_file<P>(handle);
                return handle;
            }
        }
        return fail(errc::invalid_argument, "open streams");
    }

    /// Whether a call failed because of the file that it was to execute.
    static bool is_of_program(const vitte::error& e) noexcept {
        const bool gone = e.code == errc::not_found || e.code == errc::not_a_directory;
        return (gone || e.code == errc::permission_denied) && __builtin_strcmp(e.operation, "execve") == 0;
    }
    static bool was_refused(const result<typename processes::child>& tried) noexcept {
        return !tried && tried.error().code == errc::permission_denied;
    }
    static std::string path_variable() {
        std::string text(256, '\0');
        for (;;) {
            const auto known = sys::environment<P>("PATH", text);
            if (!known) return "/bin:/usr/bin";
            const bool whole = *known < text.size();
            text.resize(whole ? *known : *known + 1);
            if (whole) return text;
        }
    }
    /// Calls `visit(path)` for where the program may be, until it returns true. It fails if it is nowhere.
    template <class Visit>
    result<void> for_each_candidate(Visit visit) const {
        const auto offer = [&](const std::string& path) -> result<bool> {
            VITTE_TRY(const std::string whole, with_folder(path));
            return visit(whole);
        };
        const bool has_suffix = *processes::suffix != 0;
        if (names_path()) {
            const bool is_short = has_suffix && is_program(program_ + processes::suffix);
            VITTE_CHECK(offer(is_short ? program_ + processes::suffix : program_));
            return {};
        }
        const std::string list = path_variable();
        std::string_view rest = list;
        bool refused = false, offered = false;
        for (bool more = true; more;) {
            const std::size_t end = rest.find(processes::list_separator);
            std::string candidate(rest.substr(0, end));
            more = end != std::string_view::npos;
            rest.remove_prefix(more ? end + 1 : rest.size());
            candidate += candidate.empty() ? "./" : "/";
            candidate += program_;
            if (has_suffix && is_program(candidate + processes::suffix)) candidate += processes::suffix;
            if (is_program(candidate)) {
                offered = true;
                VITTE_TRY(const bool enough, offer(candidate));
                if (enough) return {};
                continue;
            }
            const auto facts = P::files::info(candidate.c_str());
            refused = refused || (facts && facts->kind == file_kind::regular);
        }
        if (offered && !refused) return {};
        return fail(refused ? errc::permission_denied : errc::not_found, "find program in PATH");
    }
    bool names_path() const noexcept {
        for (const char c : program_)
            if (path_view::is_separator(c)) return true;
        return false;
    }
    static bool is_program(const std::string& path) noexcept {
        const auto facts = P::files::info(path.c_str());
        return facts && facts->kind == file_kind::regular && (facts->mode == 0 || (facts->mode & 0111) != 0);
    }
    /// What the OS would cut off, or read as something else, without saying so.
    result<void> check_texts() const noexcept {
        const auto whole = [](const std::string& text) { return text.find('\0') == std::string::npos; };
        bool good = !program_.empty() && whole(program_) && whole(name_) && whole(directory_);
        for (const std::string& text : arguments_) good = good && whole(text);
        for (const change& c : changes_)
            good = good && whole(c.name) && whole(c.value) && !c.name.empty() && c.name.find('=') == std::string::npos;
        return good ? result<void>()
                    : fail(errc::invalid_argument, "start program: empty name, NUL, or \"=\" in a name");
    }
    /// An absolute path if the child begins elsewhere.
    result<std::string> with_folder(const std::string& path) const {
        if (directory_.empty() || !path_view(path).root().empty()) return path;
        char here[4096], whole[8192];
        VITTE_TRY(const std::size_t length, P::directories::current_path(here, sizeof here));
        VITTE_CHECK(path_view(std::string_view(here, length)).join(path, whole));
        return std::string(whole);
    }

    /// The program for a line: as it was named, if that leads a shell to the same one.
    std::string program_in_line() const {
        const bool is_plain = names_path() ? directory_.empty() : !shell_finds_other();
        std::string made = program_;
        if (!is_plain)
            static_cast<void>(for_each_candidate([&](const std::string& path) -> result<bool> {
                made = path;
                return true;
            }));
        return begins_awkwardly(made) && made.find('/') != std::string::npos ? "./" + made : made;
    }
    /// As options do, for `env` or the shell, or as jobs, which bash continues, quoted or not.
    static bool begins_awkwardly(const std::string& program) noexcept {
        return program[0] == '-' || program[0] == '+' || program[0] == '%';
    }
    /// By its name, since it looks in another PATH or from another folder, or reads the name as something else.
    bool shell_finds_other() const {
        if (cleared_ || begins_awkwardly(program_) || program_.find('=') != std::string::npos) return true;
        for (const change& c : changes_)
            if (c.name == "PATH") return true;
        if (!sys::environment<P>("PATH", {})) return true;
        const std::string list = processes::list_separator + path_variable();
        for (std::size_t at = 0; !directory_.empty() && at != std::string::npos; at = list.find(list[0], at + 1))
            if (list[at + 1] != '/') return true;
        return false;
    }
    std::string env_in_line() const {
        std::string made = cleared_ ? "env -i " : "env ";
        for (const change& c : changes_)
            if (!c.is_set && !cleared_) made += "-u " + quoted(c.name) + " ";
        bool first = true;
        for (const change& c : changes_)
            if (c.is_set && is_last(c)) {
                if (std::exchange(first, false) && c.name[0] == '-') made += "-- ";
                made += quoted(c.name + "=" + c.value) + " ";
            }
        return made;
    }
    /// A path that no utility takes for anything else, and that `cd` does not look for elsewhere.
    static std::string as_operand(const std::string& path) { return path[0] == '/' ? path : "./" + path; }
    /// Words that mean something to some shell, whatever programs there are.
    static bool is_word_of_shells(std::string_view word) noexcept {
        constexpr const char* words =
            " ! . : [ [[ { } alias autoload bg bind break builtin caller case cd chdir command compgen complete "
            "compopt continue coproc declare dirs disown do done echo elif else enable end esac eval exec exit "
            "export false fc fg fi for foreach function functions getopts hash help hist history if in integer "
            "jobs kill let limit local logout mapfile nocorrect noglob popd print printf pushd pwd read readarray "
            "readonly repeat return select set setopt shift shopt source stop suspend test then time times trap "
            "true type typeset ulimit umask unalias unfunction unset until wait whence where which while zmodload ";
        return std::string_view(words).find(" " + std::string(word) + " ") != std::string_view::npos;
    }

    /// As one word for a shell (POSIX.1-2017, XCU 2.2.2).
    static std::string quoted(std::string_view text, const char* also = "") {
        constexpr const char* plain_characters =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-";
        const bool plain = !text.empty() && text.find_first_not_of(plain_characters) == std::string_view::npos &&
                           text.find_first_of(also) == std::string_view::npos;
        if (plain) return std::string(text);
        std::string made = "'";
        for (const char c : text) c == '\'' ? made += "'\\''" : made += c;
        return made + "'";
    }

    std::string program_, name_, directory_;
    std::vector<std::string> arguments_;
    std::vector<change> changes_;
    std::vector<native_handle_type> kept_;
    std::vector<resource_limit> limits_;
    stream streams_[3] = {stream::inherit(), stream::inherit(), stream::inherit()};
    process_group group_ = process_group::same;
    void* console_ = nullptr;
    user_identity user_{};
    const basic_sandbox<P>* sandbox_ = nullptr;
    enforce enforce_{};
    result<typename processes::child> (*spawn_confined_)(const basic_sandbox<P>&, child_request&,
                                                         enforce) noexcept = nullptr;
    bool cleared_ = false, as_user_ = false;
};
using command = basic_command<>;

}  // namespace vitte::sys
