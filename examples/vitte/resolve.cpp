// vitte resolve: which versions of modules go together, from folders and stores of containers.
#include <deque>
#include <vitte/loader/dependencies.hpp>
#include <vitte/loader/dependencies/folder.hpp>
#include <vitte/loader/module_store.hpp>
#include <vitte/loader/target.hpp>
#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/fs/text.hpp>

#include "command.hpp"
#include "shown.hpp"

namespace {
namespace loader = vitte::loader;

constexpr const char* help = R"(usage: vitte resolve (FILE | NAME[@RANGE]...) [-d FOLDER]... [-s STORE]... [--explain]
                     [--lock FILE] [--target TARGET] [--optional if-possible|never|always]

Chooses versions for all that the container FILE needs, or that modules of these names need, such as
"acme/image@^1.2", and prints them in the order of loading: name, version, file. Modules that are only needed lazily
come last, with "lazy" behind them.

  -d FOLDER         containers are looked for in FOLDER and below it; by default in that of FILE, or here
  -s STORE          and in this folder of `vitte store`, after those; without -d only there
  --explain         tells who needs what, and cycles; or, if nothing goes together, why
  --lock FILE       prefers the versions in FILE, if it is there, and writes those that were chosen to it
  --target TARGET   such as x86_64-linux-gnu, for needs that not all targets have; by default this machine's
  --optional WHEN   what becomes of optional needs: if-possible by default

Exit codes: 0 success; 1 nothing goes together, or a file cannot be read or written; 2 wrong usage.
)";

struct request {
    std::vector<std::string> wanted, folders, stores;
    std::string lock, target, optional = "if-possible";
    bool explain = false;
};

template <class Error>
exit_code cannot(const std::string& what, const Error& why, std::string_view hint = "") {
    return complain(failed, "resolve " + shown(what) + ": " + std::string(why.message().c_str()), hint);
}

/// Reads the options; what is wrong with them has been told if it is not `succeeded`.
exit_code parse(const arguments& given, request& to) {
    const struct {
        std::string_view name;
        std::string* text;
        std::vector<std::string>* list;
    } options[] = {{"-d", nullptr, &to.folders},
                   {"-s", nullptr, &to.stores},
                   {"--lock", &to.lock, nullptr},
                   {"--target", &to.target, nullptr},
                   {"--optional", &to.optional, nullptr}};
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (given[i] == "--explain") {
            to.explain = true;
            continue;
        }
        const auto* const found =
            std::find_if(std::begin(options), std::end(options), [&](const auto& one) { return one.name == given[i]; });
        if (found == std::end(options)) {
            if (given[i].starts_with('-'))
                return complain(misused, "resolve: unknown option '" + shown(given[i]) + "'",
                                "vitte resolve --help lists them");
            to.wanted.emplace_back(given[i]);
            continue;
        }
        if (++i == given.size())
            return complain(misused, "resolve: " + std::string(found->name) + " needs a word behind it",
                            "vitte resolve --help");
        if (found->list != nullptr)
            found->list->emplace_back(given[i]);
        else
            *found->text = given[i];
    }
    if (to.wanted.empty())
        return complain(misused, "resolve: a file or the name of a module is missing", "vitte resolve FILE");
    if (to.optional != "if-possible" && to.optional != "never" && to.optional != "always")
        return complain(misused, "resolve: --optional '" + shown(to.optional) + "' is not known",
                        suggestion(to.optional, {"if-possible", "never", "always"}, "if-possible, never or always"));
    return succeeded;
}

/// What is resolved: the only container that is named, or the command line, which needs what it names.
exit_code find_root(const request& asked, loader::known_module& root, std::string& folder) {
    folder = ".";
    if (asked.wanted.size() == 1 && vitte::sys::stat(asked.wanted[0].c_str())) {
        const std::string& file = asked.wanted[0];
        auto made = loader::describe_file(file.c_str());
        if (!made) {
            made.error().module = file;
            return complain(failed, "resolve " + made.error().message(), "vitte inspect tells what it is");
        }
        root = std::move(*made);
        const auto slash = file.rfind('/');
        if (slash != std::string::npos) folder = file.substr(0, slash + 1);
        return succeeded;
    }
    root.who = {"command-line", "0.0.0"};
    for (const std::string& one : asked.wanted) {
        const auto wanted = loader::module_reference::read(one);
        if (!wanted)
            return complain(
                failed, "resolve " + shown(one) + ": no such file, and no name of a module: " + wanted.error().reason,
                "a name is like acme/image@^1.2");
        root.needs.push_back({std::string(wanted->name), std::string(wanted->range.empty() ? "*" : wanted->range)});
    }
    return succeeded;
}

