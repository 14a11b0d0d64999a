// The plugin of tally.c, in C++.
#include <vitte/plugin.h>

#include <array>
#include <new>
#include <string_view>

VITTE_PLUGIN_INFO(R"({"name": "acme/tally", "version": "1.0.0", "abi": 1,
 "needs": [{"service": "acme/echo", "version": 1, "optional": true}],
 "provides": [{"service": "acme/tally", "version": 1}]})")

namespace {

class tally {
public:
    explicit tally(const vitte_host& host) noexcept : host_(host) {}
    ~tally() { log("ended"); }

    static std::int32_t start(const vitte_host* host, void** state) noexcept {
        void* const room = host->allocate(host->context, sizeof(tally));
        if (room == nullptr) return VITTE_OUT_OF_MEMORY;
        auto* const made = new (room) tally(*host);
        *state = made;
        if (const auto status = host->register_service(host->context, "acme/tally", 1, &made->service_)) {
            host->release(host->context, room);
            return status;
        }
        made->log("started");
        return VITTE_OK;
    }
    void end() noexcept {
        const vitte_host& host = host_;
        this->~tally();
        host.release(host.context, this);
    }
    std::int32_t execute(std::string_view text, vitte_output& to) noexcept {
        if (text.empty()) {
            constexpr std::string_view why = "there is nothing to count";
            host_.set_error(host_.context, why.data(), why.size());
            return VITTE_INVALID_ARGUMENT;
        }
        if (text == "options")
            return VITTE_HAS(&host_, get_options) ? host_.get_options(host_.context, &to) : VITTE_NOT_SUPPORTED;
        if (text == "echo") {
            const vitte_service* const echo = host_.get_service(host_.context, "acme/echo", 1);
            if (echo == nullptr || echo->call == nullptr) return VITTE_NOT_FOUND;
            return echo->call(echo->state, text.data(), text.size(), &to);
        }
        count_ += text.size();
        for (const char c : text) {
            const char capital = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            if (const auto status = to.write(to.context, &capital, 1)) return status;
        }
        return VITTE_OK;
    }
    std::int32_t tell(vitte_output& to) const noexcept {
        std::array<unsigned char, 8> bytes;
        for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(count_ >> 8 * i);
        return to.write(to.context, bytes.data(), bytes.size());
    }
    std::int32_t restore(std::string_view saved) noexcept {
        if (saved.size() != 8) return VITTE_INVALID_ARGUMENT;
        count_ = 0;
        for (std::size_t i = 8; i-- > 0;) count_ = count_ << 8 | static_cast<unsigned char>(saved[i]);
        return VITTE_OK;
    }

private:
    void log(std::string_view text) const noexcept { host_.log(host_.context, VITTE_INFO, text.data(), text.size()); }

    const vitte_host& host_;
    std::uint64_t count_ = 0;
    vitte_service service_{sizeof(vitte_service), 0, this,
                           [](void* self, const void*, std::size_t, vitte_output* to) {
                               return static_cast<const tally*>(self)->tell(*to);
                           }};
};
tally& of(void* state) noexcept { return *static_cast<tally*>(state); }
std::string_view text(const void* bytes, std::size_t size) noexcept { return {static_cast<const char*>(bytes), size}; }

}  // namespace

VITTE_PLUGIN_TABLE = {
    sizeof(struct vitte_plugin),
    VITTE_PLUGIN_ABI,
    "acme/tally",
    "1.0.0",
    R"([{"service": "acme/echo", "version": 1, "optional": true}])",
    tally::start,
    [](void* state, const void* input, std::size_t size, vitte_output* to) {
        return of(state).execute(text(input, size), *to);
    },
    [](void* state) { of(state).end(); },
    [](void* state, vitte_output* to) { return of(state).tell(*to); },
    [](void* state, const void* saved, std::size_t size) { return of(state).restore(text(saved, size)); },
};
