/// What running WebAssembly code works on: functions, tables, memories and globals, and the state of the execution.
/// Plain data; who owns it is `store`'s business.
#pragma once

#include <cstdlib>
#include <string>
#include <vitte/core/atomic.hpp>
#include <vitte/loader/handle.hpp>
#include <vitte/loader/wasm/module/module.hpp>

namespace vitte::loader::wasm {

using loader::handle;
using loader::handle_table;
using loader::unchecked;

struct execution;
struct function;

/// A host function reads its arguments at `values`, 8 bytes each (16 for `v128`), and leaves its results there. What it
/// returns is `trap_code::none`, or why the caller stops.
using host_call = trap_code (*)(const function& self, runtime* caller, std::byte* values);

/// A function instance; a reference to a function is its address.
struct function {
    const body* code = nullptr;     ///< null for host functions
    const cell* entry = nullptr;    ///< of its code
    runtime* in = nullptr;          ///< the instance that it runs in
    std::uint32_t type = 0;         ///< in the store's registry
    std::uint32_t value_bytes = 0;  ///< of a host function: the more of what arguments and results take
    host_call host = nullptr;
    void* context = nullptr;
    const signature* description = nullptr;
    const execution* owner = nullptr;  ///< of the store that it belongs to, as that of globals and tags
};

/// References are addresses, or of external ones the bits of a `handle`, or whatever the host means by others; null is
/// 0.
using reference = std::uint64_t;

inline reference to_reference(const void* to) noexcept { return reinterpret_cast<std::uintptr_t>(to); }
template <class T>
T* from_reference(reference r) noexcept {
    return reinterpret_cast<T*>(static_cast<std::uintptr_t>(r));
}

/// The elements of a table: they can fail to become more.
class reference_list {
public:
    reference_list() = default;
    reference_list(const reference_list&) = delete;
    reference_list& operator=(const reference_list&) = delete;
    ~reference_list() { std::free(data_); }

    std::size_t size() const noexcept { return size_; }
    reference* data() noexcept { return data_; }
    reference& operator[](std::size_t i) noexcept { return data_[i]; }
    reference operator[](std::size_t i) const noexcept { return data_[i]; }
    reference* begin() noexcept { return data_; }
    reference* end() noexcept { return data_ + size_; }
    const reference* begin() const noexcept { return data_; }
    const reference* end() const noexcept { return data_ + size_; }

    /// Makes room for so many more; false if there is no memory for it.
    bool reserve(std::size_t more) noexcept {
        if (more > SIZE_MAX / sizeof(reference) / 2 - size_) return false;
        const std::size_t wanted = size_ + more, ample = size_ + size_ / 2;
        return wanted <= room_ || reallocate(wanted > ample ? wanted : ample) || reallocate(wanted);
    }
    /// Adds elements for which there is room.
    void append(std::size_t count, reference with) noexcept {
        for (const std::size_t wanted = size_ + count; size_ != wanted;) data_[size_++] = with;
    }

private:
    bool reallocate(std::size_t room) noexcept {
        void* const made = std::realloc(data_, room * sizeof(reference));
        if (made == nullptr) return false;
        data_ = static_cast<reference*>(made);
        room_ = room;
        return true;
    }

    reference* data_ = nullptr;
    std::size_t size_ = 0, room_ = 0;
};

struct table {
    reference_list elements;
    table_type type;
    runtime* of = nullptr;            ///< the instance whose types `type` names
    std::uint64_t* budget = nullptr;  ///< elements that the store's tables may still get

    std::uint64_t size() const noexcept { return elements.size(); }
    /// Whether it may get so many more elements, for which there is room then: the table's type, the store's limits and
    /// memory allow that.
    bool reserve(std::uint64_t more) noexcept {
        const std::uint64_t most = type.size.bounded ? type.size.most : type.size.wide ? UINT64_MAX : UINT32_MAX;
        if (more > most - size() || more > *budget || more > SIZE_MAX) return false;
        return elements.reserve(static_cast<std::size_t>(more));
    }
    /// Adds elements that it may get.
    void append(std::size_t count, reference with) noexcept {
        elements.append(count, with);
        *budget -= count;
    }
};

/// A linear memory. Who holds its bytes is below: `sys` memory by the platform.
struct memory {
    static constexpr std::uint64_t page = 65536;

    std::byte* data = nullptr;
    std::uint64_t size = 0;  ///< bytes
    std::uint64_t most = 0;  ///< pages, by its type and the store's limits
    memory_type type;
    std::uint64_t* budget = nullptr;  ///< pages that the store's memories may still get
    bool guarded = false;             ///< every address and offset of 32 bits that is beyond the size faults
    light_vector<runtime*> viewers;    ///< instances that keep `data` and `size`

