// No object makes the linker for microcontrollers read or write outside it and its memory, and what is settled links.
#pragma once

#include <vector>
#include <vitte/loader/firmware/settle.hpp>

#include "../require.hpp"

inline void fuzz_thumb_objects(const std::uint8_t* data, std::size_t size) {
    namespace firmware = vitte::loader::firmware;
    static const firmware::offered offers[] = {{"sensor", 0x101, true}, {"limit", 0x20100000, false}};
    constexpr firmware::addresses at{0x20001000, 0x8000};
    std::vector<std::byte> object(size), memory;
    std::copy_n(reinterpret_cast<const std::byte*>(data), size, object.begin());
    const auto link = [&](firmware::code_place code) {
        const auto need = firmware::image::need(object, code, std::size(offers));
        if (!need || need->size > std::size_t{1} << 20) return false;
        memory.resize(need->size);
        const auto image = firmware::image::link(object, code, memory, at, offers);
        if (!image) return false;
        require(image->memory().size() == need->size);
        image->for_each_section(
            [&](std::string_view name, std::uint32_t, std::uint32_t) { require(name.size() < size); });
        for (const auto type :
             {vitte::loader::elf::section_type::init_array, vitte::loader::elf::section_type::fini_array})
            image->for_each_function(type, [](std::uint32_t) {});
        static_cast<void>(image->symbol("first"));
        return true;
    };
    static_cast<void>(link(firmware::code_place::memory));
    const bool fits = link(firmware::code_place::flash);
    if (!fits && firmware::settle(object, at)) static_cast<void>(link(firmware::code_place::flash));
}
