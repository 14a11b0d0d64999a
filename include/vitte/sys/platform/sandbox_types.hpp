/// What platforms and everything above them say about sandboxes that the kernel enforces.
#pragma once

namespace vitte::sys {

/// What a kernel can enforce upon a process; bits.
enum sandbox_rule : unsigned {
    sandbox_files = 1,              ///< reading, executing, writing, making, removing and renaming, by allowed folders
    sandbox_truncation = 2,         ///< cutting files off, by the same; without it anything may be emptied
    sandbox_device_control = 4,     ///< ioctl on devices, by the same
    sandbox_tcp = 8,                ///< connecting, binding and listening with TCP sockets, by allowed ports
    sandbox_signals = 16,           ///< no signals to processes outside, nor limits and priorities but one's own
    sandbox_abstract_sockets = 32,  ///< no connections to sockets with abstract names (unix(7)) made outside
    sandbox_processes = 64,         ///< no new processes; threads are
    sandbox_programs = 128,         ///< no other program in the place of this one
    sandbox_sockets = 256,          ///< no new sockets
    sandbox_privileges = 512,       ///< no calls that administer the system or look into other processes
    sandbox_tracing = 1024,         ///< processes outside are not looked into or traced, by files of proc(5) neither
};

/// The words that name a rule in errors and reports. Never null.
constexpr const char* name_of(sandbox_rule rule) noexcept {
    switch (rule) {
        case sandbox_files: return "sandbox: files";
        case sandbox_truncation: return "sandbox: truncation";
        case sandbox_device_control: return "sandbox: device control";
        case sandbox_tcp: return "sandbox: TCP ports";
        case sandbox_signals: return "sandbox: signals";
        case sandbox_abstract_sockets: return "sandbox: abstract sockets";
        case sandbox_processes: return "sandbox: processes";
        case sandbox_programs: return "sandbox: programs";
        case sandbox_sockets: return "sandbox: sockets";
        case sandbox_privileges: return "sandbox: privileges";
        case sandbox_tracing: return "sandbox: tracing";
    }
    return "sandbox";
}

/// What may be done with a file, or with all beneath a folder; bits.
enum sandbox_right : unsigned {
    may_read = 1,             ///< files, and the names in folders
    may_execute = 2,          ///< as a program; that, its loader and libraries must be readable too
    may_write = 4,            ///< also cut off, make, remove and rename; but devices are never made
    may_control_devices = 8,  ///< ioctl, such as that of terminals
};

/// What may be done with a TCP port; bits.
enum sandbox_port_right : unsigned {
    may_bind = 1,     ///< this port of this machine
    may_connect = 2,  ///< this port of any machine
};

}  // namespace vitte::sys
