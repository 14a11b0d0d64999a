/// The JIT interface of gdb and lldb (GDB manual, "JIT Compilation Interface"): a list of ELF files in memory, and a
/// function that debuggers stop at when it changes. For code that no file in the file system describes as it is placed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include <vitte/loader/native/machine.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::loader::native::debugger {

/// `jit_code_entry` of the interface.
struct jit_file {
    jit_file *next, *previous;
    const std::byte* data;
    std::uint64_t size;
};
/// `jit_descriptor` of the interface.
struct jit_list {
    std::uint32_t version, action;  ///< action: 0 none, 1 registered, 2 unregistered
    jit_file *relevant, *first;
};

// Weak, so that all users of the interface in a program share them, such as LLVM. The interface has no lock that they
// would share, too.
#if defined(__ELF__)
[[gnu::weak]] extern jit_list jit_files __asm__("__jit_debug_descriptor");
[[gnu::weak, gnu::used]] jit_list jit_files{1, 0, nullptr, nullptr};
[[gnu::weak, gnu::noinline]] void jit_files_changed() noexcept __asm__("__jit_debug_register_code");
[[gnu::weak, gnu::noinline, gnu::used]] void jit_files_changed() noexcept { __asm__ volatile("" ::: "memory"); }
#else
inline jit_list jit_files{1, 0, nullptr, nullptr};
inline void jit_files_changed() noexcept {}
#endif

/// Whether code at `function` begins with an instruction that a debugger has put there to stop at it.
inline bool has_breakpoint(const void* function) noexcept {
    struct pattern {
        elf::machine machine;
        std::uint8_t size, bytes[4];
    };
    constexpr pattern patterns[] = {
        {elf::machine::x86_64, 1, {0xcc}},                     // int3
        {elf::machine::aarch64, 4, {0x00, 0x00, 0x20, 0xd4}},  // brk #0
        {elf::machine::riscv, 2, {0x02, 0x90}},                // c.ebreak
        {elf::machine::riscv, 4, {0x73, 0x00, 0x10, 0x00}},    // ebreak
    };
    std::uint8_t now[4];
    for (std::size_t i = 0; i < sizeof now; ++i) now[i] = static_cast<const volatile std::uint8_t*>(function)[i];
    for (const pattern& p : patterns)
        if (p.machine == machine::number && std::memcmp(p.bytes, now, p.size) == 0) return true;
    return false;
}

/// An ELF file that debuggers are told of, until it is destroyed. Safe from several threads at once.
template <sys::platform P = sys::native>
class jit_announcement {
public:
    /// Whether a debugger waits for announcements now: it has a breakpoint in the function that tells of them.
    static bool watched() noexcept { return has_breakpoint(reinterpret_cast<const void*>(&jit_files_changed)); }

    /// Announces nothing.
    jit_announcement() noexcept = default;
    /// Announces `file`, whose addresses are those in memory.
    explicit jit_announcement(std::vector<std::byte>&& file) : entry_(std::make_unique<entry>()) {
        entry_->bytes = std::move(file);
        entry_->data = entry_->bytes.data();
        entry_->size = entry_->bytes.size();
        const sys::scoped_lock guard(lock_);
        entry_->previous = nullptr;
        entry_->next = jit_files.first;
        if (entry_->next != nullptr) entry_->next->previous = entry_.get();
        jit_files.first = entry_.get();
        tell(1, *entry_);
    }
    jit_announcement(jit_announcement&&) noexcept = default;
    jit_announcement& operator=(jit_announcement&& other) noexcept {
        jit_announcement moved(std::move(other));
        std::swap(entry_, moved.entry_);
        return *this;
    }
    ~jit_announcement() {
        if (entry_ == nullptr) return;
        const sys::scoped_lock guard(lock_);
        (entry_->previous == nullptr ? jit_files.first : entry_->previous->next) = entry_->next;
        if (entry_->next != nullptr) entry_->next->previous = entry_->previous;
        tell(2, *entry_);
    }

    explicit operator bool() const noexcept { return entry_ != nullptr; }

private:
    struct entry : jit_file {
        std::vector<std::byte> bytes;
    };

    static void tell(std::uint32_t action, jit_file& about) noexcept {
        jit_files.relevant = &about;
        jit_files.action = action;
        jit_files_changed();
        jit_files.action = 0;
        jit_files.relevant = nullptr;
    }

    static inline sys::basic_mutex<P> lock_;
    std::unique_ptr<entry> entry_;
};

}  // namespace vitte::loader::native::debugger
