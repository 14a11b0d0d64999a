// vitte pack and vitte unpack: containers of files, and files of containers.
#include <algorithm>
#include <list>
#include <optional>
#include <vitte/loader/format/vitb.hpp>
#include <vitte/loader/format/vitb/writer.hpp>
#include <vitte/loader/manifest.hpp>
#include <vitte/sys/fs/contained.hpp>
#include <vitte/sys/fs/path.hpp>
#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/fs/text.hpp>

#include "command.hpp"
#include "shown.hpp"

namespace {
namespace json = vitte::json;
namespace loader = vitte::loader;
namespace vitb = vitte::loader::vitb;
using vitte::errc;

constexpr const char* pack_help = R"help(usage: vitte pack DESCRIPTION.json -o FILE [--store | --deflate | --lz4]

Makes a container (.vitmod, .vitbc, .vitplug) of the files that a description names, with paths from where it is:

  {
    "meta": {"name": "acme/image", "version": "1.2.3"},
    "dependencies": [{"name": "acme/pixels", "range": "^1.2"}],
    "symbols": {"exports": [{"name": "resize", "signature": "i32(i32, i32)"}]},
    "code": "image.wasm",
    "native": {"x86_64-linux-gnu": "libimage.so", "x86_64-windows-gnu": "image.dll"},
    "scripts": {"lua": "image.lua"},
    "data": {"icons/image.png": "image.png"},
    "plugin": "interfaces", "debug": {"libimage.so.debug": "libimage.so.debug"},
    "other": {"what": "kinds/what"}
  }

All members may be left out. "other" has entries of kinds that the format does not name, by the four characters of each. --deflate and --lz4 compress files that become smaller by it; by default they are stored as
they are. The same files make the same container, whenever and wherever that is done. It has no signature.
)help";
constexpr const char* unpack_help = R"(usage: vitte unpack FILE FOLDER [--force]

Writes what is in a container into FOLDER, which is made if it is not there, with the description container.json that
`vitte pack` makes the same container of. Nothing is written outside of FOLDER, and no file is replaced without --force.
)";

/// Bytes of an entry at most when it is decompressed.
constexpr std::uint64_t most_of_entry = std::uint64_t{1} << 32;
constexpr const char* description_name = "container.json";

/// Where entries with and without labels stand in a description and, of those with files, in a folder.
struct room {
    vitb::kind kind;
    std::string_view member, path;
};
constexpr room rooms[] = {{vitb::kind::code, "code", "code.wasm"}, {vitb::kind::plug, "plugin", "plugin"},
                          {vitb::kind::natv, "native", "native/"}, {vitb::kind::scpt, "scripts", "scripts/"},
                          {vitb::kind::data, "data", "data/"},     {vitb::kind::dbug, "debug", "debug/"}};
constexpr std::string_view meta_member = "meta", dependencies_member = "dependencies", symbols_member = "symbols";

/// Of kinds that the format does not name there is one file each, called like the kind.
constexpr std::string_view other_member = "other", other_path = "other/";
/// The four characters of a kind, which are small letters, capitals or digits; nothing if they are not.
std::optional<std::string> name_of(vitb::kind of) {
    std::string text;
    for (int shift = 0; shift < 32; shift += 8) {
        const char c = static_cast<char>(static_cast<std::uint32_t>(of) >> shift & 0xff);
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) return std::nullopt;
        text += c;
    }
    return text;
}
/// The kind that is called so, if it is none that the format names.
std::optional<vitb::kind> other_kind(std::string_view name) {
    if (name.size() != 4) return std::nullopt;
    const auto made = static_cast<vitb::kind>(
        vitte::load<std::uint32_t>(reinterpret_cast<const std::byte*>(name.data()), vitte::byte_order::little));
    return name_of(made) && !vitb::is_known(made) ? std::optional(made) : std::nullopt;
}

exit_code refuse(const std::string& what, std::string_view hint = "") { return complain(failed, what, hint); }
template <class Error>
exit_code cannot(const std::string& what, const Error& why, std::string_view hint = "") {
    return refuse(what + ": " + why.message().c_str(), hint);
}

/// Gathers what a description names. Contents stay in it, where the writer looks for them.
class packing {
public:
    packing(std::string path, vitb::compression by) : path_(std::move(path)), by_(by) {}

