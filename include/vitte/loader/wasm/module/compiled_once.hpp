/// Modules that are in use, by content: what is loaded twice is compiled once.
#pragma once

#include <algorithm>
#include <memory>
#include <vitte/loader/wasm/module/compiled_module.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::loader::wasm {

/// Knows modules as long as somebody else has them; all were compiled with the same options, and keep their bytes. Any
/// thread may use it.
template <sys::platform P = sys::native>
class basic_compiled_once {
public:
    /// The module that `content` is: one that is in use, or what `compile()` makes, which two threads may have made at
    /// the same time.
    template <class Compile>
    result<compiled_module, parse_error> get(bytes content, Compile compile) {
        if (auto found = find(content)) return compiled_module(std::move(found));
        auto made = compile();
        if (!made) return made;
        const sys::scoped_lock hold(lock_);
        erase_if(known_, [](const auto& one) { return one.expired(); });
        known_.push_back(made->shared());
        return made;
    }

private:
    std::shared_ptr<const module_data> find(bytes content) {
        const sys::scoped_lock hold(lock_);
        for (const auto& one : known_)
            if (auto held = one.lock(); held != nullptr && std::ranges::equal(held->storage, content)) return held;
        return nullptr;
    }

    sys::basic_mutex<P> lock_;
    light_vector<std::weak_ptr<const module_data>> known_;
};

}  // namespace vitte::loader::wasm
