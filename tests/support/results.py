"""What tests in Python share: they count what they check, and say what failed."""
import os


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


def counted(paths):
    """(passed, failed, skipped) of all these files, as far as they are there."""
    rows = []
    for path in filter(os.path.exists, paths):
        with open(path, encoding='utf-8') as file:
            rows += [tuple(map(int, line.split('\t')[1:])) for line in file]
    return tuple(map(sum, zip(*rows))) if rows else (0, 0, 0)
