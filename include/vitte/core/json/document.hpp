/// `json::document`: a text of JSON as values that a program can ask for, and errors that say which of them is wrong.
#pragma once

#include <concepts>
#include <limits>
#include <vitte/core/json/reader.hpp>
#include <vitte/core/json/writer.hpp>

namespace vitte::json {
class document;
}
namespace vitte::toml {
result<json::document, json::read_error> read(std::string_view text, const json::read_options& options) noexcept;
}

namespace vitte::json {

/// What a value is (RFC 8259, 3). `moment`, a date or a time, is only in what `toml::read` read.
enum class kind : unsigned char { null, boolean, number, string, array, object, moment };

/// "a string" and so on. Never null.
constexpr const char* name_of(kind k) noexcept {
    constexpr const char* names[] = {"null",     "a boolean", "a number",        "a string",
                                     "an array", "an object", "a date or a time"};
    return names[static_cast<int>(k)];
}

struct member;

/// One value of a document, a reference to it: it ends when the document ends or reads again; moving the document does
/// not matter. Or nothing, which only tells so. Several threads may use values of a document at once.
class value {
public:
    constexpr value() noexcept = default;

    /// Whether it is a value. What is not stops the program when it is asked for anything else.
    constexpr explicit operator bool() const noexcept { return tree_ != nullptr; }

    json::kind kind() const noexcept {
        switch (at().kind) {
            case detail::node_kind::null: return json::kind::null;
            case detail::node_kind::no:
            case detail::node_kind::yes: return json::kind::boolean;
            case detail::node_kind::plain:
            case detail::node_kind::unescaped: return json::kind::string;
            case detail::node_kind::moment: return json::kind::moment;
            case detail::node_kind::array: return json::kind::array;
            case detail::node_kind::object: return json::kind::object;
            default: return json::kind::number;
        }
    }
    bool is_null() const noexcept { return at().kind == detail::node_kind::null; }

    /// The value as a `T`, one of:
    /// - `bool`
    /// - an integer type: exact; fails with `errc::out_of_range` if `T` does not have it. Numbers with a point or an
    ///   exponent are none, whatever they amount to.
    /// - `double`: the nearest one; `errc::out_of_range` beyond all of them.
    /// - `std::string_view`: UTF-8, with NULs if the text has them; it lives as long as this value, and as the text.
    /// A value of another kind is `errc::invalid_argument`. To tell where takes time as long as the text is: where
    /// several kinds are right, ask for `kind` first.
    template <class T>
        requires(std::integral<T> || std::same_as<T, double> || std::same_as<T, std::string_view>)
    result<T, read_error> get() const noexcept {
        using detail::node_kind;
        const detail::node& n = at();
        if constexpr (std::same_as<T, bool>) {
            if (n.kind == node_kind::yes || n.kind == node_kind::no) return n.kind == node_kind::yes;
            return refuse(errc::invalid_argument, "a boolean");
        } else if constexpr (std::same_as<T, std::string_view>) {
            if (n.kind == node_kind::plain || n.kind == node_kind::unescaped) return tree_->string(n);
            return refuse(errc::invalid_argument, "a string");
        } else if constexpr (std::same_as<T, double>) {
            if (n.kind == node_kind::real) return std::bit_cast<double>(n.bits);
            if (n.kind == node_kind::natural) return static_cast<double>(n.bits);
            if (n.kind == node_kind::negative) return static_cast<double>(static_cast<std::int64_t>(n.bits));
            if (n.kind != node_kind::long_number) return refuse(errc::invalid_argument, "a number");
            const double nearest = decimal_to_double(number_text());
            if (nearest - nearest == 0) return nearest;
            return refuse(errc::out_of_range, "a number that a double can hold", "a greater one");
        } else {
            using limits = std::numeric_limits<T>;
            constexpr const char* expected = limits::is_signed ? sizeof(T) == 8   ? "an integer of 64 bits"
                                                                 : sizeof(T) == 4 ? "an integer of 32 bits"
                                                                                  : "a small integer"
                                             : sizeof(T) == 8  ? "an integer of 64 bits that is not negative"
                                             : sizeof(T) == 4  ? "an integer of 32 bits that is not negative"
                                                               : "a small integer that is not negative";
            if (n.kind == node_kind::natural && n.bits <= static_cast<std::uint64_t>(limits::max()))
                return static_cast<T>(n.bits);
            if (n.kind == node_kind::negative && limits::is_signed &&
                static_cast<std::int64_t>(n.bits) >= static_cast<std::int64_t>(limits::min()))
                return static_cast<T>(static_cast<std::int64_t>(n.bits));
            if (kind() != json::kind::number) return refuse(errc::invalid_argument, expected);
            const bool is_integer = n.kind == node_kind::natural || n.kind == node_kind::negative;
            if (!is_integer && number_text().find_first_of(".eEn") != std::string_view::npos)  // or inf, or nan
                return refuse(errc::invalid_argument, expected, "a number with a point or an exponent");
            return refuse(errc::out_of_range, expected, "a number outside its range");
        }
    }

