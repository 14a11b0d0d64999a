/// Addresses of hosts by their names. Programs link ws2_32, too.
#pragma once

#include <vitte/sys/platform/win32/socket_address.hpp>
#include <vitte/sys/platform/win32/socket_library.hpp>
#include <vitte/sys/platform/win32/wide.hpp>

namespace vitte::sys::win32 {

struct names {
    static result<std::size_t> resolve(const char* host, ip_address* to, std::size_t room) noexcept {
        wchar_t wide[256];
        if (widen(host, wide, 256) == 0) return last_error("convert name");
        address_information* found = nullptr;
        int failure = look_for(wide, found);
        if (failure == static_cast<int>(sockets_asleep)) {
            VITTE_CHECK(wake_sockets());
            failure = look_for(wide, found);
        }
        if (failure != 0) return refused(static_cast<unsigned long>(failure));
        std::size_t count = 0;
        for (const address_information* one = found; one != nullptr && count < room; one = one->next) {
            native_address address;
            if (one->size > sizeof address.local) continue;
            std::memcpy(&address.any, one->address, one->size);
            address.size = static_cast<int>(one->size);
            if (const socket_address value = address.value(); value.is_ip()) to[count++] = value.ip().address;
        }
        FreeAddrInfoW(as<addrinfoW>(found));
        return count;
    }

private:
    static int look_for(const wchar_t* host, address_information*& found) noexcept {
        address_information wish{};
        wish.kind = 1;  // of streams; else each address is told for each kind
        return GetAddrInfoW(host, nullptr, as<const addrinfoW>(&wish), as<addrinfoW*>(&found));
    }
    static unexpected<error> refused(unsigned long number) noexcept {
        const auto native = static_cast<int>(number);
        switch (number) {
            case 11002: return fail(errc::unreachable, "GetAddrInfoW", native);  // WSATRY_AGAIN: no answer
            case 11003: return fail(errc::io_error, "GetAddrInfoW", native);     // WSANO_RECOVERY
            case 11004: return fail(errc::not_found, "GetAddrInfoW", native);    // WSANO_DATA
            default: return failed(number, "GetAddrInfoW");
        }
    }
};

}  // namespace vitte::sys::win32
