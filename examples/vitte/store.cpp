// vitte store: modules in a folder that processes and users share.
#include <charconv>
#include <vitte/loader/module_store.hpp>
#include <vitte/sys/environment.hpp>

#include "command.hpp"
#include "shown.hpp"

namespace {
using vitte::errc;
using vitte::loader::content_hash;
using vitte::loader::module_store;
using vitte::loader::store_limits;

constexpr const char* help = R"(usage: vitte store add [NAME@VERSION] FILE [-d FOLDER] [-l LIMIT]
       vitte store get NAME@VERSION|HASH [-o FILE] [-d FOLDER]
       vitte store list [NAME] [-d FOLDER]
       vitte store verify [-d FOLDER]
       vitte store gc [-d FOLDER] [-l LIMIT]

Keeps modules in a folder that processes and users share. It is a cache: what was not used for long goes.

  add         stores a file, by name and version if they are given, and prints its BLAKE3 hash
  get         prints the bytes, which have their hash, or writes them to a file
  list        prints name, version and hash of all modules, or of one
  verify      reads all that is there and takes away what is damaged; fails if there was anything
  gc          takes away what was used least recently, beyond the limit, and what writers have left

  -d FOLDER   the store, by default that of the variable VITTE_STORE
  -l LIMIT    bytes that it may take, such as 500M; by default 1G
  -o FILE     where bytes go to, by default standard output

A name is whatever was stored last under it, by anybody who may write to the folder: `vitte key verify` tells who signed
a file. Exit codes: 0 success; 1 not there, damaged, or a file cannot be read or written; 2 wrong usage.
)";

struct request {
    std::string verb, folder, output, limit;
    std::vector<std::string> words;
    store_limits limits;
};

exit_code refuse(const request& asked, const std::string& what, std::string_view hint = "") {
    return complain(failed, "store " + asked.verb + what, hint);
}
template <class Error>
exit_code cannot(const request& asked, const std::string& what, const Error& why, std::string_view hint = "") {
    return refuse(asked, " " + shown(what) + ": " + why.message().c_str(), hint);
}
exit_code misuse(const request& asked, const std::string& what, std::string_view hint = "vitte store --help") {
    return complain(misused, "store " + asked.verb + ": " + what, hint);
}

std::string text_of(const content_hash& hash) { return std::string(vitte::loader::detail::text_of(hash).view()); }

/// "500M" as bytes; false if it is no number.
bool read_size(std::string_view text, std::uint64_t& to) {
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), to);
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    const std::size_t power = std::string_view("kMGT").find(unit) + 1;
    if (failure != std::errc() || unit.size() > 1 || (!unit.empty() && power == 0)) return false;
    const unsigned shift = unit.empty() ? 0 : 10 * static_cast<unsigned>(power);
    if (to > UINT64_MAX >> shift) return false;
    to <<= shift;
    return true;
}

/// "NAME@VERSION" in its parts.
struct module_version {
    std::string_view name, version;

    static bool is_one(std::string_view text) { return text.find('@') != text.npos; }
    explicit module_version(std::string_view text)
        : name(text.substr(0, text.find('@'))), version(text.substr(text.find('@') + 1)) {}
};

exit_code add(const module_store& store, const request& asked) {
    const std::string& path = asked.words.back();
    const auto content = vitte::sys::read(path.c_str());
    if (!content) return cannot(asked, path, content.error());
    if (asked.words.size() == 2 && !module_version::is_one(asked.words[0]))
        return misuse(asked, shown(asked.words[0]) + " is not NAME@VERSION");
    const module_version as(asked.words[0]);
    const auto added =
        asked.words.size() == 1 ? store.add(content->bytes()) : store.add(as.name, as.version, content->bytes());
    if (!added && (added.error().code == errc::invalid_argument || added.error().code == errc::malformed))
        return misuse(asked, shown(asked.words[0]) + ": not a name and a version",
                      "names have small letters, digits and -_./, versions are like 1.2.3");
    if (!added) return cannot(asked, path, added.error());
    std::puts(text_of(*added).c_str());
    return succeeded;
}

exit_code get(const module_store& store, const request& asked) {
    const std::string& what = asked.words[0];
    const module_version as(what);
    const auto hash = vitte::loader::detail::hash_of_text(what);
    if (!hash && !module_version::is_one(what))
        return misuse(asked, shown(what) + " is neither NAME@VERSION nor a hash");
    const auto content = hash ? store.read(*hash) : store.read(as.name, as.version);
    if (!content) return cannot(asked, what, content.error());
    if (!asked.output.empty()) {
        const auto written = vitte::sys::replace(asked.output.c_str(), content->bytes());
        return written ? succeeded : cannot(asked, asked.output, written.error());
    }
    std::fwrite(content->bytes().data(), 1, content->size(), stdout);
    return succeeded;
}

