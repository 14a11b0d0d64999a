// What becomes of an attempt in a process of its own, within a sandbox or without.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include <vitte/sys/sandbox.hpp>

#include "needs.hpp"

using namespace vitte::sys;
using vitte::errc;
using vitte::result;

inline bool enforces(unsigned rules) { return own_kernel.present() && (supported_sandbox().bits & rules) == rules; }
inline std::string outcome(bool done) { return done ? "done" : message(posix::cause_of(errno)); }
template <class T>
std::string outcome(const result<T>& done) {
    return done ? "done" : message(done.error().code);
}

/// What `work` tells, in a process of its own, and how that ended if not well.
inline std::string in_child(const std::function<std::string()>& work) {
    int ends[2];
    BOOST_REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    const pid_t child = fork();
    if (child == 0) {
        const std::string told = work();
        _exit(write(ends[1], told.data(), told.size()) == static_cast<ssize_t>(told.size()) ? 0 : 1);
    }
    close(ends[1]);
    std::string told;
    char piece[512];
    for (ssize_t got; (got = read(ends[0], piece, sizeof piece)) > 0;)
        told.append(piece, static_cast<std::size_t>(got));
    close(ends[0]);
    int status = -1;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) told += "signal " + std::to_string(WTERMSIG(status));
    return told;
}

/// The same after the sandbox was entered.
template <platform P>
std::string confined(const basic_sandbox<P>& box, const std::function<std::string()>& work,
                     enforce how = enforce::all_or_fail) {
    return in_child([&] {
        const auto entered = box.enter(how);
        return entered ? work() : std::string(entered.error().operation) + ": " + message(entered.error().code);
    });
}

/// A listening socket on a port that the system picks.
struct listener {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::uint16_t port = 0;
    listener() {
        sockaddr_in address = at(0);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        BOOST_REQUIRE(
            (bind(socket, any, size) == 0 && listen(socket, 100) == 0 && getsockname(socket, any, &size) == 0));
        port = ntohs(address.sin_port);
    }
    ~listener() { close(socket); }
    static sockaddr_in at(std::uint16_t port) {
        sockaddr_in made{};
        made.sin_family = AF_INET;
        made.sin_port = htons(port);
        made.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return made;
    }
    static std::string use(std::uint16_t port, decltype(::connect)* how) {
        const sockaddr_in address = at(port);
        return outcome(
            how(::socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
};
