/// How the interpreter is entered and left, which depends on how the unit is compiled that has its handlers.
#pragma once

#include <vitte/core/separate.hpp>
#include <vitte/loader/wasm/interpret/control.hpp>
#include <vitte/loader/wasm/run/invoke.hpp>

namespace vitte::loader::wasm::detail {

VITTE_SEPARABLE void interpret([[maybe_unused]] execution& e, const function& f, std::byte* frame) noexcept {
#if VITTE_WASM_TAIL_CALLS
    f.entry->run(f.entry, frame, f.in->memory_data, f.in, 0, 0, 0);
#else
    registers x{f.entry, frame, f.in->memory_data, f.in, 0, 0, 0};
    while (x.pc != ops::stop_code) x.pc->run(x);
    e.r = x.r;
    e.d = x.d;
    e.s = x.s;
#endif
}

VITTE_SEPARABLE bool run_function(execution& e, const function& f, std::byte* frame) noexcept {
    if (e.depth == e.most_depth) {
        e.trap = trap_code::call_stack_exhausted;
        e.trap_pc = nullptr;
        return false;
    }
    if (f.code == nullptr) {
        ++e.depth;
        trap_code code = ops::call_in_place(e, f, nullptr, frame);
        --e.depth;
        if (code == trap_code::none) code = e.asked_to_stop();
        if (code != trap_code::none) {
            e.trap = code;
            e.trap_pc = nullptr;
            return false;
        }
        e.r = ops::get<std::uint64_t>(frame);
        e.d = ops::get<double>(frame);
        e.s = ops::get<float>(frame);
        return true;
    }
    if (frame + f.code->frame_bytes > e.limit.load_relaxed()) [[unlikely]] {
        e.trap = ops::refused(e);
        e.trap_pc = nullptr;
        return false;
    }
    ops::put(frame + f.code->link, frame_link{ops::stop_code, frame, f.in});
    ++e.depth;
    const bool in_host = e.in_host;
    e.in_host = false;
    if (e.enter != nullptr)
        e.enter(e, f, frame);
    else
        interpret(e, f, frame);
    e.in_host = in_host;
    --e.depth;
    return e.trap == trap_code::none;
}

inline std::string function_name(const module_data& module, std::uint32_t index) {
    constexpr std::size_t most = 256;  // many frames may have the same name
    if (index < module.function_names.size() && !module.function_names[index].empty())
        return module.function_names[index].substr(0, most);
    constexpr std::size_t most_exports = 4096;  // a trap is told soon, also to who has set a deadline
    for (std::size_t i = 0; i < module.exports.size() && i < most_exports; ++i) {
        const export_description& x = module.exports[i];
        if (x.kind == external_kind::function && x.index == index) return x.name.substr(0, most);
    }
    return {};
}

[[gnu::cold, gnu::noinline]] VITTE_SEPARABLE trap take_trap(execution& e) {
    constexpr std::size_t most_frames = 64;
    trap made;
    made.code = std::exchange(e.trap, trap_code::none);
    made.reason = std::exchange(e.reason, std::string());
    e.has_stopped();
    const cell* pc = std::exchange(e.trap_pc, nullptr);
    const std::byte* frame = e.trap_frame;
    const runtime* in = e.trap_in;
    while (pc != nullptr && pc != ops::stop_code && made.frames.size() < most_frames) {
        const body* const code = in->module->body_at(pc);
        if (code == nullptr) break;
        made.frames.push_back({in->name, code->index, function_name(*in->module, code->index)});
        const auto back = ops::get<frame_link>(frame + code->link);
        pc = back.pc == ops::stop_code ? nullptr : back.pc - 1;
        frame = back.frame;
        in = back.in;
    }
    return made;
}

}  // namespace vitte::loader::wasm::detail