exit_code list(const module_store& store, const request& asked) {
    struct row {
        std::string name, number;
        std::string line;
    };
    std::vector<row> rows;
    const auto list_one = [&](std::string_view name) {
        return store.versions(name, [&](const vitte::semver::version& version, const content_hash& hash) {
            std::string number;
            version.append_to(number);
            rows.push_back({std::string(name), number, std::string(name) + "\t" + number + "\t" + text_of(hash)});
        });
    };
    vitte::result<void> below;
    const auto listed = asked.words.empty() ? store.names([&](std::string_view name) {
        if (below) below = list_one(name);
    })
                                            : list_one(asked.words[0]);
    if (!listed && listed.error().code == errc::invalid_argument)
        return misuse(asked, shown(asked.words[0]) + ": not a name");
    if (!listed || !below) return cannot(asked, asked.folder, listed ? below.error() : listed.error());
    std::sort(rows.begin(), rows.end(), [](const row& a, const row& b) {
        if (a.name != b.name) return a.name < b.name;
        return *vitte::semver::version::parse(a.number) < *vitte::semver::version::parse(b.number);
    });
    for (const row& each : rows) std::puts(each.line.c_str());
    if (rows.empty() && !asked.words.empty()) return refuse(asked, " " + asked.words[0] + ": not found");
    return succeeded;
}

void print(const vitte::loader::store_report& report) {
    const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf(
        "%llu contents, %llu bytes; taken away: %llu for room, %llu damaged, %llu names of nothing, "
        "%llu unfinished\n",
        number(report.entries), number(report.bytes), number(report.evicted), number(report.damaged),
        number(report.dangling), number(report.abandoned));
}
exit_code verify(const module_store& store, const request& asked) {
    const auto report = store.verify();
    if (!report) return cannot(asked, asked.folder, report.error());
    print(*report);
    return report->damaged == 0 ? succeeded : refuse(asked, " " + shown(asked.folder) + ": damaged files were there");
}
exit_code collect(const module_store& store, const request& asked) {
    const auto report = store.collect();
    if (!report) return cannot(asked, asked.folder, report.error());
    print(*report);
    return succeeded;
}

/// Reads the options; what is wrong with them has been told if it is not `succeeded`.
exit_code parse(const arguments& given, request& to) {
    to.verb = given[0];
    const struct {
        std::string_view name;
        std::string* text;
    } options[] = {{"-d", &to.folder}, {"-o", &to.output}, {"-l", &to.limit}};
    for (std::size_t i = 1; i < given.size(); ++i) {
        const auto* const found =
            std::find_if(std::begin(options), std::end(options), [&](const auto& one) { return one.name == given[i]; });
        if (found == std::end(options) && given[i].starts_with('-'))
            return misuse(to, "unknown option '" + shown(given[i]) + "'", "vitte store --help lists them");
        if (found == std::end(options)) {
            to.words.emplace_back(given[i]);
            continue;
        }
        if (++i == given.size()) return misuse(to, std::string(found->name) + " needs a word behind it");
        *found->text = given[i];
    }
    if (!to.limit.empty() && !read_size(to.limit, to.limits.bytes))
        return misuse(to, shown(to.limit) + " is not a number of bytes", "such as 500M");
    if (!to.folder.empty()) return succeeded;
    char variable[4096];
    const auto size = vitte::sys::environment("VITTE_STORE", variable);
    if (!size || *size == 0 || *size >= sizeof variable)
        return misuse(to, "the folder of the store is missing", "-d FOLDER, or the variable VITTE_STORE");
    to.folder.assign(variable, *size);
    return succeeded;
}
}  // namespace

exit_code store(const arguments& given) {
    if (std::find(given.begin(), given.end(), "--help") != given.end()) return std::fputs(help, stdout), succeeded;
    if (given.empty())
        return complain(misused, "store: what to do is missing", "vitte store add, get, list, verify or gc");
    const struct {
        std::string_view name;
        exit_code (*run)(const module_store&, const request&);
        std::size_t least, most;  ///< words
        bool makes;               ///< a store where there is none
    } verbs[] = {{"add", add, 1, 2, true},
                 {"get", get, 1, 1, false},
                 {"list", list, 0, 1, false},
                 {"verify", verify, 0, 0, false},
                 {"gc", collect, 0, 0, false}};
    for (const auto& verb : verbs) {
        if (verb.name != given[0]) continue;
        request asked;
        if (const exit_code parsed = parse(given, asked); parsed != succeeded) return parsed;
        if (asked.words.size() < verb.least || asked.words.size() > verb.most)
            return misuse(asked, asked.words.size() < verb.least ? "a word is missing" : "a word too much");
        if (!verb.makes)
            if (const auto there = vitte::sys::stat(asked.folder.c_str()); !there)
                return cannot(asked, asked.folder, there.error());
        const auto opened = module_store::open(asked.folder.c_str(), asked.limits);
        return opened ? verb.run(*opened, asked) : cannot(asked, asked.folder, opened.error());
    }
    return complain(misused, "store " + shown(given[0]) + ": not a command",
                    suggestion(given[0], {"add", "get", "list", "verify", "gc", "--help"}, "vitte store --help"));
}
