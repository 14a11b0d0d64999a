// Programs that answer questions: both are lists of byte strings, each as its size in decimal digits, a line feed and its bytes,
// behind the number of them.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace oracle {
using strings = std::vector<std::string>;

inline bool read_number(std::size_t& number) { return std::scanf("%zu", &number) == 1 && std::getchar() == '\n'; }

/// Answers by `answer(question)` until there are no more.
template <class Answer>
int answer_all(Answer answer) {
    for (std::size_t count; read_number(count);) {
        strings asked(count);
        for (std::string& field : asked) {
            std::size_t size;
            if (!read_number(size)) return 1;
            field.resize(size);
            if (std::fread(field.data(), 1, size, stdin) != size) return 1;
        }
        const strings answered = answer(asked);
        std::printf("%zu\n", answered.size());
        for (const std::string& field : answered) {
            std::printf("%zu\n", field.size());
            std::fwrite(field.data(), 1, field.size(), stdout);
        }
        std::fflush(stdout);
    }
    return 0;
}
}  // namespace oracle
