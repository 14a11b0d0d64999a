/// What an image exports: by ordinal, and some of it by name; see `format/pe.hpp`.
#pragma once

#include <vitte/loader/format/pe/file.hpp>

namespace vitte::loader::pe {

/// Where an ordinal leads.
struct exported {
    std::uint32_t ordinal, address;  ///< address 0: the ordinal is not used
    std::string_view forwarder;      ///< "library.name" or "library.#ordinal" if it is another library's
};

/// A name, and the index of what it stands for.
struct export_name {
    std::string_view name;
    std::uint32_t index;
};

/// The export directory of an image ("PE Format", "The .edata Section").
class export_table {
public:
    /// Reads and checks where its tables lie. `errc::not_found` if the image exports nothing.
    static result<export_table, parse_error> read(const file& of) noexcept {
        constexpr const char* what = "export directory";
        const auto directory = of.find(pe::directory::exports);
        if (!directory) return malformed(what, "there is none: the image exports nothing", 0, errc::not_found);
        VITTE_TRY(const part header, of.at(directory->address, 40, what));
        const auto number = [&](std::size_t at) { return encoding().u32(header.bytes.data() + at); };
        export_table made;
        made.file_ = of;
        made.directory_ = *directory;
        made.ordinal_base_ = number(16);
        VITTE_TRY(made.library_, of.text_at(number(12), "name of the library"));
        const std::uint64_t addresses = number(20), names = number(24);
        if (made.ordinal_base_ + addresses > 0xffff'ffff)
            return malformed(what, "its ordinals exceed 32 bits", header.offset + 16);
        if (addresses != 0) {
            VITTE_TRY(made.addresses_, of.at(number(28), 4 * addresses, "export addresses"));
        }
        if (names != 0) {
            VITTE_TRY(made.names_, of.at(number(32), 4 * names, "export names"));
            VITTE_TRY(made.indices_, of.at(number(36), 2 * names, "export ordinals"));
        }
        return made;
    }

    /// What the image calls itself.
    std::string_view library() const noexcept { return library_; }
    std::size_t size() const noexcept { return addresses_.bytes.size() / 4; }
    std::size_t name_count() const noexcept { return names_.bytes.size() / 4; }

    /// Export `index`, below `size()`, in the order of ordinals.
    result<exported, parse_error> at(std::size_t index) const noexcept {
        VITTE_ASSERT(index < size());
        exported made{
            ordinal_base_ + static_cast<std::uint32_t>(index), encoding().u32(addresses_.bytes.data() + 4 * index), {}};
        if (made.address >= directory_.address && made.address - directory_.address < directory_.size) {
            VITTE_TRY(made.forwarder, file_.text_at(made.address, "forwarder"));
        }
        return made;
    }

    /// Name `index`, below `name_count()`. Names are sorted by their bytes.
    result<export_name, parse_error> name(std::size_t index) const noexcept {
        VITTE_ASSERT(index < name_count());
        export_name made{{}, encoding().u16(indices_.bytes.data() + 2 * index)};
        if (made.index >= size())
            return malformed("export ordinals", "a name leads to no address", indices_.offset + 2 * index);
        VITTE_TRY(made.name, file_.text_at(encoding().u32(names_.bytes.data() + 4 * index), "name of an export"));
        return made;
    }

    /// The export `name`, by binary search; `errc::not_found` if there is none.
    result<exported, parse_error> find(std::string_view name) const noexcept {
        std::size_t low = 0, high = name_count();
        while (low < high) {
            const std::size_t middle = low + (high - low) / 2;
            VITTE_TRY(const export_name found, this->name(middle));
            if (found.name == name) return at(found.index);
            if (found.name < name)
                low = middle + 1;
            else
                high = middle;
        }
        return malformed("export names", "the name is not among them", names_.offset, errc::not_found);
    }

private:
    file file_;
    data_directory directory_{};
    std::uint32_t ordinal_base_ = 0;
    std::string_view library_;
    part addresses_, names_, indices_;
};

}  // namespace vitte::loader::pe
