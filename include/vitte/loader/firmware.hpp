/// Modules on a microcontroller without an OS, from containers (`format/vitb.hpp`) in its flash: `firmware::check` says
/// who has signed one, `firmware::native_part` and `firmware::webassembly_part` find what is in it, and
/// `firmware::native_module` links an object of Thumb-2 code and calls it. WebAssembly runs by `wasm/store.hpp`.
/// Nothing here needs a heap, an OS or a facet. For modules of a process see `loader.hpp`.
///
///     const auto container = vitb::container::parse(in_flash);
///     if (!container || !firmware::check(*container, keys)) return;
///     const auto part = firmware::native_part(*container);
///     static const firmware::offered offers[] = {{"sensor", read_sensor}};
///     auto module = firmware::native_module::load(*part, firmware::code_place::memory, memory, offers);
///     const auto sample = module->function<int(int)>("sample");
///
/// The object is what gcc or clang make for the CPU with -c -ffreestanding -fno-common, or `ld -r` of several; other
/// options than -fPIC, -fpic and those for a global offset table do not matter. To leave its code in flash it is
/// settled first, see `firmware/settle.hpp`.
///
/// What it does not do:
/// - There is no protection. A native module is a part of the firmware from when it is loaded, and the memory that its
///   code is in can be written, since RAM of these CPUs can without an MPU. Who is not trusted that much is given
///   WebAssembly.
/// - The container must stay as it was checked. What something else can write, such as an external flash, is copied
///   before it is checked.
/// - The name and version of a module are not looked at, so that of several modules that a key has signed each is
///   accepted for each, and so is an older one. Where that matters, the firmware asks a `signature_policy`, which takes
///   50 KiB more of code and a heap.
/// - Whether the object is for this very CPU is not looked at, beyond how floating point numbers are passed ("eabi",
///   "eabihf"): whoever signs says so.
/// - Nothing unwinds through a module: `.ARM.exidx` and `.ARM.extab` are left out. There are no thread-local variables.
#pragma once

#include <utility>
#include <vitte/loader/firmware/image.hpp>
#include <vitte/loader/format/vitb/container.hpp>
#include <vitte/loader/signing/record.hpp>
#include <vitte/loader/target.hpp>

namespace vitte::loader::firmware {

/// Whether `threshold` of `keys` have signed `container`, each key counted once. Fails with `errc::permission_denied`
/// if not. Takes 7 KiB of stack.
inline result<void, parse_error> check(const vitb::container& container, std::span<const minisign::public_key> keys,
                                       std::size_t threshold = 1) noexcept {
    using signing::record;
    constexpr const char* what = "signatures of the container";
    const auto records = container.signatures();
    const std::uint64_t at = container.signed_part().size();
    if (records.size() > signing::most_signatures * record::size)
        return malformed(what, "there are more than 64", at, errc::permission_denied);
    const auto hash = blake3().update(container.signed_part()).finish();
    std::size_t good = 0;
    for (std::size_t k = 0; k < keys.size(); ++k) {
        bool is_good = false;
        for (std::size_t i = 0; i < records.size() && !is_good; i += record::size) {
            const record one = record::read(records.subspan(i).first<record::size>());
            is_good = one.id == keys[k].id && one.verify(keys[k].key, signing::purpose::container, hash);
        }
        for (std::size_t before = 0; before < k; ++before) is_good = is_good && keys[before].key != keys[k].key;
        good += is_good;
    }
    if (threshold == 0 || good < threshold)
        return malformed(what, "too few keys that are trusted have signed it as it is", at, errc::permission_denied);
    return {};
}

namespace detail {
inline result<std::span<const std::byte>, parse_error> stored(const std::optional<vitb::entry>& e) noexcept {
    constexpr const char* what = "entry of the container";
    if (!e) return malformed(what, "there is none for this machine", 0, errc::not_found);
    if (e->compression() != vitb::compression::none)
        return malformed(what, "compressed: see `vitb::content`", e->offset, errc::not_supported);
    return e->packed;
}
}  // namespace detail

/// The native part of a container for `host`, where it stands; `errc::not_found` if there is none, and
/// `errc::not_supported` if it is compressed.
inline result<std::span<const std::byte>, parse_error> native_part(const vitb::container& container,
                                                                   const target& host = host_target) noexcept {
    for (const vitb::entry e : container)
        if (e.kind == vitb::kind::natv && fits(target::read(e.label), host) == target_fit::exact)
            return detail::stored(e);
    return detail::stored({});
}
/// The same of its WebAssembly.
inline result<std::span<const std::byte>, parse_error> webassembly_part(const vitb::container& container) noexcept {
    return detail::stored(container.find(vitb::kind::code));
}

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
/// A native module that runs. Loading, unloading and looking up: one thread at a time for each.
class native_module {
public:
    native_module() noexcept = default;
    native_module(native_module&& other) noexcept : image_(std::exchange(other.image_, {})) {}
    native_module& operator=(native_module&& other) noexcept {
        native_module moved(std::move(other));
        std::swap(image_, moved.image_);
        return *this;
    }
    /// Runs what `fini_array` of the object has. No code of the module may run any more, nor be called later; its
    /// memory is free again.
    ~native_module() { run(elf::section_type::fini_array); }