    /// A number as it stands in the text, for those that no type here holds; empty for other values.
    std::string_view number_text() const noexcept {
        if (kind() != json::kind::number) return {};
        const std::string_view rest = tree_->text.substr(at().offset);
        return rest.substr(0, rest.find_first_of(" \t\r\n,]}#"));
    }
    /// A date or a time as it stands in the text, which `toml::date_time::of` reads; empty for other values.
    std::string_view moment_text() const noexcept {
        return at().kind == detail::node_kind::moment ? tree_->string(at()) : std::string_view();
    }

    /// How many elements or members there are; 0 for other values.
    std::size_t size() const noexcept { return at().kind >= detail::node_kind::array ? at().high() : 0; }

    template <class Item>
    class range;
    using element_range = range<value>;
    using member_range = range<json::member>;
    /// The elements, as a range of `value`, which a loop needs under a name: in C++20 `for (x : *v.elements())` outlives
    /// it. `errc::invalid_argument` if this is no array.
    result<element_range, read_error> elements() const noexcept;
    /// The members, as a range of `member`, likewise; `errc::invalid_argument` if this is no object.
    result<member_range, read_error> members() const noexcept;

    /// The first member of that name; nothing if there is none, or this is no object. Looks through all members.
    value find(std::string_view name) const noexcept;
    /// The same; `errc::not_found` if there is none, `errc::invalid_argument` if this is no object.
    result<value, read_error> member(std::string_view name) const noexcept {
        if (at().kind != detail::node_kind::object) return refuse(errc::invalid_argument, "an object");
        if (const value found = find(name)) return found;
        auto failed = refuse(errc::not_found, "", "no such member in the object");
        name_member(failed.error(), name);
        return failed;
    }
    /// `member(name)` as a `T`, as `get` has it.
    template <class T>
    result<T, read_error> get(std::string_view name) const noexcept {
        auto found = member(name);
        if (!found) return unexpected(std::move(found).error());
        return found->template get<T>();
    }

    /// An error of the program's own about this value, such as "a version" is needed, found "a string that is none".
    [[gnu::cold]] unexpected<read_error> refuse(errc why, const char* expected, const char* found) const noexcept {
        unexpected<read_error> made(in_place, why, expected, found, tree_->text, std::size_t{at().offset});
        made.error().path = path();
        return made;
    }

    /// Where it is in the document, such as "dependencies[2].version"; the beginning is left out if it is long. Names
    /// that are not letters, digits, '_' and '-' are in quotes. Empty for the whole.
    [[gnu::cold]] error_text path() const noexcept;

private:
    friend class document;
    template <output Output>
    friend void write(writer<Output>& to, value what) noexcept;
    value(const detail::tree* of, std::uint32_t index) noexcept : tree_(of), index_(index) {}

    const detail::node& at() const noexcept {
        VITTE_ASSERT(tree_ != nullptr);
        return tree_->nodes()[index_];
    }
    unexpected<read_error> refuse(errc why, const char* expected) const noexcept {
        return refuse(why, expected, name_of(kind()));
    }
    static void name_member(read_error& of, std::string_view name) noexcept;

    const detail::tree* tree_ = nullptr;
    std::uint32_t index_ = 0;
};

/// A member of an object.
struct member {
    std::string_view name;
    json::value value;
};

/// Elements of an array, or members of an object, in their order.
template <class Item>
class value::range {
public:
    class iterator {
    public:
        using value_type = Item;
        using difference_type = std::ptrdiff_t;
        iterator() noexcept = default;
        Item operator*() const noexcept {
            if constexpr (names == 0)
                return {tree_, index_};
            else
                return {tree_->string(tree_->nodes()[index_]), {tree_, index_ + names}};
        }
        iterator& operator++() noexcept {
            index_ = tree_->behind(index_ + names);
            return *this;
        }
        iterator operator++(int) noexcept {
            const iterator before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const iterator&, const iterator&) noexcept = default;

    private:
        friend class range;
        static constexpr std::uint32_t names = std::same_as<Item, json::member> ? 1 : 0;  ///< nodes before the value
        iterator(const detail::tree* of, std::uint32_t index) noexcept : tree_(of), index_(index) {}
        const detail::tree* tree_ = nullptr;
        std::uint32_t index_ = 0;
    };

