// A wheel of timers: `start NOW`, `add NUMBER TICK`, `cancel NUMBER`, `advance NOW [WHEN ACTION NUMBER TICK]...`, which does something
// to a timer when timer WHEN fires; it answers what fired, and when. `state` is now, whether it is empty, and the next tick.
#include <charconv>
#include <map>
#include <memory>
#include <vitte/core/timer_wheel.hpp>

#include "ask.hpp"

namespace {
struct job : vitte::timer {
    std::string number;
};
std::unique_ptr<vitte::timer_wheel> wheel;
std::map<std::string, std::unique_ptr<job>> jobs;

std::uint64_t number(const std::string& text) {
    std::uint64_t made = 0;
    std::from_chars(text.data(), text.data() + text.size(), made);
    return made;
}
void change(const std::string& action, const std::string& name, const std::string& tick) {
    auto& one = jobs[name];
    if (one == nullptr) {
        one = std::make_unique<job>();
        one->number = name;
    }
    if (action == "cancel") wheel->cancel(*one);
    else if (!one->pending()) wheel->add(*one, number(tick));
}
oracle::strings answer(const oracle::strings& asked) {
    oracle::strings made;
    if (asked[0] == "start") {
        jobs.clear();
        wheel = std::make_unique<vitte::timer_wheel>(number(asked[1]));
    } else if (asked[0] == "advance") {
        wheel->advance(number(asked[1]), [&](vitte::timer& t) {
            const std::string name = static_cast<job&>(t).number;
            made.push_back(name + " at " + std::to_string(wheel->now()));
            for (std::size_t i = 2; i + 3 < asked.size(); i += 4)
                if (asked[i] == name) change(asked[i + 1], asked[i + 2], asked[i + 3]);
        });
    } else if (asked[0] == "state") {
        return {std::to_string(wheel->now()), wheel->empty() ? "empty" : "some", std::to_string(wheel->next())};
    } else {
        change(asked[0], asked[1], asked.size() > 2 ? asked[2] : "");
    }
    return made;
}
}  // namespace

int main() { return oracle::answer_all(answer); }
