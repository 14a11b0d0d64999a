/// Containers for a `module_loader`: `loader.add_format(container_format())`. A `.vitmod` holds a module in several
/// forms; the best that this host runs is taken. For what is in the file see `format/vitb.hpp`.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>
#include <vitte/loader/ffi/signature.hpp>
#include <vitte/loader/format/vitb.hpp>
#include <vitte/loader/format/wasm/file.hpp>
#include <vitte/loader/load_options.hpp>
#include <vitte/loader/manifest.hpp>
#include <vitte/loader/module_format.hpp>
#include <vitte/loader/native/machine.hpp>
#include <vitte/loader/os_linked.hpp>
#include <vitte/loader/target.hpp>

namespace vitte::loader {

/// How a module of a container comes to run.
enum class container_form : unsigned char {
    native,       ///< NATV for this target, linked by our own linker
    os_native,    ///< the same, linked by the OS's linker
    webassembly,  ///< CODE, for which the loader has a format that recognizes it
    script,       ///< SCPT in a language that one of the loader's formats understands
};

struct container_options {
    /// What is tried, one after the other. What is not here is not taken.
    std::vector<container_form> order{container_form::native, container_form::os_native, container_form::webassembly,
                                      container_form::script};
    /// Bytes that an entry may have when it is decompressed; SYMB no more than `most_of_manifest`.
    std::uint64_t most_of_entry = std::uint64_t{1} << 30;
};

namespace detail {

[[gnu::cold]] inline unexpected<load_error> refuse_file(const parse_error& e) {
    return refuse(e.code, "reading", std::string(e.reading) + ": " + e.reason, e.offset);
}

/// The types that a container says its exports have.
class declared_exports {
public:
    declared_exports() noexcept : declared_exports(0) {}
    /// Fails with what is wrong in SYMB: no JSON, not what the manifest is to be, or no text of a type.
    static result<declared_exports, load_error> read(std::string_view text);

    bool empty() const noexcept { return all_.empty(); }
    /// Whether a C function `name` can be called as `asked`.
    result<void, load_error> check(const char* name, const signature* asked) const;

private:
    /// Of a text of that size: records take most, some 20 bytes for each of their characters.
    explicit declared_exports(std::size_t size) noexcept : types_(1024 + 64 * size) {}

    struct declared {
        std::string name, text;
        const ffi::function_type* type;
    };

    /// Booleans are passed as bytes, and texts as pointers; of records only that they are some is known.
    static bool is_same(ffi::kind declared, ffi::kind asked) noexcept {
        using enum ffi::kind;
        const auto plain = [](ffi::kind k) {
            if (k == long_double && ffi::facts_of(ffi::native_abi).long_double == ffi::long_double_format::binary64)
                return f64;
            return k == boolean ? u8 : k == string ? pointer : k == structure || k == union_ ? array : k;
        };
        return plain(declared) == plain(asked);
    }
    static bool is_same(const ffi::function_type& declared, const signature& asked) noexcept {
        if (declared.variadic || declared.parameters.size() != asked.parameters().size()) return false;
        for (std::size_t i = 0; i < asked.parameters().size(); ++i)
            if (!is_same(declared.parameters[i]->kind, asked.parameters()[i])) return false;
        return is_same(declared.result->kind, asked.result_type());
    }
    static std::string text_of(const signature& type) {
        const auto name = [](ffi::kind k) { return is_scalar(k) ? std::string(name_of(k)) : "a record"; };
        std::string text = name(type.result_type()) + "(";
        for (const ffi::kind parameter : type.parameters()) text += (text.ends_with('(') ? "" : ", ") + name(parameter);
        return text + ")";
    }

