/// Native images for the OS's linker, which takes only files by their paths, of which nobody has changed a byte since
/// they were verified.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>
#include <vitte/loader/module.hpp>
#include <vitte/sys/fs/temporary.hpp>

namespace vitte::loader::detail {

/// A native image as a file that only the OS's linker and this process see, and what that made of it.
template <sys::platform P>
class os_linked_body final : public module_body {
public:
    /// Has `link(path)` make a module of the file, which is removed with that.
    template <class Link>
    static linked make(std::span<const std::byte> image, Link&& link) {
        constexpr const char* action = "making a private file";
        auto folder = sys::basic_temporary_directory<P>::create();
        if (!folder) return refuse(folder.error(), action);
        auto made = std::make_unique<os_linked_body>(std::move(*folder));
        if (const auto written = made->write(image); !written) return refuse(written.error(), action);
        VITTE_TRY(made->of_, link(made->path_.c_str()));
        return made;
    }
    explicit os_linked_body(sys::basic_temporary_directory<P>&& folder) : folder_(std::move(folder)) {
        // A name of its own: the OS's linkers tell modules apart by their names, too.
        const std::string_view where = folder_.path();
        path_ = std::string(where) + "/" + std::string(where.substr(where.size() - 24)) + ".dll";
    }

    void* symbol(const char* name) const noexcept override { return of_->symbol(name); }
    bool locate(std::uintptr_t address, symbol_location& to) const override { return of_->locate(address, to); }

private:
    /// Leaves the file open, so that it stays as it is where the OS can say so.
    result<void> write(std::span<const std::byte> image) {
        {
            VITTE_TRY(auto file, sys::basic_file<P>::open(path_.c_str(), {sys::open_mode::create_new, 0, 0600}));
            VITTE_CHECK(file.write(image));
            VITTE_CHECK(file.close());
        }
        VITTE_TRY(file_, sys::basic_file<P>::open(path_.c_str(), {sys::open_mode::read, sys::open_guarded}));
        VITTE_TRY(const auto facts, file_.info());
        bool is_same = facts.size == image.size();
        std::vector<std::byte> piece(std::min<std::size_t>(image.size(), std::size_t{1} << 16));
        for (std::size_t at = 0; is_same && at < image.size(); at += piece.size()) {
            const auto wanted = image.subspan(at, std::min(piece.size(), image.size() - at));
            VITTE_TRY(const std::size_t got, file_.read_at(std::span(piece).first(wanted.size()), at));
            is_same = got == wanted.size() && std::equal(wanted.begin(), wanted.end(), piece.begin());
        }
        if (!is_same) return fail(errc::permission_denied, "compare with what was written");
        return {};
    }

    sys::basic_temporary_directory<P> folder_;
    std::string path_;
    sys::basic_file<P> file_{P::files::invalid};
    std::unique_ptr<module_body> of_;
};

}  // namespace vitte::loader::detail