    exit_code run(const std::string& to) {
        const auto text = vitte::sys::read_text(path_.c_str());
        if (!text) return cannot("pack " + shown(path_), text.error(), "vitte pack --help shows a description");
        const auto all = json::read(*text);
        if (!all) return wrong(all.error());
        const auto members = all->root().members();
        if (!members) return wrong(members.error());
        for (const auto& [name, value] : *members)
            if (const exit_code done = add(name, value); done != succeeded) return done;
        const auto made = writer_.finish();
        if (!made) return cannot("pack " + shown(path_), made.error());
        if (const auto stored = vitte::sys::replace(to.c_str(), *made); !stored)
            return cannot("pack " + shown(to), stored.error());
        return succeeded;
    }

private:
    exit_code wrong(const json::read_error& e) {
        return cannot("pack " + shown(path_), e, "vitte pack --help shows a description");
    }

    exit_code add(std::string_view name, json::value value) {
        if (name == meta_member) return add_text(vitb::kind::meta, value, loader::manifest::read(value));
        if (name == dependencies_member) return add_text(vitb::kind::deps, value, loader::read_dependencies(value));
        if (name == symbols_member) return add_text(vitb::kind::symb, value, loader::symbol_manifest::read(value));
        for (const room& r : rooms) {
            if (r.member != name) continue;
            if (!vitb::has_label(r.kind)) return add_file(r.kind, {}, value);
            const auto files = value.members();
            if (!files) return wrong(files.error());
            for (const auto& [label, file] : *files)
                if (const exit_code done = add_file(r.kind, label, file); done != succeeded) return done;
            return succeeded;
        }
        if (name == other_member) return add_others(value);
        return refuse("pack " + shown(path_) + ": there is no member '" + shown(name) + "'",
                      suggestion(name,
                                 {"meta", "dependencies", "symbols", "code", "native", "scripts", "data", "plugin",
                                  "debug", "other"},
                                 "vitte pack --help shows a description"));
    }
    exit_code add_others(json::value value) {
        const auto files = value.members();
        if (!files) return wrong(files.error());
        for (const auto& [name, file] : *files) {
            const auto kind = other_kind(name);
            if (!kind)
                return refuse("pack " + shown(path_) + ": '" + shown(name) + "' is not the name of another kind",
                              "four letters or digits; META, CODE and the like have members of their own");
            if (const exit_code done = add_file(*kind, {}, file); done != succeeded) return done;
        }
        return succeeded;
    }
    /// As it stands in the description, with the members that nobody knows here.
    template <class Read>
    exit_code add_text(vitb::kind kind, json::value value, const Read& read) {
        if (!read) return wrong(read.error());
        json::growing_output text;
        json::writer to(text, 2);
        json::write(to, value);
        if (const auto done = to.finish(); !done) return cannot("pack " + shown(path_), done.error());
        kept_text_.emplace_back(std::string(text.text()) + "\n");
        return add_entry(kind, {}, vitte::sys::as_bytes(kept_text_.back()), vitb::compression::none);
    }
    exit_code add_file(vitb::kind kind, std::string_view label, json::value value) {
        const auto given = value.get<std::string_view>();
        if (!given) return wrong(given.error());
        if (given->find('\0') != given->npos)  // the OS would open what is before it
            return refuse("pack " + shown(path_) + ": '" + shown(*given) + "' is the path of no file");
        char path[4096];
        const auto folder = vitte::sys::path_view(path_.c_str()).parent();
        const auto joined = folder.join(vitte::sys::path_view(*given), path);
        if (!joined) return cannot("pack " + shown(*given), joined.error());
        auto content = vitte::sys::read(path);
        if (!content) return cannot("pack " + shown(path), content.error(), "paths begin where the description is");
        kept_.push_back(std::move(*content));
        return add_entry(kind, label, kept_.back().bytes(), by_);
    }
    exit_code add_entry(vitb::kind kind, std::string_view label, std::span<const std::byte> content,
                        vitb::compression by) {
        labels_.emplace_back(label);
        const auto added = writer_.add(kind, content, by, labels_.back());
        if (added) return succeeded;
        const bool is_label = added.error().code == errc::invalid_argument;
        return refuse("pack " + shown(path_) + ": '" + shown(label) +
                      "': " + (is_label ? "not a text of one line, or too long" : vitte::message(added.error().code)));
    }

