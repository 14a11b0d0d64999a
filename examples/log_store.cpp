// A key-value store in one file, to which each change is added with a checksum: `log_store` survives 10,000 failures of
// power on a simulated disk, and then the same source keeps its values on the real one.
#include <cstdio>
#include <map>
#include <string>

#include <vitte/core/bytes.hpp>
#include <vitte/core/crc32.hpp>
#include <vitte/sys/fs.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/platform/simulated.hpp>

using namespace vitte;

template <sys::platform P>
class log_store {
public:
    std::map<std::string, std::string> values;

    /// What is in the log, up to the first record that is not whole: the power failed while it was written.
    static result<log_store> open(const char* path) {
        VITTE_TRY(auto file, sys::basic_file<P>::open(path, sys::open_mode::update));
        log_store made(std::move(file), path);
        VITTE_TRY(const auto content, sys::read<P>(path));
        byte_reader log(content.bytes());
        while (made.read_record(log)) made.end_ = log.position();
        VITTE_CHECK(made.file_.resize(made.end_));
        VITTE_CHECK(made.file_.sync());
        VITTE_TRY(const auto folder, sys::basic_directory<P>::open("."));
        VITTE_CHECK(folder.sync());
        return made;
    }
    /// Returns when the value is stored for good. After a failure the store must be opened again.
    result<void> put(const std::string& key, const std::string& value) {
        const std::string r = record(key, value);
        VITTE_CHECK(file_.write_at(sys::as_bytes(r), end_));
        VITTE_CHECK(file_.sync_data());
        end_ += r.size();
        values[key] = value;
        return end_ < 16'384 ? result<void>() : compact();
    }

private:
    log_store(sys::basic_file<P>&& file, const char* path) : file_(std::move(file)), path_(path) {}

    static std::string record(const std::string& key, const std::string& value) {
        std::string text(12, 0);
        const auto put = [&](std::size_t at, std::size_t n) {
            store(reinterpret_cast<std::byte*>(text.data()) + at, static_cast<std::uint32_t>(n), byte_order::little);
        };
        put(4, key.size());
        put(8, value.size());
        text += key + value;
        put(0, crc32(sys::as_bytes(text).subspan(4)));
        return text;
    }
    bool read_record(byte_reader& log) {
        const auto sum = log.read<std::uint32_t>();
        byte_reader again = log;
        const auto key_size = log.read<std::uint32_t>(), size = log.read<std::uint32_t>();
        if (!sum || !key_size || !size) return false;
        const auto key = log.take(*key_size), value = log.take(*size);
        if (!key || !value || crc32(*again.take(8 + key->size() + value->size())) != *sum) return false;
        const auto text = [](auto b) { return std::string(reinterpret_cast<const char*>(b.data()), b.size()); };
        values[text(*key)] = text(*value);
        return true;
    }
    /// Only what is not outdated, in one step.
    result<void> compact() {
        std::string log;
        for (const auto& [key, value] : values) log += record(key, value);
        VITTE_CHECK(sys::replace<P>(path_, sys::as_bytes(log)));
        VITTE_TRY(file_, sys::basic_file<P>::open(path_, sys::open_mode::update));
        end_ = log.size();
        return {};
    }

    sys::basic_file<P> file_;
    const char* path_;
    std::uint64_t end_ = 0;
};

/// Each value that was stored is there after each failure, and the one that was being stored is there or is not.
int survive(unsigned crashes) {
    sys::seeded_choices seed(2026);
    sys::simulation world(seed);
    std::map<std::string, std::string> stored;
    std::string key, value;
    for (unsigned crash = 0, change = 0; crash < crashes; ++crash) {
        auto store = log_store<sys::simulated>::open("store.log");
        if (store && store->values.contains(key) && store->values[key] == value) stored[key] = value;
        if (store && store->values != stored) return std::printf("lost after %u crashes\n", crash), 1;
        world.cut_power_at(1 + seed.choose(60));
        while (store && !world.is_off()) {
            key = "key " + std::to_string(seed.choose(20));
            value = std::string(seed.choose(900), 'v') + std::to_string(++change);
            if (store->put(key, value)) stored[key] = value;
        }
        world.restart();
    }
    std::printf("%zu values survived %u failures of power\n", stored.size(), crashes);
    return 0;
}

int main() {
    if (survive(10'000) != 0) return 1;
    const auto store = log_store<sys::native>::open("store.log").and_then([](auto opened) -> result<std::size_t> {
        VITTE_CHECK(opened.put("runs", std::to_string(std::stoi("0" + opened.values["runs"]) + 1)));
        return std::printf("this was run %s here\n", opened.values["runs"].c_str());
    });
    if (!store) std::printf("failed: %s: %s\n", store.error().operation, message(store.error().code));
    return store ? 0 : 1;
}