    ffi::type_pool types_;
    std::vector<declared> all_;  ///< by name
};

inline result<declared_exports, load_error> declared_exports::read(std::string_view text) {
    constexpr const char* action = "reading";
    const auto symbols = symbol_manifest::read(text);
    if (!symbols)
        return refuse(symbols.error().code, action, "SYMB: " + std::string(symbols.error().message().c_str()));
    declared_exports made(text.size());
    for (const exported_symbol& e : symbols->exports) {
        if (e.signature.empty()) continue;
        const auto type = ffi::read_function_type(e.signature, made.types_);
        const auto kept = type ? made.types_.keep(*type) : result<const ffi::function_type*>(nullptr);
        if (!type || !kept) {
            auto wrong = refuse(
                type ? kept.error().code : type.error().code, action,
                std::string("SYMB: ") + (type ? "too many types" : type.error().reason) + ": '" + e.signature + "'");
            wrong.error().symbol = e.name;
            return wrong;
        }
        made.all_.push_back({e.name, e.signature, *kept});
    }
    std::sort(made.all_.begin(), made.all_.end(), [](const declared& a, const declared& b) { return a.name < b.name; });
    return made;
}

inline result<void, load_error> declared_exports::check(const char* name, const signature* asked) const {
    const auto found = std::lower_bound(all_.begin(), all_.end(), std::string_view(name),
                                        [](const declared& d, std::string_view n) { return d.name < n; });
    if (found == all_.end() || found->name != name) return {};
    if (asked != nullptr && is_same(*found->type, *asked)) return {};
    return refuse(errc::invalid_argument, "looking up",
                  "it is asked for as " + (asked != nullptr ? text_of(*asked) : "a function of many parameters") +
                      ", and the container says that it is " + found->text);
}

/// A native module whose exports have types.
class typed_body final : public module_body {
public:
    typed_body(std::unique_ptr<module_body> of, declared_exports&& types) noexcept
        : of_(std::move(of)), types_(std::move(types)) {}

    void* symbol(const char* name) const noexcept override { return of_->symbol(name); }
    result<function_entry, load_error> function(const char* name, const signature* types) const override {
        return of_->function(name, types);
    }
    result<void, load_error> check_type(const char* name, const signature* asked) const override {
        return types_.check(name, asked);
    }
    bool locate(std::uintptr_t address, symbol_location& to) const override { return of_->locate(address, to); }

private:
    std::unique_ptr<module_body> of_;
    declared_exports types_;
};

/// How a container's forms are tried.
template <sys::platform P>
class form_choice {
public:
    form_choice(const vitb::container& of, const char* name, const link_context& with, std::uint64_t limit) noexcept
        : of_(of), name_(name), with_(with), limit_(limit) {}

    /// The module if it can be made in that form, else null. Fails if an entry is damaged or too large.
    linked attempt(container_form form) {
        using vitb::kind;
        std::unique_ptr<module_body> made;
        const auto each = [&](kind wanted, auto&& link) -> result<void, load_error> {
            for (const vitb::entry& e : of_) {
                if (e.kind != wanted || made != nullptr) continue;
                VITTE_CHECK(link(e));
            }
            return {};
        };
        const auto take = [&](const vitb::entry& e, auto&& link) -> result<void, load_error> {
            VITTE_TRY(const auto content, read(e));
            made = kept(e, link(content.span()));
            return {};
        };
        switch (form) {
            case container_form::native:
            case container_form::os_native:
                for (const target_fit wanted : {target_fit::exact, target_fit::other_abi}) {
                    VITTE_CHECK(each(kind::natv, [&](const vitb::entry& e) -> result<void, load_error> {
                        if (fits(target::read(e.label)) != wanted) return {};
                        return take(e, [&](auto bytes) { return link(form, bytes); });
                    }));
                }
                break;
            case container_form::webassembly:
                VITTE_CHECK(each(kind::code, [&](const vitb::entry& e) {
                    return take(e, [&](auto bytes) { return link_code(bytes); });
                }));
                break;
            case container_form::script:
                VITTE_CHECK(each(kind::scpt, [&](const vitb::entry& e) {
                    return take(e, [&](auto text) {
                        return link_as(with_.understanding(e.label), text, "no format for this language");
                    });
                }));
                break;
        }
        return made;
    }

    /// Why there is no module.
    unexpected<load_error> refuse_all() {
        for (const vitb::entry& e : of_)
            if (e.kind == vitb::kind::natv && fits(target::read(e.label)) == target_fit::none)
                note(e, "for another target than " + host());
        if (notes_.empty()) notes_ = "neither NATV, CODE nor SCPT is in it, or the program takes none of them";
        return refuse(failed_ ? code_ : errc::not_supported, "choosing a form", std::move(notes_));
    }

private:
    using image = std::span<const std::byte>;

    static std::string host() {
        std::string text(host_target.machine);
        text.append("-").append(host_target.system);
        if (!host_target.abi.empty()) text.append("-").append(host_target.abi);
        return text;
    }

    result<vitb::held_content, load_error> read(const vitb::entry& e) const {
        auto made = vitb::content(e, limit_);
        if (!made) return refuse_file(made.error());
        return std::move(*made);
    }

