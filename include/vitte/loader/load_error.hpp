/// `load_error`: why a module could not be loaded, or a symbol not be found, in the words of the person who asked.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vitte/core/printable.hpp>
#include <vitte/core/result.hpp>

namespace vitte::loader {

/// What was being done, to which module, what went wrong and where. Empty strings are facts that do not apply.
struct load_error {
    errc code = errc::unknown;
    int native = 0;             ///< the OS's code, if the OS refused; otherwise 0
    std::string module;         ///< path or name of the module
    std::string action;         ///< what was being done, such as "mapping" or "binding"
    std::string symbol;         ///< the symbol, as in the file (mangled)
    std::string version;        ///< the version that is needed of it
    std::string library;        ///< the library that the version is needed from
    std::string reason;         ///< what is wrong, and what to do about it
    std::string references;     ///< who needs the symbol: up to three places, such as "a.o:(.text+0x1a)"
    std::string searched;       ///< what was looked through, in order
    std::uint64_t offset = no_offset;  ///< byte offset in the file, or `no_offset`

    static constexpr std::uint64_t no_offset = ~std::uint64_t{0};

    /// One line without a full stop: module, action, symbol, reason, place and what was searched. Names in files may be
    /// anything: each part is as `append_printable` has it, also in length.
    [[gnu::cold]] std::string message() const {
        std::string text;
        const auto add = [&](const char* before, const std::string& part, const char* after = "") {
            text += before;
            append_printable(text, part);
            text += after;
        };
        add("", module);
        add(": ", action);
        if (!symbol.empty()) {
            add(" symbol '", symbol);
            if (!version.empty()) add("@", version);
            text += "'";
            if (!library.empty()) add(" of ", library);
        }
        add(": ", reason.empty() ? vitte::message(code) : reason);
        if (native != 0) {
            const std::string name = native_name(native);
            add(" (", name.empty() ? "native code " + std::to_string(native) : name, ")");
        }
        if (offset != no_offset) text += " at byte " + std::to_string(offset);
        if (!references.empty()) add("; referenced by ", references);
        if (!searched.empty()) add("; searched: ", searched);
        return text;
    }
};

/// A failed step of a load. The module's name is added by whoever knows it.
inline unexpected<load_error> refuse(errc code, const char* action, std::string reason,
                                     std::uint64_t offset = load_error::no_offset) {
    load_error e;
    e.code = code;
    e.action = action;
    e.reason = std::move(reason);
    e.offset = offset;
    return unexpected(std::move(e));
}
inline unexpected<load_error> refuse(const error& cause, const char* action) {
    auto e = refuse(cause.code, action, std::string(cause.operation) + ": " + vitte::message(cause.code));
    e.error().native = cause.native;
    return e;
}

}  // namespace vitte::loader
