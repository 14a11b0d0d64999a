/// Why there is no solution, in sentences: the derivation of the contradiction, as pub, the package manager of Dart,
/// reports it (its documentation, "Error reporting").
#pragma once

#include <unordered_map>
#include <vitte/core/printable.hpp>
#include <vitte/loader/resolve/knowledge.hpp>

namespace vitte::loader::resolve {

class explanation {
public:
    explanation(const std::vector<package>& packages, const std::vector<fact>& facts)
        : packages_(packages), facts_(facts) {}

    /// Of `failure`, which follows from the others.
    std::string of(std::uint32_t failure) {
        if (facts_[failure].why != fact::kind::derived)
            return "Because " + sentence(failure) + ", version solving failed.";
        count_uses(failure);
        visit(failure);
        return join();
    }

private:
    bool is_derived(std::uint32_t of) const { return facts_[of].why == fact::kind::derived; }
    bool is_simple(std::uint32_t of) const {
        return is_derived(of) && !is_derived(facts_[of].causes[0]) && !is_derived(facts_[of].causes[1]);
    }

    void count_uses(std::uint32_t start) {
        std::vector<std::uint32_t> left{start};
        while (!left.empty()) {
            const std::uint32_t of = left.back();
            left.pop_back();
            if (!is_derived(of) || uses_[of]++ != 0) continue;
            for (const std::uint32_t cause : facts_[of].causes) left.push_back(cause);
        }
    }

    struct line {
        std::string text;
        std::uint32_t number = 0;
    };
    void write(std::uint32_t of, std::string text) {
        numbers_[of] = lines_.size();
        lines_.push_back({std::move(text)});
        if (uses_[of] > 1) number(of);
    }
    void number(std::uint32_t of) {
        line& told = lines_[numbers_[of]];
        if (told.number == 0) told.number = ++last_number_;
    }

    /// What is to be told next. Derivations are as long as the solver was patient: nothing here recurses.
    struct step {
        enum class kind : unsigned char { visit, number, conclude, therefore };
        kind is;
        std::uint32_t of;
        std::uint32_t told = no_index;  ///< of `conclude`, the cause whose line should be the last one
    };
    void visit(std::uint32_t failure) {
        failure_ = failure;
        std::vector<step> steps{{step::kind::visit, failure}};
        while (!steps.empty()) {
            const step now = steps.back();
            steps.pop_back();
            switch (now.is) {
                case step::kind::visit: take(now.of, steps); break;
                case step::kind::number: number(now.of); break;
                case step::kind::conclude: conclude(now.of, now.told); break;
                case step::kind::therefore: write(now.of, "Thus, " + conclusion(now.of)); break;
            }
        }
    }
    void take(std::uint32_t of, std::vector<step>& steps) {
        using enum step::kind;
        if (!is_derived(of) || numbers_.contains(of)) return;
        const auto [first, second] = facts_[of].causes;
        const bool told_first = !is_derived(first) || numbers_.contains(first);
        const bool told_second = !is_derived(second) || numbers_.contains(second);
        if (told_first && told_second)
            return write(of, "Because " + cause(first) + " and " + cause(second) + ", " + conclusion(of));
        if (told_first || told_second) {
            const std::uint32_t left = told_first ? second : first;
            steps.insert(steps.end(), {{conclude, of, left}, {visit, left}});
        } else if (is_simple(first) || is_simple(second)) {
            const std::uint32_t simple = is_simple(second) ? second : first, other = simple == second ? first : second;
            steps.insert(steps.end(), {{therefore, of}, {visit, simple}, {visit, other}});
        } else {
            steps.insert(steps.end(), {{conclude, of, second}, {visit, second}, {number, first}, {visit, first}});
        }
    }
    void conclude(std::uint32_t of, std::uint32_t told) {
        const auto [first, second] = facts_[of].causes;
        const std::uint32_t other = told == first ? second : first;
        if (numbers_[told] + 1 != lines_.size())
            return write(of, "Because " + cause(other) + " and " + cause(told) + ", " + conclusion(of));
        write(of, (of == failure_ ? "So, because " : "And because ") + cause(other) + ", " + conclusion(of));
    }
    std::string conclusion(std::uint32_t of) const {
        return (of == failure_ ? std::string("version solving failed") : sentence(of)) + ".";
    }
    /// With the number of the line that tells it, if one does.
    std::string cause(std::uint32_t of) {
        if (!is_derived(of)) return sentence(of);
        number(of);
        return sentence(of) + " (" + std::to_string(lines_[numbers_[of]].number) + ")";
    }