    linked link(container_form form, image bytes) const {
        if (form == container_form::native) {
            if constexpr (loader::native::machine::supported) return with_.link_native(bytes, name_);
            return refuse(errc::not_supported, "linking", "our own linker knows no images of this system");
        }
        if (!with_.has_os_linker())
            return refuse(errc::not_supported, "linking", "the loader does not use the OS's linker");
        if constexpr (requires { typename P::directories; }) {
            return os_linked_body<P>::make(bytes, [this](const char* path) { return with_.link_with_os(path); });
        } else {
            return refuse(errc::not_supported, "linking", "there are no files for the OS's linker");
        }
    }
    linked link_code(image code) const {
        // Nothing else, a container in a container neither.
        if (!wasm::file::is_module(code)) return refuse(errc::malformed, "reading", "it is no WebAssembly module");
        return link_as(with_.recognizing(code), code, "no format for WebAssembly");
    }
    linked link_as(const module_format* format, image bytes, const char* missing) const {
        if (format != nullptr) return format->link(bytes, name_, with_);
        return refuse(errc::not_supported, "linking", std::string("the loader has ") + missing + ": see `add_format`");
    }

    /// The module that was made of `e`, or null, and why.
    std::unique_ptr<module_body> kept(const vitb::entry& e, linked made) {
        if (made) return std::move(*made);
        // What cannot be used here says less than what failed.
        if (!failed_ || code_ == errc::not_supported) code_ = made.error().code;
        failed_ = true;
        made.error().module.clear();
        note(e, made.error().message().substr(2));
        return nullptr;
    }
    void note(const vitb::entry& e, std::string_view reason) {
        constexpr std::size_t most = 2048;
        if (notes_.size() > most) return;
        if (!notes_.empty()) notes_ += "; ";
        notes_ += e.kind == vitb::kind::natv ? "NATV " : e.kind == vitb::kind::scpt ? "SCPT " : "CODE";
        notes_.append(e.label).append(": ").append(reason);
    }

    const vitb::container& of_;
    const char* name_;
    const link_context& with_;
    std::uint64_t limit_;
    std::string notes_;  ///< why forms were not taken
    errc code_ = errc::not_supported;
    bool failed_ = false;
};

}  // namespace detail

/// Makes modules of containers. Of the forms in the order that the options give, the first that can be linked is taken;
/// of several native ones for this machine and system the one for this C library first. Native parts are loaded in the
/// loader's own name space. Of a native module `module::function` checks the type where SYMB tells it.
///
/// Our own linker gets a native part as a copy that nobody can change any more. The OS's linker takes only files by
/// their paths: it gets one in a new folder of this user alone (rights 0700 on POSIX, below the user's own temporary
/// folder on Windows) with a name that nobody knows before, which nobody else may open; on Windows it is also held open
/// so that nobody at all can write to it, remove or rename it, and compared once more before it is loaded. It is
/// removed when the module is unloaded.
template <sys::platform P = sys::native>
class basic_container_format final : public module_format {
public:
    explicit basic_container_format(container_options chosen = {}) : options_(std::move(chosen)) {}

    bool recognizes(std::span<const std::byte> head) const noexcept override { return vitb::is_container(head); }

    /// Fails with what is wrong and at which byte ("reading"), also if an entry that is used is damaged, and if no form
    /// can be used with why each was not taken ("choosing a form"): with the code of the first that was tried and
    /// failed, or `errc::not_supported`.
    linked link(std::span<const std::byte> bytes, const char* name, const link_context& with) const override {
        const auto parsed = vitb::container::parse(bytes);
        if (!parsed) return detail::refuse_file(parsed.error());
        detail::declared_exports types;
        if (const auto symbols = parsed->find(vitb::kind::symb)) {
            const auto text = vitb::content(*symbols, std::min(options_.most_of_entry, most_of_manifest));
            if (!text) return detail::refuse_file(text.error());
            VITTE_TRY(types, detail::declared_exports::read(text->text()));
        }
        detail::form_choice<P> forms(*parsed, name, with, options_.most_of_entry);
        for (const container_form form : options_.order) {
            VITTE_TRY(auto made, forms.attempt(form));
            if (made == nullptr) continue;
            if (made->kind() != nullptr || types.empty()) return made;
            return std::make_unique<detail::typed_body>(std::move(made), std::move(types));
        }
        return forms.refuse_all();
    }

private:
    container_options options_;
};
using container_format = basic_container_format<>;

}  // namespace vitte::loader
