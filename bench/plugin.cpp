// A call of a plugin through its host, against one through the plugin's table.
#include <string>
#include <vitte/loader/plugin.hpp>

#include "row.hpp"

using namespace vitte;

int main(int, char** arguments) {
    loader::plugin_host host;
    const std::string self = arguments[0], folder = self.substr(0, self.rfind('/'));
    const auto added = host.add((folder + "/libidle_plugin.so").c_str());
    if (!added || !host.start()) return std::fputs("the plugin cannot be started\n", stderr), 1;
    loader::plugin& plugin = **added;
    const auto table = static_cast<const struct vitte_plugin*>(*plugin.module()->symbol("vitte_plugin"));
    const auto execute = table->execute;
    std::string text = "text";
    vitte_output to{sizeof to, 0, nullptr, nullptr};
    constexpr int calls = 1'000'000;
    std::int32_t sum = 0;
    std::vector<double> above;
    for (int round = 0; round < 51; ++round) {
        const double direct =
            bench::nanoseconds([&] { sum += execute(nullptr, text.data(), text.size(), &to); }, calls);
        const double ours = bench::nanoseconds(
            [&] { sum += plugin.execute(std::as_bytes(std::span(text.data(), text.size())), to); }, calls);
        above.push_back(ours - direct);
    }
    const double cost = bench::median(above);
    bench::row("plugin: a call through plugin_host, above a direct one", cost, 2, "2 ns", 1, cost / 2);
    return sum == 0 ? 0 : 1;
}