    std::string join() const {
        std::string made;
        for (const line& one : lines_) {
            if (!made.empty()) made += '\n';
            made += one.text;
            if (one.number != 0) made += " (" + std::to_string(one.number) + ")";
        }
        return made;
    }

    /// What a fact says.
    std::string sentence(std::uint32_t of) const {
        const fact& f = facts_[of];
        switch (f.why) {
            case fact::kind::root: return name(f.terms[0].package) + " is what is resolved";
            case fact::kind::dependency: return chosen(f.terms[0]) + " depends on " + asked(f.dependency);
            case fact::kind::optional_dependency:
                return chosen(f.terms[0]) + " goes with nothing but " + asked(f.dependency);
            case fact::kind::no_version:
                if (packages_[f.dependency.package].versions.empty())
                    return "there is no version of " + name(f.dependency.package);
                return "no version of " + name(f.dependency.package) + " is in " + quoted(f.dependency.range);
            default: break;
        }
        std::string together, then;
        std::size_t positive = 0, negative = 0;
        for (const term& t : f.terms) {
            const bool may_be_absent = t.choices.has(choice_set::nothing);
            std::string& text = may_be_absent ? then : together;
            std::size_t& count = may_be_absent ? negative : positive;
            if (count++ != 0) text += may_be_absent ? " or " : " and ";
            const bool any = may_be_absent && t.choices.size() == 1 && t.range.empty();
            text += any ? name(t.package) : may_be_absent ? chosen({t.package, ~t.choices, t.range}) : chosen(t);
        }
        if (negative == 0 && positive == 1) return together + " is forbidden";
        if (negative == 0) return together + (positive == 2 ? " are incompatible" : " are incompatible together");
        if (positive == 0) return then + " is required";
        return together + (positive == 1 ? " requires " : " require ") + then;
    }

    std::string name(std::uint32_t of) const {
        const package& p = packages_[of];
        std::string made;
        append_printable(made, p.name);
        if (p.is == package::kind::of_class) made += " " + p.label + ".x";
        return made;
    }
    static std::string quoted(std::string_view range) {
        std::string made;
        append_printable(made, range);
        return made.find_first_not_of(' ') == std::string::npos ? "*" : made;
    }
    std::string asked(const term& t) const {
        std::string made;
        append_printable(made, packages_[t.package].name);
        return made + " " + quoted(t.range);
    }
    std::string text_of(const semver::version& v) const {
        std::string made;
        v.append_to(made);
        return made;
    }

    /// Choices without "nothing" among them.
    std::string chosen(const term& t) const {
        const package& p = packages_[t.package];
        if (p.is == package::kind::root) return name(t.package);
        if (p.is == package::kind::choice) {
            std::string made = name(t.package) + " " + quoted(p.label);
            if (t.choices.size() + 1 == t.choices.universe()) return made;
            const char* before = " as ";
            for (std::size_t i = 1; i < t.choices.universe(); ++i) {
                if (!t.choices.has(i)) continue;
                made += before + packages_[p.classes[i - 1]].label + ".x";
                before = " or ";
            }
            return made;
        }
        if (!t.range.empty()) return asked(t);
        if (t.choices.size() + 1 == t.choices.universe()) return "every version of " + name(t.package);
        std::string made;
        const std::size_t count = t.choices.universe();
        for (std::size_t i = 1; i < count; ++i) {
            if (!t.choices.has(i)) continue;
            std::size_t end = i;
            while (end < count && t.choices.has(end)) ++end;
            if (!made.empty()) made += " || ";
            if (end == i + 1)
                made += text_of(p.versions[i - 1]);
            else if (i == 1)
                made += "<" + text_of(p.versions[end - 1]);
            else
                made += ">=" + text_of(p.versions[i - 1]) + (end < count ? " <" + text_of(p.versions[end - 1]) : "");
            i = end;
        }
        return name(t.package) + " " + made;
    }

    const std::vector<package>& packages_;
    const std::vector<fact>& facts_;
    std::unordered_map<std::uint32_t, std::uint32_t> uses_;
    std::unordered_map<std::uint32_t, std::size_t> numbers_;  ///< the lines of facts
    std::vector<line> lines_;
    std::uint32_t failure_ = no_index, last_number_ = 0;
};

}  // namespace vitte::loader::resolve
