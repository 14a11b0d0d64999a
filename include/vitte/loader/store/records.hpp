/// The small files of a module store: which content a version of a module is, and which one is made of another. Pure.
/// They are text, of lines that all end with "\n"; what is not exactly as it would be written is none:
///
///     vitte store 1                     vitte store 1
///     name acme/image                   form 64 digits
///     version 1.2.3                     content 64 digits
///     content 64 digits                 seal 64 digits
///
/// They name what they are about, so that one that was put into another one's place is not taken for it. The seal is a
/// hash under the secret of whoever stored the form.
#pragma once

#include <vitte/loader/store/entry_names.hpp>

namespace vitte::loader::detail {

/// More than the longest one.
inline constexpr std::size_t record_room = 512;
using record_text = fixed_text<record_room>;
inline constexpr std::string_view record_head = "vitte store 1\n";

/// Takes lines from the start of a text.
class record_reader {
public:
    constexpr explicit record_reader(std::string_view text) noexcept : rest_(text) {
        good_ = rest_.starts_with(record_head);
        if (good_) rest_.remove_prefix(record_head.size());
    }
    constexpr std::string_view word(std::string_view key) noexcept {
        const std::size_t end = rest_.find('\n');
        good_ = good_ && end != rest_.npos && rest_.starts_with(key) && end > key.size() && rest_[key.size()] == ' ';
        if (!good_) return {};
        const std::string_view found = rest_.substr(key.size() + 1, end - key.size() - 1);
        rest_.remove_prefix(end + 1);
        return found;
    }
    constexpr content_hash hash(std::string_view key) noexcept {
        const auto found = hash_of_text(word(key));
        good_ = good_ && found;
        return found.value_or(content_hash{});
    }
    /// Whether all was there, and nothing else is.
    constexpr bool ends_well() const noexcept { return good_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool good_;
};

/// The content of a version.
struct name_record {
    std::string_view name, version;  ///< parts of the text that it was read from
    content_hash content;

    static constexpr result<name_record> read(std::string_view text) noexcept {
        record_reader from(text);
        const name_record made{from.word("name"), from.word("version"), from.hash("content")};
        const auto version = stored_version(made.version);
        if (from.ends_well() && is_module_name(made.name) && version && version->view() == made.version) return made;
        return fail(errc::malformed, "read name in store");
    }
    constexpr record_text write() const noexcept {
        record_text made;
        made.add(record_head).add("name ").add(name).add("\nversion ").add(version);
        return made.add("\ncontent ").add(text_of(content).view()).add('\n');
    }
};

/// The content that is a compiled form.
struct form_record {
    content_hash form, content, seal;

    static constexpr result<form_record> read(std::string_view text) noexcept {
        record_reader from(text);
        const form_record made{from.hash("form"), from.hash("content"), from.hash("seal")};
        if (from.ends_well()) return made;
        return fail(errc::malformed, "read form in store");
    }
    constexpr record_text write() const noexcept {
        record_text made;
        made.add(record_head).add("form ").add(text_of(form).view()).add("\ncontent ").add(text_of(content).view());
        return made.add("\nseal ").add(text_of(seal).view()).add('\n');
    }
};

}  // namespace vitte::loader::detail
