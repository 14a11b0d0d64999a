"""What tests in Python share: they count what they check, and say what failed. As a program, adds up what a file counts.

usage: results.py RESULTS
"""
import sys


class Results:
    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped = name, 0, 0, 0

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f'{self.name}: FAILED: {what}')

    def equal(self, got, expected, what):
        self.check(got == expected, f'{what}: expected {expected!r}, got {got!r}')

    def skip(self, why):
        self.skipped += 1
        print(f'{self.name}: skipped: {why}')

    def append_to(self, path):
        print(f'{self.name}: {self.passed} passed, {self.failed} failed, {self.skipped} skipped.')
        with open(path, 'a', encoding='utf-8') as file:
            file.write(f'{self.name}\t{self.passed}\t{self.failed}\t{self.skipped}\n')


def total(path):
    with open(path, encoding='utf-8') as file:
        rows = [tuple(map(int, line.split('\t')[1:])) for line in file]
    passed, failed, skipped = (sum(column) for column in zip(*rows)) if rows else (0, 0, 0)
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    return 0 if passed and not failed else 1


if __name__ == '__main__':
    sys.exit(total(sys.argv[1]))
