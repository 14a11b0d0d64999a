// What modules need of each other: chosen, told where it is missing, kept in lock files, and loaded in order.
#include <boost/test/unit_test.hpp>
#include <sstream>
#include <vitte/loader/dependencies.hpp>

namespace {
using namespace vitte;
using loader::dependency;
using loader::dependency_options;
using loader::known_module;
using loader::lock_file;
using loader::module_catalog;
using loader::module_graph;

/// "app 1.0.0: b ^1, c? 2, d! *" where "?" is optional, "!" lazy and "b@*-linux" for such targets.
known_module described(const std::string& text) {
    known_module made;
    std::istringstream in(text);
    in >> made.who.name >> made.who.version;
    if (made.who.version.ends_with(':')) made.who.version.pop_back();
    for (std::string one; std::getline(in, one, ',');) {
        std::istringstream words(one);
        dependency need;
        words >> need.name;
        std::getline(words >> std::ws, need.range);
        for (; need.name.ends_with('?') || need.name.ends_with('!'); need.name.pop_back())
            (need.name.back() == '?' ? need.optional : need.lazy) = true;
        if (const auto at = need.name.find('@'); at != std::string::npos) {
            need.target = need.name.substr(at + 1);
            need.name.resize(at);
        }
        made.needs.push_back(need);
    }
    return made;
}
module_catalog catalog_of(const std::string& text) {
    module_catalog made;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        if (line.find_first_not_of(' ') != std::string::npos) BOOST_REQUIRE(made.add(described(line)));
    return made;
}
std::string text_of(const module_graph& graph, const std::vector<std::size_t>& nodes) {
    std::string text;
    for (const std::size_t i : nodes) text += (text.empty() ? "" : ", ") + graph.nodes[i].what->title();
    return text;
}
module_graph graph_of(const module_catalog& catalog, const std::string& root, const dependency_options& options = {}) {
    auto made = loader::resolve_modules(catalog, described(root), options);
    BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().explanation));
    return std::move(*made);
}
/// What is loaded for `root`, in that order.
std::string order(const std::string& catalog, const std::string& root, const dependency_options& options = {}) {
    const auto graph = graph_of(catalog_of(catalog), root, options);
    return text_of(graph, graph.loading_order());
}
std::string why(const std::string& catalog, const std::string& root, const dependency_options& options = {}) {
    const auto made = loader::resolve_modules(catalog_of(catalog), described(root), options);
    return made ? "" : made.error().explanation;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(dependencies)

BOOST_AUTO_TEST_CASE(what_is_needed_is_loaded_first) {
    BOOST_TEST(order("b 1.0.0: c ^1\n b 1.1.0: c ^1, d ^2\n c 1.0.0\n c 2.0.0\n d 2.0.0: c 1.x",
                     "app 1.0.0: b ^1, d *") == "c 1.0.0, d 2.0.0, b 1.1.0, app 1.0.0");
    BOOST_TEST(order("", "app 1.0.0") == "app 1.0.0");
    // What is needed in the order of needs, whatever the names are.
    BOOST_TEST(order("x 1.0.0\n m 1.0.0\n a 1.0.0", "app 1.0.0: x *, a *, m *") ==
               "x 1.0.0, a 1.0.0, m 1.0.0, app 1.0.0");
}

BOOST_AUTO_TEST_CASE(two_major_versions_are_beside_each_other_and_each_gets_its_own) {
    const std::string catalog = "b 1.0.0: c ^1\n d 1.0.0: c ^2\n c 1.5.0\n c 2.5.0\n c 2.6.0-rc.1";
    const auto graph = graph_of(catalog_of(catalog), "app 1.0.0: b *, d *");
    BOOST_TEST(text_of(graph, graph.loading_order()) == "c 1.5.0, b 1.0.0, c 2.5.0, d 1.0.0, app 1.0.0");
    for (const auto& node : graph.nodes)
        for (const auto& edge : node.needs)
            BOOST_TEST(semver::read_range(node.need(edge).range, loader::manifest_ranges)
                           ->contains(graph.nodes[edge.to].what->version()));
    // One module may have both.
    BOOST_TEST(order(catalog, "app 1.0.0: c ^1, c ^2") == "c 1.5.0, c 2.5.0, app 1.0.0");
    dependency_options alone;
    alone.side_by_side = [](std::string_view name) { return name != "c"; };
    BOOST_TEST(
        why(catalog, "app 1.0.0: b *, d *", alone)
            .ends_with("\napp 1.0.0 → b 1.0.0 → c ^1 and app 1.0.0 → d 1.0.0 → c ^2: no version is in both ranges"));
    BOOST_TEST(order("b 1.0.0: c >=1\n c 1.5.0\n c 2.5.0", "app 1.0.0: b *, c ^1", alone) ==
               "c 1.5.0, b 1.0.0, app 1.0.0");
}

BOOST_AUTO_TEST_CASE(optional_needs_are_met_where_that_is_possible) {
    const std::string catalog = "b 1.0.0: c ^1\n c 1.0.0\n";
    BOOST_TEST(order(catalog, "app 1.0.0: b? *, gone? *") == "c 1.0.0, b 1.0.0, app 1.0.0");
    BOOST_TEST(order(catalog, "app 1.0.0: b? ^2") == "app 1.0.0");
    // What is there cannot be used.
    BOOST_TEST(order("b 1.0.0: gone ^1", "app 1.0.0: b? *") == "app 1.0.0");
    dependency_options never;
    never.optional = loader::optional_needs::never;
    BOOST_TEST(order(catalog, "app 1.0.0: b? *", never) == "app 1.0.0");
    // But if it is there, then in the range.
    BOOST_TEST(order(catalog + "c 1.1.0\n", "app 1.0.0: b *, c? <1.1", never) == "c 1.0.0, b 1.0.0, app 1.0.0");
    dependency_options always;
    always.optional = loader::optional_needs::always;
    BOOST_TEST(
        why(catalog, "app 1.0.0: gone? *", always).ends_with("\napp 1.0.0 → gone *: no module of this name is there"));
}

BOOST_AUTO_TEST_CASE(needs_of_other_targets_are_left_out) {
    const std::string catalog = "unix 1.0.0\n win 1.0.0";
    const std::string root = "app 1.0.0: unix@*-linux-* *, win@*-windows-* *, gone@arm-* *";
    dependency_options on;
    on.target = "x86_64-linux-gnu";
    BOOST_TEST(order(catalog, root, on) == "unix 1.0.0, app 1.0.0");
    on.target = "x86_64-windows-gnu";
    BOOST_TEST(order(catalog, root, on) == "win 1.0.0, app 1.0.0");
    on.target = "arm-none";
    BOOST_TEST(why(catalog, root, on) != "");
}

BOOST_AUTO_TEST_CASE(lazy_needs_are_chosen_but_not_loaded) {
    const std::string catalog = "b 1.0.0: c ^1, d! *\n c 1.0.0\n c 1.1.0\n d 1.0.0: c <1.1, e *\n e 1.0.0";
    const auto graph = graph_of(catalog_of(catalog), "app 1.0.0: b! *, c *");
    BOOST_TEST(text_of(graph, graph.loading_order()) == "c 1.0.0, app 1.0.0");
    BOOST_TEST(graph.versions().size() == 4);
    const auto node = [&](std::string_view name) {
        for (std::size_t i = 0; i < graph.nodes.size(); ++i)
            if (graph.nodes[i].what->who.name == name) return i;
        return SIZE_MAX;
    };
    BOOST_TEST(text_of(graph, graph.loading_order(node("b"))) == "c 1.0.0, b 1.0.0");
    BOOST_TEST(text_of(graph, graph.loading_order(node("d"))) == "c 1.0.0, e 1.0.0, d 1.0.0");
    // One that may be missing says so.
    BOOST_TEST(order("", "app 1.0.0: gone?! *") == "app 1.0.0");
    BOOST_TEST(why("", "app 1.0.0: gone! *") != "");
}

BOOST_AUTO_TEST_CASE(cycles_are_named_and_broken) {
    const auto graph = graph_of(catalog_of("b 1.0.0: c *\n c 1.0.0: d *, b *\n d 1.0.0: d *, app *"), "app 2.0.0: b *");
    BOOST_TEST(text_of(graph, graph.loading_order()) == "d 1.0.0, c 1.0.0, b 1.0.0, app 2.0.0");
    std::string all;
    for (const auto& cycle : graph.cycles()) all += graph.text_of(cycle) + "\n";
    BOOST_TEST(all ==
               "d 1.0.0 → d 1.0.0\n"
               "app 2.0.0 → b 1.0.0 → c 1.0.0 → d 1.0.0 → app 2.0.0\n"
               "b 1.0.0 → c 1.0.0 → b 1.0.0\n");
    BOOST_TEST(graph.cycles(1).size() == 1);
    BOOST_TEST(graph_of(catalog_of("b 1.0.0"), "app 2.0.0: b *").cycles().empty());
    BOOST_TEST(why("b 1.0.0: app ^1", "app 2.0.0: b *").ends_with("\napp 2.0.0 → b 1.0.0 → app ^1: it is 2.0.0"));
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_named_by_the_way_to_it) {
    BOOST_TEST(
        why("a 1.0.0: b ^2\n b 2.1.0: c ^3\n c 2.0.0\n c 1.0.0\n c 3.0.0-rc", "app 1.0.0: a ^1") ==
        "Because app depends on a ^1 and every version of a 1.x depends on b ^2, app requires b ^2.\n"
        "Because no version of c 1.x is in ^3 and every version of b 2.x depends on c ^3, every version of b 2.x "
        "is forbidden.\nThus, version solving failed.\n"
        "app 1.0.0 → a 1.0.0 → b 2.1.0 → c ^3: no version of it is in the range, only 3.0.0-rc, 2.0.0, 1.0.0");
    std::string many = "a 1.0.0: c ^3\n";
    for (int i = 0; i < 12; ++i) many += "c 1." + std::to_string(i) + ".0\n";
    BOOST_TEST(why(many, "app 1.0.0: a *").ends_with("1.6.0, 1.5.0, 1.4.0 and 4 more"));
    const std::string all = why("a 1.0.0: x *, y *\n b 1.0.0: y 2", "app 1.0.0: a *, b *");
    BOOST_TEST(all.find("\napp 1.0.0 → a 1.0.0 → x *: no module of this name is there\n"
                        "app 1.0.0 → a 1.0.0 → y *: no module of this name is there\n"
                        "app 1.0.0 → b 1.0.0 → y 2: no module of this name is there") != std::string::npos);
    module_catalog damaged;
    damaged.add_unusable("x.vitmod: table: beyond the end of the file at byte 64");
    BOOST_TEST(loader::resolve_modules(damaged, described("app 1.0.0: x *"))
                   .error()
                   .explanation.ends_with("\nnot usable: x.vitmod: table: beyond the end of the file at byte 64"));
    // Two versions of one class, which cannot be beside each other.
    BOOST_TEST(
        why("a 1.0.0: c 1.0.0\n b 1.0.0: c 1.1.0\n c 1.0.0\n c 1.1.0", "app 1.0.0: a *, b *")
            .ends_with("\napp 1.0.0 → a 1.0.0 → c 1.0.0 and app 1.0.0 → b 1.0.0 → c 1.1.0: no version is in both "
                       "ranges"));
}

BOOST_AUTO_TEST_CASE(a_lock_keeps_versions) {
    const std::string catalog = "b 1.0.0: c *\n b 1.1.0: c *\n c 1.0.0\n c 1.2.0\n c 2.0.0";
    const lock_file lock{{{"c", "1.0.0"}, {"b", "1.0.0"}, {"gone", "7.0.0"}}};
    dependency_options locked;
    locked.lock = &lock;
    BOOST_TEST(order(catalog, "app 1.0.0: b *") == "c 2.0.0, b 1.1.0, app 1.0.0");
    BOOST_TEST(order(catalog, "app 1.0.0: b *", locked) == "c 1.0.0, b 1.0.0, app 1.0.0");
    // What does not go any more is chosen anew, the rest stays.
    BOOST_TEST(order(catalog, "app 1.0.0: b >1.0", locked) == "c 1.0.0, b 1.1.0, app 1.0.0");

    const auto graph = graph_of(catalog_of(catalog), "app 1.0.0: b *, c ^1");
    const auto text = lock_file{graph.versions()}.write();
    BOOST_REQUIRE(text);
    BOOST_TEST((*lock_file{{{"c", "2.0.0"}, {"c", "1.2.0"}, {"b", "1.1.0"}}}.write() == *text));
    BOOST_TEST(*text == R"({
  "lock": 1,
  "modules": [
    {
      "name": "b",
      "version": "1.1.0"
    },
    {
      "name": "c",
      "version": "1.2.0"
    },
    {
      "name": "c",
      "version": "2.0.0"
    }
  ]
}
)");
    const auto again = lock_file::read(*text);
    BOOST_REQUIRE(again);
    BOOST_TEST((again->modules == graph.versions()));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_lock_is_said) {
    const auto refused = [](std::string_view text) {
        const auto made = lock_file::read(text);
        return made ? "" : std::string(made.error().message().c_str());
    };
    BOOST_TEST(refused("{}") == "lock: no such member in the object, line 1 column 1");
    BOOST_TEST(refused(R"({"lock": 2, "modules": []})") ==
               "lock: 1 is needed, found a format that this version does not know, line 1 column 10");
    BOOST_TEST(refused(R"({"lock": 1})") == "modules: no such member in the object, line 1 column 1");
    BOOST_TEST(refused(R"({"lock": 1, "modules": [{"name": "b", "version": "1"}]})") ==
               "modules[0].version: a version such as \"1.2.3\" is needed, found another text, line 1 column 50");
    BOOST_TEST(refused(R"({"lock": 1, "modules": [{"name": "../b", "version": "1.0.0"}]})") != "");
    BOOST_TEST((lock_file{{{"b", "1"}}}.write().error().code == errc::malformed));
}

