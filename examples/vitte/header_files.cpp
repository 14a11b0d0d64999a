#include "header_files.hpp"

#include <optional>
#include <vitte/loader/bind/declarations.hpp>
#include <vitte/loader/bind/element_splitter.hpp>
#include <vitte/loader/bind/macros.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/memory/mapping.hpp>
#include <vitte/sys/process/command.hpp>

#include "shown.hpp"

namespace {
namespace bind_to = vitte::loader::bind;
namespace elf = vitte::loader::elf;
namespace json = vitte::json;
namespace sys = vitte::sys;
template <class T>
using complained = vitte::result<T, debug_complaint>;

vitte::unexpected<debug_complaint> complaint(std::string what, std::string hint = {}) {
    return vitte::unexpected(debug_complaint{std::move(what), std::move(hint)});
}

/// One clang for several questions about a header.
class compiler {
public:
    static constexpr int newest = 40, oldest = 11;

    compiler(std::string header, const std::vector<std::string_view>& options)
        : header_(std::move(header)), options_(options) {}

    /// Calls `visit(std::string_view)` for pieces of what clang says; it returns whether to go on. Returns whether
    /// clang was content. With `source`, that is compiled behind the header, and messages are lost.
    template <class Visit>
    complained<bool> run(std::initializer_list<std::string_view> arguments, const std::string* source, Visit&& visit) {
        VITTE_TRY(sys::process child, start(arguments, source));
        if (source != nullptr) {
            // Who does not read it all is asked how it has ended.
            static_cast<void>(child.input().write(std::as_bytes(std::span(*source))));
            child.input().close();
        }
        std::vector<std::byte> room(std::size_t{1} << 16);
        for (;;) {
            const auto size = child.output().read(room);
            if (!size) return complaint("reading from clang: " + std::string(size.error().message().c_str()));
            if (*size == 0) break;
            if (!visit(std::string_view(reinterpret_cast<const char*>(room.data()), *size)))
                return complaint("what clang says cannot be read");
        }
        const auto ended = child.wait();
        if (!ended) return complaint("waiting for clang: " + std::string(ended.error().message().c_str()));
        return ended->succeeded();
    }

private:
    complained<sys::process> start(std::initializer_list<std::string_view> arguments, const std::string* source) {
        const auto tried = [&](const std::string& name) {
            sys::command clang(name);
            clang.arguments({"-w", "-x", "c"}).arguments(arguments);
            for (const std::string_view option : options_) clang.argument(option);
            if (source != nullptr)
                clang.arguments({"-include", header_, "-"}).input(sys::stdio::pipe()).error(sys::stdio::null());
            else
                clang.argument(header_).input(sys::stdio::null());
            return clang.output(sys::stdio::pipe()).spawn();
        };
        for (int version = newest + 1; name_.empty() && version >= oldest; --version) {
            const std::string name = version > newest ? "clang" : "clang-" + std::to_string(version);
            auto started = tried(name);
            if (!started) continue;
            name_ = name;
            return std::move(*started);
        }
        if (name_.empty()) return complaint("there is no clang in PATH, which reads headers", "install clang");
        auto started = tried(name_);
        if (!started) return complaint("starting " + name_ + ": " + std::string(started.error().message().c_str()));
        return std::move(*started);
    }

    std::string header_, name_;
    const std::vector<std::string_view>& options_;
};

/// Calls `visit(json::value)`, which returns whether to go on, for each declaration at the top.
template <class Visit>
complained<bool> for_each_declaration(compiler& clang, const std::string* source, Visit&& visit) {
    bind_to::element_splitter elements;
    json::document document;
    const auto good = clang.run({"-fsyntax-only", "-ferror-limit=0", "-Xclang", "-ast-dump=json"}, source,
                                [&](std::string_view piece) {
                                    return elements.add(piece, [&](std::string_view element) {
                                        return document.read(element, {.depth = 100'000}) && visit(document.root());
                                    });
                                });
    if (good && !elements.ended()) return complaint("what clang says cannot be read");
    return good;
}

complained<std::vector<std::string>> macros_of(compiler& clang, const bind_to::header_files& own) {
    bind_to::macro_names names(own);
    std::string line;
    VITTE_TRY(const bool good, clang.run({"-E", "-dD"}, nullptr, [&](std::string_view piece) {
        for (std::size_t end; (end = piece.find('\n')) != piece.npos; piece.remove_prefix(end + 1)) {
            names.add_line(line.append(piece.substr(0, end)));
            line.clear();
        }
        line += piece;
        return line.size() < (std::size_t{1} << 28);
    }));
    if (!good)
        return complaint("clang cannot compile it", "what clang says stands above; options for it come after --");
    return names.take();
}

bool is_there(const std::string& path) { return sys::file::open(path.c_str()).has_value(); }

/// The exported symbols of the library; nothing if it is only a name.
complained<std::optional<std::vector<bind_to::exported_symbol>>> exports_of(const std::string& path,
                                                                            bind_to::library& to) {
    const bool is_path = path.find('/') != path.npos;
    if (path.empty() || (!is_path && !is_there(path))) {
        to.name = path;
        to.address_size = sizeof(void*);
        return std::nullopt;
    }
    const auto mapped = sys::mapping::open(path.c_str());
    if (!mapped) return complaint(shown(path) + ": " + std::string(mapped.error().message().c_str()));
    const auto file = elf::file::parse(mapped->bytes());
    if (!file)
        return complaint(shown(path) + ": " + std::string(file.error().message().c_str()),
                         "vitte bind reads libraries for ELF systems");
    auto exported = bind_to::read_exports(*file, to);
    if (!exported) return complaint(shown(path) + ": " + std::string(exported.error().message().c_str()));
    return std::move(*exported);
}
}  // namespace

complained<bind_to::library> declared_library_of(const std::string& path, const std::string& library,
                                                 const std::vector<std::string_view>& options) {
    // What begins otherwise may be an option.
    const std::string header = path.starts_with('/') ? path : "./" + path;
    const bind_to::header_files own(header);
    bind_to::library made;
    VITTE_TRY(const auto exported, exports_of(library, made));
    if (const auto there = sys::file::open(path.c_str()); !there)
        return complaint(std::string(there.error().message().c_str()));
    compiler clang(header, options);
    VITTE_TRY(const std::vector<std::string> macros, macros_of(clang, own));
    bind_to::declarations all(own);
    VITTE_TRY(const bool good,
              for_each_declaration(clang, nullptr, [&](json::value d) { return all.add(d).has_value(); }));
    if (!good)
        return complaint("clang cannot compile it", "what clang says stands above; options for it come after --");
    bind_to::answers answers(macros.size(), all.packed_types().size());
    if (const std::string source = bind_to::questions(macros, all.packed_types()); !source.empty()) {
        VITTE_CHECK(for_each_declaration(clang, &source, [&](json::value d) {
            answers.add(d);
            return true;
        }));
    }
    made.constants = answers.constants(macros, all);
    all.finish(answers.alignments, exported ? &*exported : nullptr, made);
    return made;
}