    std::string path_;
    vitb::compression by_;
    vitb::writer writer_;
    std::vector<vitte::sys::byte_buffer> kept_;
    std::list<std::string> kept_text_, labels_;
};

/// Whether Windows takes the name of a file for a device, whatever follows behind a dot.
bool is_device(std::string_view name) {
    std::string base(name.substr(0, name.find('.')));
    while (base.ends_with(' ')) base.pop_back();
    for (char& c : base)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    const auto is_one_of = [](std::string_view text, std::initializer_list<std::string_view> all) {
        return std::find(all.begin(), all.end(), text) != all.end();
    };
    if (is_one_of(base, {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"})) return true;
    return (base.starts_with("COM") || base.starts_with("LPT")) &&
           is_one_of(std::string_view(base).substr(3),
                     {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "\u00b9", "\u00b2", "\u00b3"});
}
/// Whether a label can be the path of a file below a folder, on every OS.
bool is_path(std::string_view label) {
    for (;;) {
        const std::size_t end = label.find('/');
        const std::string_view part = label.substr(0, end);
        if (part.empty() || part == "." || part == ".." || part.ends_with('.') || part.ends_with(' ') ||
            part.find_first_of("\\:*?\"<>|") != part.npos || is_device(part))
            return false;
        if (end == label.npos) return true;
        label.remove_prefix(end + 1);
    }
}

class unpacking {
public:
    unpacking(const std::string& path, const vitb::container& from, vitte::sys::contained_directory to, bool force)
        : path_(path), from_(from), to_(std::move(to)), force_(force) {}

    exit_code run() {
        json::growing_output text;
        json::writer description(text, 2);
        description.begin_object();
        for (const auto& [kind, member] :
             {std::pair{vitb::kind::meta, meta_member}, std::pair{vitb::kind::deps, dependencies_member},
              std::pair{vitb::kind::symb, symbols_member}})
            if (const exit_code done = describe(description, kind, member); done != succeeded) return done;
        for (const room& r : rooms)
            if (const exit_code done = describe(description, r); done != succeeded) return done;
        if (const exit_code done = describe_others(description); done != succeeded) return done;
        description.end_object();
        if (const auto done = description.finish(); !done) return cannot("unpack " + shown(path_), done.error());
        if (force_) {
            // All of them before any is written: names that are one to the file system are no reason to lose a file.
            for (const auto& [path, entry] : files_)
                if (const exit_code done = remove(path); done != succeeded) return done;
            if (const exit_code done = remove(description_name); done != succeeded) return done;
        }
        for (const auto& [path, entry] : files_) {
            const auto content = vitb::content(entry, most_of_entry);
            if (!content) return cannot("unpack " + shown(path_), content.error());
            if (const exit_code done = write(path, *content); done != succeeded) return done;
        }
        return write(description_name, vitte::sys::as_bytes(std::string(text.text()) + "\n"));
    }

private:
    template <class Writer>
    exit_code describe(Writer& to, vitb::kind kind, std::string_view member) {
        const auto found = from_.find(kind);
        if (!found) return succeeded;
        const auto text = vitb::content(*found, loader::most_of_manifest);
        if (!text) return cannot("unpack " + shown(path_), text.error());
        const auto value = json::read(text->text());
        if (!value) return cannot("unpack " + shown(path_) + ": " + std::string(member), value.error());
        to.name(member);
        json::write(to, value->root());
        return succeeded;
    }
    template <class Writer>
    exit_code describe(Writer& to, const room& r) {
        bool is_first = true;
        for (const vitb::entry& e : from_) {
            if (e.kind != r.kind) continue;
            if (is_first) to.name(r.member);
            if (is_first && vitb::has_label(r.kind)) to.begin_object();
            is_first = false;
            if (!e.label.empty() && !is_path(e.label))
                return refuse("unpack " + shown(path_) + ": '" + shown(e.label) + "' cannot be the name of a file",
                              "it is empty, leads elsewhere, or has characters that no file may have");
            const std::string path = std::string(r.path) + std::string(e.label);
            if (!e.label.empty()) to.name(e.label);
            to.value(std::string_view(path));
            files_.emplace_back(path, e);
        }
        if (!is_first && vitb::has_label(r.kind)) to.end_object();
        return succeeded;
    }

    template <class Writer>
    exit_code describe_others(Writer& to) {
        std::optional<vitb::kind> last;
        for (const vitb::entry& e : from_) {
            if (vitb::is_known(e.kind)) continue;
            const auto name = name_of(e.kind);
            if (!name || last == e.kind)
                return refuse("unpack " + shown(path_) + ": an entry at " + std::to_string(e.offset) +
                                  " is of a kind that this version does not know, and " +
                                  (name ? "so is the one before it" : "that is no name of a file"),
                              "vitte inspect shows all entries");
            if (!last) to.name(other_member).begin_object();
            last = e.kind;
            const std::string path = std::string(other_path) + *name;
            to.name(*name).value(std::string_view(path));
            files_.emplace_back(path, e);
        }
        if (last) to.end_object();
        return succeeded;
    }

    exit_code remove(const std::string& path) {
        const auto gone = to_.remove(path.c_str());
        return gone || gone.error().code == errc::not_found ? succeeded : cannot("unpack " + shown(path), gone.error());
    }
    exit_code write(const std::string& path, std::span<const std::byte> content) {
        for (std::size_t at = path.find('/'); at != path.npos; at = path.find('/', at + 1)) {
            const auto made = to_.create_directory(path.substr(0, at).c_str());
            if (!made && made.error().code != errc::already_exists)
                return cannot("unpack " + shown(path), made.error());
        }
        const auto file = to_.open_file(path.c_str(), {vitte::sys::open_mode::create_new, vitte::sys::open_no_follow});
        if (!file)
            return cannot("unpack " + shown(path), file.error(),
                          file.error().code == errc::already_exists ? "--force replaces it" : "");
        if (const auto done = file->write(content); !done) return cannot("unpack " + shown(path), done.error());
        return succeeded;
    }

    const std::string& path_;
    const vitb::container& from_;
    vitte::sys::contained_directory to_;
    bool force_;
    std::vector<std::pair<std::string, vitb::entry>> files_;
};
}  // namespace

exit_code pack(const arguments& given) {
    std::string description, to;
    auto by = vitb::compression::none;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const std::string_view word = given[i];
        if (word == "--help") return std::fputs(pack_help, stdout), succeeded;
        if (word == "--store")
            by = vitb::compression::none;
        else if (word == "--deflate")
            by = vitb::compression::deflate;
        else if (word == "--lz4")
            by = vitb::compression::lz4;
        else if (word == "-o" && i + 1 < given.size())
            to = given[++i];
        else if (word.starts_with("-"))
            return complain(misused, "pack: unknown option '" + shown(word) + "', or nothing behind it",
                            suggestion(word, {"--store", "--deflate", "--lz4", "--help"}, "vitte pack --help"));
        else if (!description.empty())
            return complain(misused, "pack: more than one description is given", "vitte pack DESCRIPTION.json -o FILE");
        else
            description = word;
    }
    if (description.empty() || to.empty())
        return complain(misused, "pack: the description or the file to be made is missing",
                        "vitte pack DESCRIPTION.json -o FILE");
    return packing(description, by).run(to);
}

exit_code unpack(const arguments& given) {
    std::string path, folder;
    bool force = false;
    for (const std::string_view word : given) {
        if (word == "--help") return std::fputs(unpack_help, stdout), succeeded;
        if (word == "--force")
            force = true;
        else if (word.starts_with("-"))
            return complain(misused, "unpack: unknown option '" + shown(word) + "'",
                            suggestion(word, {"--force", "--help"}, "vitte unpack --help"));
        else if (path.empty())
            path = word;
        else if (folder.empty())
            folder = word;
        else
            return complain(misused, "unpack: too many words", "vitte unpack FILE FOLDER");
    }
    if (folder.empty())
        return complain(misused, "unpack: the file or the folder is missing", "vitte unpack FILE FOLDER");
    const auto file = vitte::sys::read(path.c_str());
    if (!file) return cannot("unpack " + shown(path), file.error());
    const auto parsed = vitb::container::parse(file->bytes());
    if (!parsed) return cannot("unpack " + shown(path), parsed.error(), "vitte pack makes containers");
    const auto made = vitte::sys::directory::current().create_directory(folder.c_str());
    if (!made && made.error().code != errc::already_exists) return cannot("unpack " + shown(folder), made.error());
    auto opened = vitte::sys::directory::open(folder.c_str());
    if (!opened) return cannot("unpack " + shown(folder), opened.error());
    return unpacking(path, *parsed, vitte::sys::contained_directory(std::move(*opened)), force).run();
}
