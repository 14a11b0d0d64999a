/// Where a service of this user is found, and nobody else's: `service_place`.
#pragma once

#include <string>
#include <vitte/sys/environment.hpp>
#include <vitte/sys/fs/directory.hpp>
#include <vitte/sys/fs/path.hpp>
#include <vitte/sys/fs/temporary.hpp>
#include <vitte/sys/net/listener.hpp>

namespace vitte::loader {

/// The folder that only this user may use, below `XDG_RUNTIME_DIR`, or the user's own folder for local data on Windows,
/// or else the one for temporary files; and in it, for each name of a service, a socket and a lock. What is not this
/// user's own, or open to others, is not used, nor is what others could put another folder in the place of. Where there
/// are no POSIX rights, the folder has those of the one that it is in.
template <sys::platform P = sys::native>
class basic_service_place {
    using directory = sys::basic_directory<P>;

public:
    using stream = sys::basic_unix_stream<P>;
    using listener = sys::basic_unix_listener<P>;

    /// The folder, which is made if it is missing. `errc::permission_denied` if it is not safe;
    /// `errc::invalid_argument` for a name that is not made of up to 32 letters, digits, '-' and '_'.
    static result<basic_service_place> open(std::string_view name = "default") {
        constexpr auto known = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
        if (name.empty() || name.size() > 32 || name.find_first_not_of(known) != name.npos)
            return fail(errc::invalid_argument, "name of a service");
        VITTE_TRY(const std::uint32_t user, this_user());
        VITTE_TRY(std::string path, folder_path(user));
        VITTE_TRY(auto folder, own_folder(path.c_str(), user));
        return basic_service_place(std::move(path), std::move(folder), std::string(name), user);
    }

    /// Begins to be the service of this name: it is as long as the place is there. `errc::would_block` if another
    /// process is. A socket that one has left that is gone is replaced. Nobody can connect before it has its rights.
    result<listener> listen() {
        VITTE_TRY(lock_, folder_.open_file((name_ + ".lock").c_str(), {sys::open_mode::update, 0, 0600}));
        VITTE_CHECK(lock_.try_lock());
        // Who has the lock is the only one who gives names to sockets.
        const std::string fresh = name_ + ".new";
        if (const auto gone = folder_.remove(fresh.c_str()); !gone && gone.error().code != errc::not_found)
            return unexpected(gone.error());
        VITTE_TRY(const auto at, unix_address::at_path(path_of(fresh)));
        VITTE_TRY(auto made, listener::listen(at));
        if (const auto set = folder_.set_mode(fresh.c_str(), 0600); !set && set.error().code != errc::not_supported)
            return unexpected(set.error());
        VITTE_CHECK(folder_.rename(fresh.c_str(), file().c_str()));
        return made;
    }
    /// Fails with `errc::permission_denied` unless this user is at the other end, where the system tells; where it does
    /// not, who has got into the folder may go on.
    result<void> check(const stream& from) const noexcept {
        const auto who = from.credentials();
        if (who && who->user != user_) return fail(errc::permission_denied, "check who is at the other end");
        if (!who && who.error().code != errc::not_supported) return unexpected(who.error());
        return {};
    }
    /// A connection with the service. `errc::not_found` or `errc::refused` if there is none.
    result<stream> connect(sys::deadline until = sys::deadline::never()) const {
        VITTE_TRY(const auto at, unix_address::at_path(socket_path()));
        VITTE_TRY(auto made, stream::connect(at, until));
        VITTE_CHECK(check(made));
        return made;
    }
    std::string socket_path() const { return path_of(file()); }

private:
    basic_service_place(std::string&& path, directory&& folder, std::string&& name, std::uint32_t user)
        : path_(std::move(path)), folder_(std::move(folder)), name_(std::move(name)), user_(user) {}

    std::string file() const { return name_ + ".socket"; }
    std::string path_of(const std::string& in) const { return path_ + "/" + in; }

    /// Files are made in this user's name.
    static result<std::uint32_t> this_user() {
        VITTE_TRY(const auto made, sys::basic_temporary_file<P>::create());
        VITTE_TRY(const auto facts, made.file().info());
        return facts.owner;
    }
    static result<std::string> folder_path(std::uint32_t user) {
        char room[4096];
        for (const char* const name : {"XDG_RUNTIME_DIR", "LOCALAPPDATA"}) {
            const auto size = sys::environment<P>(name, room);
            if (size && *size != 0 && *size < sizeof room && sys::path_view(room).is_absolute())
                return std::string(room) + "/vitte";
        }
        VITTE_CHECK(P::directories::temporary_folder(room, sizeof room));
        return std::string(room) + "/vitte-" + std::to_string(user);
    }
    static result<directory> own_folder(const char* path, std::uint32_t user) {
        constexpr std::uint32_t of_others = 077, changed_by_others = 022, only_owners_rename = 01000;
        constexpr std::uint32_t root = 0;
        if (const auto made = directory::current().create_directory(path, 0700);
            !made && made.error().code != errc::already_exists)
            return unexpected(made.error());
        VITTE_TRY(auto opened, directory::open(path, sys::links::not_followed));
        VITTE_TRY(const auto facts, opened.info("."));
        if (facts.owner != user || (facts.mode & of_others) != 0)
            return fail(errc::permission_denied, "use a folder that is not this user's alone");
        // The socket is reached by a path, so that who may rename the folder could lead elsewhere.
        VITTE_TRY(const auto above, opened.info(".."));
        const bool others_change = (above.mode & changed_by_others) != 0 && (above.mode & only_owners_rename) == 0;
        if ((above.owner != user && above.owner != root) || others_change)
            return fail(errc::permission_denied, "use a folder in one that others may change");
        return opened;
    }

    std::string path_;
    directory folder_;
    std::string name_;
    std::uint32_t user_;
    sys::basic_file<P> lock_{P::files::invalid};
};
using service_place = basic_service_place<>;

}  // namespace vitte::loader