    virtual ~memory() = default;
    /// Adds pages; false, and nothing has changed, if that is not possible.
    bool grow(std::uint64_t pages) noexcept;

protected:
    /// Makes the first `size` bytes usable, those beyond the old size zero, and sets `data`.
    virtual bool resize(std::uint64_t bytes) noexcept = 0;
};

struct global {
    alignas(16) std::byte value[16] = {};
    global_type type;
    runtime* of = nullptr;
    const execution* owner = nullptr;
};

struct tag {
    std::uint32_t type = 0;  ///< in the store's registry
    const signature* description = nullptr;
    const execution* owner = nullptr;
};

/// A thrown exception: its tag and its values, as they stand in a frame.
struct exception {
    const wasm::tag* tag = nullptr;
    light_vector<std::byte> values;
};

/// One thread's execution: the value stack that frames stand on, limits, and why it stopped.
struct execution {
    atomic<std::byte*> limit;  ///< frames end before it; below all addresses if it is to stop, see `asked_to_stop`
    std::byte* end = nullptr;  ///< of the value stack
    std::byte* top = nullptr;  ///< where the next call from the host puts its frame

    std::uint64_t fuel = 0;
    std::uint64_t memory_pages = 0;           ///< that memories may still get
    std::uint64_t table_elements = 0;         ///< that tables may still get
    std::uint32_t depth = 0, most_depth = 0;  ///< of calls from the host within calls to the host
    atomic<std::uint32_t> requests{0};        ///< how often somebody has asked it to stop; waits end when that changes
    /// How much code is executed before it is seen whether it is to stop: so little that this takes a few milliseconds
    /// if each access to memory is the first one to its page.
    static constexpr std::uint32_t cells_between_polls = 16384;
    /// So many bytes that are set or copied are as much work as a cell.
    static constexpr std::uint32_t bytes_per_cell = 64;
    std::uint32_t polls = 1;            ///< what is left of that
    std::int64_t deadline = INT64_MAX;  ///< nanoseconds of the clock `now`
    std::int64_t (*now)() noexcept = nullptr;

    std::uint64_t r = 0;  ///< the accumulators, when code has left the interpreter
    double d = 0;
    float s = 0;
    trap_code trap = trap_code::none;  ///< why it stopped, and where
    const cell* trap_pc = nullptr;
    std::byte* trap_frame = nullptr;
    runtime* trap_in = nullptr;
    std::string reason;  ///< in the words of a host function

    exception thrown;
    light_vector<exception*> kept;     ///< exceptions that references name
    std::size_t exception_bytes = 0;  ///< that they may still take

    handle_table objects;  ///< that the host shares with the store's modules

    /// Enters a function where memories are guarded; null where they are not.
    void (*enter)(execution&, const function&, std::byte* frame) noexcept = nullptr;
    const void* guarded = nullptr;  ///< what `enter` has to know
    bool in_host = false;           ///< whether a host function runs, whose faults are its own

    /// Stops all that runs, calls within calls out of it, too, as soon as it looks. From any thread.
    void ask_to_stop(trap_code why) noexcept {
        limit.store_release(limit_of(static_cast<std::uintptr_t>(why)));
        requests.fetch_add_release(1);
    }
    /// Stops the innermost call from the host, when the host function that has found why returns. What somebody asks
    /// for comes first.
    void stop_caller(trap_code why) noexcept {
        std::byte* nobody_asks = end;
        limit.compare_exchange_strong_acquire(nobody_asks, limit_of(static_cast<std::uintptr_t>(why) | of_caller));
    }
    bool is_asked_to_stop() const noexcept { return number_of(limit.load_relaxed()) < 2 * of_caller; }
    /// Why it is to stop; `none` if it goes on.
    trap_code asked_to_stop() const noexcept {
        const std::uintptr_t asked = number_of(limit.load_acquire());
        return asked < 2 * of_caller ? static_cast<trap_code>(asked & ~of_caller) : trap_code::none;
    }
    /// A call from the host has stopped. All that has been asked for is met if it was not within another.
    void has_stopped() noexcept {
        if (depth == 0) return limit.store_relaxed(end);
        std::byte* asked = limit.load_relaxed();
        if (number_of(asked) / of_caller == 1) limit.compare_exchange_strong_acquire(asked, end);
    }

    ~execution() {
        for (exception* const e : kept) delete e;
    }

private:
    /// Added to the reason if the innermost call alone is to stop.
    static constexpr std::uintptr_t of_caller = 128;

    static std::byte* limit_of(std::uintptr_t number) noexcept { return reinterpret_cast<std::byte*>(number); }
    static std::uintptr_t number_of(const std::byte* limit) noexcept { return reinterpret_cast<std::uintptr_t>(limit); }
};

/// An instance, as its code sees it.
struct runtime {
    wasm::execution* execution = nullptr;
    std::byte* memory_data = nullptr;  ///< of memory 0
    std::uint64_t memory_size = 0;
    light_vector<function*> functions;
    light_vector<std::byte*> globals;
    light_vector<table*> tables;
    light_vector<memory*> memories;
    light_vector<tag*> tags;
    light_vector<std::uint32_t> types;  ///< in the store's registry, by type index
    light_vector<bool> dropped_elements, dropped_data;
    light_vector<light_vector<reference>> elements;
    const module_data* module = nullptr;
    const char* name = "";
};

inline bool memory::grow(std::uint64_t pages) noexcept {
    if (pages > most - size / page || pages > *budget) return false;
    const std::uint64_t wanted = size + pages * page;
    if (!resize(wanted)) return false;
    *budget -= pages;
    size = wanted;
    for (runtime* const viewer : viewers) {
        viewer->memory_data = data;
        viewer->memory_size = size;
    }
    return true;
}

}  // namespace vitte::loader::wasm
