/// PubGrub (Weizenbaum: "PubGrub: next-generation version solving", 2018): decides for one version after the other,
/// learns from each contradiction why it came about, and goes back as far as that reaches.
#pragma once

#include <optional>
#include <vitte/loader/resolve/knowledge.hpp>

namespace vitte::loader::resolve {

/// Packages and facts, and what follows from them. The first package is the root; what is to be known of a package that
/// was decided for is asked from outside.
class solver {
public:
    std::vector<package> packages;
    std::vector<fact> facts;

    /// The index of a new fact. Terms that are always true are left out.
    std::uint32_t add(fact&& made) {
        std::erase_if(made.terms, [](const term& t) { return t.choices.is_full(); });
        const auto index = static_cast<std::uint32_t>(facts.size());
        for (const term& t : made.terms) packages[t.package].facts.push_back(index);
        facts.push_back(std::move(made));
        return index;
    }

    /// The root is to be there.
    void begin() {
        choice_set none(packages[0].members(), false);
        none.add(choice_set::nothing);
        const std::uint32_t why = add({fact::kind::root, {{0, none}}});
        derive(facts[why].terms[0], why);
    }

    /// Draws every conclusion, beginning with facts about `start`. The contradiction that cannot be undone, if there is
    /// one.
    std::optional<std::uint32_t> propagate(std::uint32_t start) {
        std::vector<std::uint32_t> changed{start};
        while (!changed.empty()) {
            const std::uint32_t of = changed.back();
            changed.pop_back();
            for (std::size_t i = packages[of].facts.size(); i-- > 0;) {
                const std::uint32_t index = packages[of].facts[i];
                const state now = state_of(facts[index]);
                if (now.is == state::inconclusive) continue;
                if (now.is == state::almost) {
                    derive(*now.open, index);
                    changed.push_back(now.open->package);
                    continue;
                }
                const auto [reason, failed] = resolve_conflict(index);
                if (failed) return reason;
                const term* const open = state_of(facts[reason]).open;
                VITTE_ASSERT(open != nullptr);
                derive(*open, reason);
                changed.assign(1, open->package);
                break;
            }
        }
        return std::nullopt;
    }

    /// The package to decide for next: of those that are needed, the one with the fewest versions left, of those the
    /// first. `no_index` when all are decided.
    std::uint32_t undecided() const {
        std::uint32_t best = no_index;
        std::size_t fewest = SIZE_MAX;
        for (std::uint32_t i = 0; i < packages.size(); ++i) {
            const package& p = packages[i];
            if (p.decided || p.last == no_index || assignments_[p.last].left.has(choice_set::nothing)) continue;
            const std::size_t count = assignments_[p.last].left.size();
            if (count < fewest) best = i, fewest = count;
        }
        return best;
    }

    /// Decides for the newest version that is left, or the locked one, and returns its member.
    std::size_t decide(std::uint32_t index) {
        package& p = packages[index];
        const choice_set& left = assignments_[p.last].left;
        std::size_t member = p.members() - 1;
        while (!left.has(member)) --member;
        if (p.locked != 0 && left.has(p.locked)) member = p.locked;
        ++level_;
        choice_set chosen(p.members(), false);
        chosen.add(member);
        assign(index, chosen, chosen, no_index);
        p.decided = true;
        return member;
    }

    /// The member that was decided for; 0 if the package is not needed.
    std::size_t decision(std::uint32_t index) const {
        const package& p = packages[index];
        if (!p.decided) return choice_set::nothing;
        std::size_t member = 1;
        while (!assignments_[p.last].left.has(member)) ++member;
        return member;
    }

private:
    struct assignment {
        std::uint32_t package;
        std::uint32_t before;  ///< the one before of the same package
        std::uint32_t level;   ///< how many decisions there are
        std::uint32_t cause;   ///< the fact that it follows from; a decision follows from none
        choice_set own, left;  ///< what it says, and what is left with all before
    };