BOOST_AUTO_TEST_CASE(what_is_loaded_is_preferred_and_the_first_source_wins) {
    module_catalog catalog = catalog_of("b 1.1.0\n b 1.2.0");
    known_module loaded = described("b 1.0.0");
    loaded.loaded = true;
    BOOST_TEST(catalog.add(loaded));
    BOOST_TEST(text_of(graph_of(catalog, "app 1.0.0: b *"), {1}) == "b 1.0.0");
    BOOST_TEST(text_of(graph_of(catalog, "app 1.0.0: b >1.0"), {1}) == "b 1.2.0");
    known_module other = described("b 1.2.0+other");
    other.path = "elsewhere";
    BOOST_TEST(!catalog.add(other));
    BOOST_TEST(catalog.find("b", *semver::version::parse("1.2.0"))->path == "");
    BOOST_TEST(!catalog.add(described("B 1.0.0")));
    BOOST_TEST(!catalog.add(described("b 1")));
}

BOOST_AUTO_TEST_CASE(what_nobody_is_given_is_left_out) {
    // Some version of c is enough for b, which gets the one that is there for app; none is there for nobody.
    const auto graph = graph_of(catalog_of("b 1.0.0: c >=1\n c 1.0.0\n c 2.0.0"), "app 1.0.0: b *, c ^2");
    BOOST_TEST(text_of(graph, graph.loading_order()) == "c 2.0.0, b 1.0.0, app 1.0.0");
    const auto other = graph_of(catalog_of("b 1.0.0: c >=1 <3\n c 1.0.0\n c 2.0.0"), "app 1.0.0: b *, c ^1");
    for (std::size_t i = 1; i < other.nodes.size(); ++i) BOOST_TEST(!other.way_to(i).empty());
    dependency_options few;
    few.most_decisions = 2;
    const auto failed =
        loader::resolve_modules(catalog_of("a 1.0.0: b *\n b 1.0.0: c *\n c 1.0.0"), described("app 1.0.0: a *"), few);
    BOOST_REQUIRE(!failed);
    BOOST_TEST((failed.error().code == errc::too_large));
    BOOST_TEST(failed.error().explanation == "nothing was found by 2 decisions");
}