    /// Bytes that `load` needs, and their alignment.
    static result<memory_need, parse_error> need(std::span<const std::byte> object, code_place code,
                                                 std::span<const offered> offers) noexcept {
        return image::need(object, code, offers.size());
    }
    /// Links `object`, see `image::link`, makes its code visible to the CPU, and runs what its `init_array` has. The
    /// object, the memory and the names in `offers` must stay.
    static result<native_module, parse_error> load(std::span<const std::byte> object, code_place code,
                                                   std::span<std::byte> memory,
                                                   std::span<const offered> offers) noexcept {
        const addresses at{address_of(memory.data()), address_of(object.data())};
        native_module made;
        VITTE_TRY(made.image_, image::link(object, code, memory, at, offers));
        made.publish();
        made.run(elf::section_type::init_array);
        return made;
    }

    /// The function `name`, until the module is gone; null if there is none. Its type is not known: it is as the caller
    /// says. `Signature` is like `int(int)`.
    template <class Signature>
    Signature* function(const char* name) const noexcept {
        return reinterpret_cast<Signature*>(std::uintptr_t{image_.symbol(name)});
    }
    /// The same of an object.
    template <class T>
    T* object(const char* name) const noexcept {
        return reinterpret_cast<T*>(std::uintptr_t{image_.symbol(name)});
    }
    /// Memory that it takes.
    std::size_t memory_size() const noexcept { return image_.memory().size(); }

private:
    static std::uint32_t address_of(const std::byte* at) noexcept {
        return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(at));
    }
    void run(elf::section_type functions) const {
        image_.for_each_function(
            functions, [](std::uint32_t address) { reinterpret_cast<void (*)()>(std::uintptr_t{address})(); });
    }
    /// Cleans the data cache of what was written, empties the instruction cache, and waits (Armv7-M Architecture
    /// Reference Manual, B2.2.7); CPUs without caches ignore that.
    void publish() const noexcept {
#if __ARM_ARCH >= 7
        auto* const clean_line = reinterpret_cast<volatile std::uint32_t*>(0xe000ef68);          // DCCMVAC
        auto* const empty_instructions = reinterpret_cast<volatile std::uint32_t*>(0xe000ef50);  // ICIALLU
        constexpr std::uint32_t line = 32;
        const auto memory = image_.memory();
        __asm__ volatile("dsb" ::: "memory");
        const std::uint32_t end = address_of(memory.data() + memory.size());
        for (std::uint32_t at = address_of(memory.data()) & ~(line - 1); at < end; at += line) *clean_line = at;
        __asm__ volatile("dsb" ::: "memory");
        *empty_instructions = 0;
#endif
        __asm__ volatile("dsb\n\tisb" ::: "memory");
    }

    image image_;
};
#endif

}  // namespace vitte::loader::firmware
