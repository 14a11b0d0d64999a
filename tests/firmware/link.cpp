// Links an object as a microcontroller does, at addresses of one that need not be there:
// link OBJECT memory|flash FILE-ADDRESS MEMORY-ADDRESS OUTPUT NAME=ADDRESS...
// writes the memory to OUTPUT, and to the screen where each section is. Functions have odd addresses.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <list>
#include <string>
#include <vector>
#include <vitte/loader/firmware/image.hpp>

namespace firmware = vitte::loader::firmware;

int main(int, char** arguments) {
    std::ifstream in(arguments[1], std::ios::binary);
    const std::string file{std::istreambuf_iterator<char>(in), {}};
    const auto number = [](const char* text) { return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 0)); };
    const auto code =
        std::strcmp(arguments[2], "flash") == 0 ? firmware::code_place::flash : firmware::code_place::memory;
    std::list<std::string> names;
    std::vector<firmware::offered> offers;
    for (char** symbol = arguments + 6; *symbol != nullptr; ++symbol) {
        char* const value = std::strchr(*symbol, '=');
        const std::uint32_t address = number(value + 1);
        offers.emplace_back(names.emplace_back(*symbol, value).c_str(), address, address % 2 != 0);
    }
    const auto object = std::as_bytes(std::span(file));
    const auto need = firmware::image::need(object, code, offers.size());
    std::vector<std::byte> memory(need ? need->size : 0);
    const auto image =
        firmware::image::link(object, code, memory, {number(arguments[4]), number(arguments[3])}, offers);
    if (!image) return std::fprintf(stderr, "%s\n", image.error().message().c_str()), 1;
    image->for_each_section([](std::string_view name, std::uint32_t address, std::uint32_t size) {
        if (size != 0)
            std::printf("%.*s 0x%lx\n", static_cast<int>(name.size()), name.data(),
                        static_cast<unsigned long>(address));
    });
    std::ofstream out(arguments[5], std::ios::binary);
    out.write(reinterpret_cast<const char*>(memory.data()), static_cast<std::streamsize>(memory.size()));
    return out.good() ? 0 : 1;
}