BOOST_AUTO_TEST_CASE(the_order_of_adding_does_not_matter) {
    std::vector<std::string> lines{"b 1.0.0: c *, d *", "b 1.1.0: d *", "c 1.0.0: e *",
                                   "c 0.9.0",           "d 3.0.0: c *", "e 1.0.0"};
    std::string first;
    for (int i = 0; i < 6; ++i) {
        std::string catalog;
        for (const std::string& line : lines) catalog += line + "\n";
        const std::string made = order(catalog, "app 1.0.0: b *, c *");
        if (first.empty()) first = made;
        BOOST_TEST(made == first);
        std::rotate(lines.begin(), lines.begin() + 1, lines.end());
    }
}

// Deep chains, long cycles and many packages: no recursion, and time and memory in proportion, or this would not end.
BOOST_AUTO_TEST_CASE(hostile_graphs_take_their_size) {
    if (sizeof(void*) != 8) return;  // a small machine has no room for them
    const int count = 10'000, crowded = 1000;
    const auto name = [](int i) { return "m" + std::to_string(i); };
    module_catalog chain, ring, missing, crowd;
    known_module wants_all = described("app 1.0.0");
    for (int i = 0; i < count; ++i) {
        const std::string self = name(i) + " 1.0.0", next = name(i + 1) + " *";
        BOOST_REQUIRE(chain.add(described(i + 1 < count ? self + ": " + next : self)));
        BOOST_REQUIRE(missing.add(described(self + ": " + next)));
        BOOST_REQUIRE(ring.add(described(self + ": " + (i + 1 < count ? next : "app *, " + name(0) + " *"))));
        // Each comes back to the hundred before it.
        std::string needs;
        for (int k = 1; k <= 100 && k <= i; ++k) needs += (needs.empty() ? "" : ", ") + name(i - k) + " *";
        if (i < crowded)
            BOOST_REQUIRE(crowd.add(described(self + ": " + needs + (i == 0 ? name(crowded - 1) + " *" : ""))));
        wants_all.needs.push_back({name(i), "*"});
    }
    const auto deep = graph_of(chain, "app 1.0.0: m0 *");
    const auto loaded = deep.loading_order();
    BOOST_TEST(loaded.size() == count + 1u);
    BOOST_TEST(deep.nodes[loaded.front()].what->title() == name(count - 1) + " 1.0.0");
    BOOST_TEST(deep.cycles().empty());

    const auto round = graph_of(ring, "app 1.0.0: m0 *");
    BOOST_TEST(round.loading_order().size() == count + 1u);
    const auto cycles = round.cycles();
    BOOST_REQUIRE(cycles.size() == 1u);
    BOOST_TEST(cycles[0].size() == count + 2u);
    BOOST_TEST(round.text_of(cycles[0]).size() < 1000u);

    const auto dense = graph_of(crowd, "app 1.0.0: " + name(crowded - 1) + " *");
    BOOST_TEST(dense.loading_order().size() == crowded + 1u);
    BOOST_TEST(dense.cycles().size() <= 16u);

    const auto failed = loader::resolve_modules(missing, described("app 1.0.0: m0 *"));
    BOOST_REQUIRE(!failed);
    BOOST_TEST(failed.error().explanation.ends_with(" → " + name(count - 1) + " 1.0.0 → " + name(count) +
                                                    " *: no module of this name is there"));
    const std::string last = failed.error().explanation.substr(failed.error().explanation.rfind('\n'));
    BOOST_TEST(last.size() < 1000u);

    lock_file lock;
    for (int i = 0; i < count; ++i) lock.modules.push_back({name(i), "1.0.0"});
    dependency_options locked;
    locked.lock = &lock;
    BOOST_TEST(loader::resolve_modules(chain, wants_all, locked)->versions().size() == std::size_t{count});
}

BOOST_AUTO_TEST_SUITE_END()
