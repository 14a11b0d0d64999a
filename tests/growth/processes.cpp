// Processes that are killed with all below them, on a system that has as many of them as are asked for; and what one
// says.
#include <vitte/sys/process/capture.hpp>

#include "growth.hpp"

namespace {
using namespace vitte::sys;
using growth::job;

/// They stand still when they are asked to, and end when they are killed.
struct crowded : native {
    struct processes : native::processes {
        static inline std::size_t count = 0, killed = 0;
        static inline bool in_line = false;  ///< whether each has one child, or the first has all
        static inline auto all_are = process_entry::state::runs;

        static vitte::result<std::size_t> list(process_entry* to, std::size_t room) noexcept {
            for (std::size_t i = 0; i < count && i < room; ++i) {
                const std::uint64_t id = first + i;
                to[i] = {id, i == 0 ? 1 : in_line ? id - 1 : first, first, 1, all_are};
            }
            return count;
        }
        static vitte::result<void> send_id(std::uint64_t, process_signal signal) noexcept {
            if (signal == process_signal::suspend) all_are = process_entry::state::suspended;
            if (signal == process_signal::kill) ++killed;
            return {};
        }
    };
    static constexpr std::uint64_t first = 1000;
};

job killed(std::size_t size, bool in_line) {
    return [=] {
        using system = crowded::processes;
        system::count = size, system::killed = 0, system::in_line = in_line;
        system::all_are = process_entry::state::runs;
        return detail::process_tree<crowded>(crowded::first, 0).kill() && system::killed == size;
    };
}

/// A child says as much as it is to say, a page at a time.
struct talkative : native {
    struct processes : native::processes {
        class pipe_end {
        public:
            using handle = int;
            void open(std::size_t size) { left_ = size, is_open_ = true; }
            bool is_open() const noexcept { return is_open_; }
            int native_handle() const noexcept { return -1; }
            void close() noexcept { is_open_ = false; }
            void begin(std::byte* to, std::size_t room) noexcept { to_ = to, room_ = room; }
            void cancel() noexcept {}
            vitte::result<std::size_t> finish() noexcept {
                const std::size_t size = std::min({left_, room_, std::size_t{4096}});
                __builtin_memset(to_, 'x', size);
                left_ -= size;
                return size;
            }
            static vitte::result<void> wait_any(pipe_end* const*, std::size_t, std::int64_t) noexcept { return {}; }

        private:
            bool is_open_ = false;
            std::byte* to_ = nullptr;
            std::size_t room_ = 0, left_ = 0;
        };
    };
};

job captured(std::size_t size) {
    return [=] {
        basic_process<talkative> child({}, false);
        child.detach();
        child.output().native_end().open(size);
        const capture_options options;
        detail::conversation<talkative> talk(child, options);
        const auto ended = talk.run();
        return ended && *ended == capture_end::exited && talk.take(0).size() == size;
    };
}

constexpr growth::shape all[] = {
    {"siblings that are killed", 2'000, [](std::size_t size) { return killed(size, false); }},
    {"generations that are killed", 2'000, [](std::size_t size) { return killed(size, true); }},
    {"output that is captured", 1 << 20, captured},
};
}  // namespace

std::span<const growth::shape> growth::processes() { return all; }