/// One line each; those that only a first call loads last.
void show(const loader::module_graph& graph, bool explain) {
    auto order = graph.loading_order();
    std::vector<bool> told(graph.nodes.size());
    for (const std::size_t i : order) told[i] = true;
    const std::size_t at_once = order.size();
    for (const std::size_t i : graph.whole_order())
        if (!told[i]) order.push_back(i);
    std::vector<std::vector<std::string>> needed_by(graph.nodes.size());
    for (const auto& node : graph.nodes)
        for (const auto& edge : node.needs) {
            const auto& need = node.need(edge);
            needed_by[edge.to].push_back(node.what->title() + ": " + need.range + (need.lazy ? ", lazily" : "") +
                                         (need.optional ? ", optionally" : ""));
        }
    for (std::size_t n = 0; n < order.size(); ++n) {
        const auto& what = *graph.nodes[order[n]].what;
        if (what.path.empty()) continue;
        std::printf("%s %s %s%s\n", shown(what.who.name).c_str(), shown(what.who.version).c_str(),
                    shown(what.path).c_str(), n < at_once ? "" : " lazy");
        if (!explain) continue;
        for (const std::string& one : needed_by[order[n]]) std::printf("    needed by %s\n", shown(one).c_str());
    }
    if (!explain) return;
    for (const auto& cycle : graph.cycles()) std::printf("cycle: %s\n", graph.text_of(cycle).c_str());
}
}  // namespace

exit_code resolve(const arguments& given) {
    if (std::find(given.begin(), given.end(), "--help") != given.end()) return std::fputs(help, stdout), succeeded;
    request asked;
    if (const exit_code parsed = parse(given, asked); parsed != succeeded) return parsed;
    loader::known_module root;
    std::string folder;
    if (const exit_code found = find_root(asked, root, folder); found != succeeded) return found;
    if (asked.folders.empty() && asked.stores.empty()) asked.folders.push_back(folder);

    std::deque<loader::module_store> stores;  // which stay where they are
    loader::module_catalog catalog;
    for (const std::string& one : asked.folders)
        if (const auto read = loader::add_folder(catalog, one.c_str()); !read) return cannot(one, read.error());
    for (const std::string& one : asked.stores) {
        if (const auto there = vitte::sys::stat(one.c_str()); !there) return cannot(one, there.error());
        auto opened = loader::module_store::open(one.c_str());
        if (!opened) return cannot(one, opened.error());
        const auto read = loader::add_store(catalog, stores.emplace_back(std::move(*opened)));
        if (!read) return cannot(one, read.error());
    }
    loader::lock_file lock;
    loader::dependency_options options;
    if (!asked.lock.empty() && vitte::sys::stat(asked.lock.c_str())) {
        const auto text = vitte::sys::read_text(asked.lock.c_str());
        if (!text) return cannot(asked.lock, text.error());
        auto read = loader::lock_file::read(*text);
        if (!read) return cannot(asked.lock, read.error(), "remove it to choose anew");
        lock = std::move(*read);
        options.lock = &lock;
    }
    const std::string here = std::string(loader::host_target.machine) + "-" + std::string(loader::host_target.system) +
                             (loader::host_target.abi.empty() ? "" : "-" + std::string(loader::host_target.abi));
    options.target = asked.target.empty() ? here : asked.target;
    options.optional = asked.optional == "never"    ? loader::optional_needs::never
                       : asked.optional == "always" ? loader::optional_needs::always
                                                    : loader::optional_needs::if_possible;
    const auto graph = loader::resolve_modules(catalog, root, options);
    if (!graph) {
        if (asked.explain) std::printf("%s\n", graph.error().explanation.c_str());
        return complain(failed, "resolve " + shown(asked.wanted[0]) + ": no versions go together",
                        asked.explain ? "" : "--explain tells why");
    }
    if (!asked.lock.empty()) {
        const auto text = loader::lock_file{graph->versions()}.write();
        if (!text) return cannot(asked.lock, text.error());
        if (const auto stored = vitte::sys::replace(asked.lock.c_str(), vitte::sys::as_bytes(*text)); !stored)
            return cannot(asked.lock, stored.error());
    }
    show(*graph, asked.explain);
    return succeeded;
}