    struct state {
        enum kind : unsigned char { inconclusive, almost, satisfied } is;
        const term* open;  ///< the only one that is not satisfied
    };
    state state_of(const fact& f) const {
        const term* open = nullptr;
        for (const term& t : f.terms) {
            const std::uint32_t last = packages[t.package].last;
            if (last != no_index && assignments_[last].left.is_within(t.choices)) continue;
            if (open != nullptr || (last != no_index && !assignments_[last].left.meets(t.choices)))
                return {state::inconclusive, nullptr};
            open = &t;
        }
        return {open == nullptr ? state::satisfied : state::almost, open};
    }

    void assign(std::uint32_t of, const choice_set& own, choice_set left, std::uint32_t cause) {
        assignments_.push_back({of, packages[of].last, level_, cause, own, std::move(left)});
        packages[of].last = static_cast<std::uint32_t>(assignments_.size() - 1);
    }
    void derive(const term& not_this, std::uint32_t cause) {
        const std::uint32_t last = packages[not_this.package].last;
        const choice_set own = ~not_this.choices;
        assign(not_this.package, own, last == no_index ? own : assignments_[last].left & own, cause);
    }

    void back_to(std::uint32_t level) {
        while (!assignments_.empty() && assignments_.back().level > level) {
            package& p = packages[assignments_.back().package];
            if (assignments_.back().cause == no_index) p.decided = false;
            p.last = assignments_.back().before;
            assignments_.pop_back();
        }
        level_ = level;
    }

    /// The first assignment of the term's package that satisfies it, if `with` holds besides.
    std::uint32_t satisfier(const term& t, const choice_set* with = nullptr) const {
        std::uint32_t found = no_index;
        for (std::uint32_t i = packages[t.package].last; i != no_index; i = assignments_[i].before) {
            const choice_set& left = assignments_[i].left;
            if (!(with != nullptr ? left & *with : left).is_within(t.choices)) break;
            found = i;
        }
        return found;
    }

    struct learnt {
        std::uint32_t fact;
        bool failed;
    };
    /// From a fact that is contradicted to one that would have prevented that, had it been known.
    learnt resolve_conflict(std::uint32_t index) {
        for (;;) {
            const fact& f = facts[index];
            if (f.terms.empty() || (f.terms.size() == 1 && f.terms[0].package == 0)) return {index, true};
            const term* last_term = nullptr;
            std::uint32_t last = 0, level = 0;
            for (const term& t : f.terms) {
                const std::uint32_t by = satisfier(t);
                VITTE_ASSERT(by != no_index);
                if (last_term == nullptr || by > last) {
                    if (last_term != nullptr && assignments_[last].level > level) level = assignments_[last].level;
                    last_term = &t;
                    last = by;
                } else if (assignments_[by].level > level) {
                    level = assignments_[by].level;
                }
            }
            const assignment& newest = assignments_[last];
            if (newest.cause != no_index && !newest.own.is_within(last_term->choices)) {
                const std::uint32_t with = satisfier(*last_term, &newest.own);
                if (with != last && assignments_[with].level > level) level = assignments_[with].level;
            }
            if (newest.cause == no_index || level < newest.level) {
                back_to(level);
                return {index, false};
            }
            index = add(resolvent(index, newest.cause, newest.package));
        }
    }

    /// What follows from two facts whatever becomes of one package that both are about.
    fact resolvent(std::uint32_t a, std::uint32_t b, std::uint32_t about) const {
        fact made;
        made.causes[0] = a;
        made.causes[1] = b;
        for (const std::uint32_t from : {a, b})
            for (const term& t : facts[from].terms) {
                term* same = nullptr;
                for (term& known : made.terms)
                    if (known.package == t.package) same = &known;
                if (same == nullptr) {
                    made.terms.push_back(t);
                    continue;
                }
                choice_set joined = t.package == about ? same->choices | t.choices : same->choices & t.choices;
                if (joined == t.choices && same->range.empty())
                    same->range = t.range;
                else if (joined != same->choices)
                    same->range = joined == t.choices ? t.range : std::string_view();
                same->choices = std::move(joined);
            }
        return made;
    }

    std::vector<assignment> assignments_;
    std::uint32_t level_ = 0;
};

}  // namespace vitte::loader::resolve