    iterator begin() const noexcept { return {of_.tree_, of_.index_ + 1}; }
    iterator end() const noexcept { return {of_.tree_, of_.at().low()}; }
    std::size_t size() const noexcept { return of_.size(); }

private:
    friend class value;
    explicit range(value of) noexcept : of_(of) {}
    value of_;
};

inline result<value::element_range, read_error> value::elements() const noexcept {
    if (at().kind != detail::node_kind::array) return refuse(errc::invalid_argument, "an array");
    return element_range(*this);
}
inline result<value::member_range, read_error> value::members() const noexcept {
    if (at().kind != detail::node_kind::object) return refuse(errc::invalid_argument, "an object");
    return member_range(*this);
}

inline value value::find(std::string_view name) const noexcept {
    if (at().kind != detail::node_kind::object) return {};
    for (std::uint32_t i = index_ + 1; i < at().low(); i = tree_->behind(i + 1))
        if (tree_->nodes()[i].high() == name.size() && tree_->string(tree_->nodes()[i]) == name) return {tree_, i + 1};
    return {};
}

namespace detail {
/// A path that is put together from its beginning, and keeps its end.
class path_writer {
public:
    void put(std::string_view text) noexcept {
        vitte::detail::for_each_printed(text.data(), text.size(), [this](const auto& c) {
            if (size_ + c.size() > sizeof text_) drop();
            std::memcpy(text_ + size_, c.data(), c.size());
            size_ += c.size();
        });
    }
    void put_member(std::string_view name) noexcept {
        const auto is_plain = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        };
        bool plain = !name.empty();
        for (const char c : name) plain = plain && is_plain(c);
        if (size_ != 0) put(".");
        if (!plain) put("\"");
        put(name.size() <= 200 ? name : name.substr(name.size() - 200));
        if (!plain) put("\"");
    }
    void put_index(std::size_t index) noexcept {
        put("[");
        put(vitte::detail::digits(index).c_str());
        put("]");
    }
    error_text text() const noexcept {
        return error_text([this](char* to, std::size_t room) {
            const std::size_t n = size_ < room ? size_ : room;
            std::memcpy(to, text_ + size_ - n, n);
            return n;
        });
    }

private:
    void drop() noexcept {
        std::memmove(text_, text_ + sizeof text_ / 2, size_ - sizeof text_ / 2);
        size_ -= sizeof text_ / 2;
    }
    char text_[512];
    std::size_t size_ = 0;
};
}  // namespace detail

inline error_text value::path() const noexcept {
    detail::path_writer made;
    for (std::uint32_t in = 0; in != index_;) {
        const bool is_object = tree_->nodes()[in].kind == detail::node_kind::object;
        std::uint32_t i = in + 1;
        for (std::size_t count = 0;; ++count) {
            const std::uint32_t behind = tree_->behind(i + is_object);
            if (behind > index_) {
                if (is_object)
                    made.put_member(tree_->string(tree_->nodes()[i]));
                else
                    made.put_index(count);
                break;
            }
            i = behind;
        }
        in = i + is_object;
    }
    return made.text();
}

inline void value::name_member(read_error& of, std::string_view name) noexcept {
    detail::path_writer made;
    made.put({of.path.data(), of.path.size()});
    made.put_member(name);
    of.path = made.text();
}

/// A text of JSON (RFC 8259) that was read: nothing else is accepted, no byte order mark either. Numbers are integers
/// of 64 bits where they are, else doubles, else kept as their text; "-0" is the double. Strings without escapes are
/// not copied: the text must live as long as the document's values are used. Two blocks of memory hold all: 16 bytes
/// for each value and each name, and the strings that have escapes. Texts are less than 4 GiB.
class document {
public:
    document() noexcept = default;
    document(document&& other) noexcept : tree_(std::exchange(other.tree_, nullptr)) {}
    document& operator=(document&& other) noexcept {
        std::swap(tree_, other.tree_);
        return *this;
    }
    ~document() {
        if (tree_ != nullptr) std::free(tree_->unescaped);
        std::free(tree_);
    }

    /// Reads `text`, in the memory that the document has. After an error it is empty. Nothing in `text` makes it
    /// recurse or take more than a time of n log n.
    result<void, read_error> read(std::string_view text, const read_options& options = {}) noexcept {
        return take(detail::reader(text, options, tree_));
    }

    /// The whole; nothing if nothing was read.
    value root() const noexcept { return tree_ != nullptr && tree_->size != 0 ? value(tree_, 0) : value(); }

private:
    friend result<json::document, json::read_error> toml::read(std::string_view text,
                                                               const json::read_options& options) noexcept;

    template <class Reader>
    result<void, read_error> take(Reader reader) noexcept {
        auto done = reader.read();
        tree_ = reader.memory();
        return done;
    }
    detail::tree* tree_ = nullptr;
};

/// A document of `text`, which must live as long as it.
inline result<document, read_error> read(std::string_view text, const read_options& options = {}) noexcept {
    document made;
    VITTE_CHECK(made.read(text, options));
    return made;
}

}  // namespace vitte::json
