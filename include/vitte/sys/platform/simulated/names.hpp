/// The facet `names` of a simulation: its table of hosts, and "localhost".
#pragma once

#include <vitte/sys/platform/simulated/world.hpp>

namespace vitte::sys::detail {

struct simulated_names {
    static result<std::size_t> resolve(const char* host, ip_address* to, std::size_t size) noexcept {
        simulation& world = simulation::current();
        if (const auto address = ip_address::parse(host)) return put({*address}, to, size);
        if (std::string_view(host) == "localhost")
            return put({ipv6_address::loopback(), ipv4_address::loopback()}, to, size);
        const auto found = world.network.names.find(host);
        if (found == world.network.names.end()) return fail(errc::not_found, "resolve");
        const name_answer answer = found->second;
        world.threads.sleep(world.threads.now() + std::min(answer.takes, scheduler::end_of_time));
        if (answer.failure) return fail(*answer.failure, "resolve");
        return put(answer.addresses, to, size);
    }

private:
    static std::size_t put(const std::vector<ip_address>& all, ip_address* to, std::size_t size) noexcept {
        const std::size_t count = all.size() < size ? all.size() : size;
        for (std::size_t i = 0; i < count; ++i) to[i] = all[i];
        return count;
    }
};

}  // namespace vitte::sys::detail
