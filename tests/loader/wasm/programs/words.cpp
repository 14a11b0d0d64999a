// Containers, strings, streams and files of C++: counts the words of a file, and makes, lists and removes files.
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

struct shape {
    virtual ~shape() = default;
    virtual double area() const = 0;
};
struct square final : shape {
    double side;
    explicit square(double s) : side(s) {}
    double area() const override { return side * side; }
};
struct circle final : shape {
    double radius;
    explicit circle(double r) : radius(r) {}
    double area() const override { return 3.141592653589793 * radius * radius; }
};

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    std::ifstream in(argv[1]);
    std::map<std::string, int> counts;
    for (std::string word; in >> word;) ++counts[word];
    std::vector<std::pair<int, std::string>> sorted;
    for (const auto& [word, count] : counts) sorted.emplace_back(-count, word);
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size() && i < 12; ++i)
        std::cout << sorted[i].second << ' ' << -sorted[i].first << '\n';

    std::vector<std::unique_ptr<shape>> shapes;
    for (int i = 1; i < 50; ++i) {
        if (i % 2 == 0)
            shapes.push_back(std::make_unique<square>(i));
        else
            shapes.push_back(std::make_unique<circle>(i / 2.0));
    }
    std::cout << std::setprecision(12)
              << std::accumulate(shapes.begin(), shapes.end(), 0.0,
                                 [](double sum, const auto& s) { return sum + s->area(); })
              << '\n';

    std::unordered_map<int, std::string> table;
    for (int i = 0; i < 10000; ++i) table[i * 37 % 10007] = std::to_string(i);
    std::cout << table.size() << ' ' << table[37] << ' ' << table[5000] << '\n';

    if (mkdir("made", 0777) != 0) return std::perror("mkdir"), 1;
    for (const char* name : {"made/b.txt", "made/a.txt", "made/c.txt"})
        std::ofstream(name) << name << '\n' << std::hex << 255;
    std::vector<std::string> names;
    DIR* const folder = opendir("made");
    while (const dirent* const entry = readdir(folder)) names.emplace_back(entry->d_name);
    closedir(folder);
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) std::cout << name << '\n';
    struct stat facts;
    if (stat("made/a.txt", &facts) != 0 || rename("made/a.txt", "made/z.txt") != 0) return std::perror("a.txt"), 1;
    std::cout << facts.st_size << ' ' << S_ISREG(facts.st_mode) << ' ' << (access("made/a.txt", F_OK) != 0) << '\n';
    if (symlink("z.txt", "made/link") != 0) return std::perror("symlink"), 1;
    std::stringstream content;
    content << std::ifstream("made/link").rdbuf();
    std::cout << content.str() << '\n';
    for (const char* name : {"made/link", "made/z.txt", "made/b.txt", "made/c.txt"}) unlink(name);
    if (rmdir("made") != 0) return std::perror("rmdir"), 1;
    std::cerr << "done\n";
    return 0;
}
