"""What steps.py makes of steps that fail, crash, or pass when they are run once more, and which steps a change is given.

usage: steps_test.py RESULTS
"""
import contextlib
import dataclasses
import io
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import plan
import steps
import targets
from results import Results

# Counts as what it is told first, and, run once more, as what it is told then; and says that it was here.
COUNTING = '''first=$1 then=$2; shift 2; [ -e "$0.before" ] && now=$then || now=$first; : > "$0.before"; echo "${0##*/}" >> "${0%/*}/order"
[ "$now" = crash ] && exit 7
[ "$now" = 1 ] && echo "${0##*/}: FAILED: the sky is green"; printf 'it\\t%s\\t%s\\t0\\n' "$((1 - now))" "$now" >> "$1"'''

# A program as Boost's: one case fails until it is run alone, one always, and one passes.
PROGRAM = '''#!/bin/sh
case "$*" in
*--run_test=*) flaky=passed; passing= ;;
*) flaky=failed; passing='<TestCase name="passing" result="passed"/>'; echo "the first light: error: too early" >&2 ;;
esac
echo "<TestResult><TestSuite name='all'><TestSuite name='sky'><TestCase name='flaky' result='$flaky'/>\\
<TestCase name='broken' result='failed'/>$passing</TestSuite></TestSuite></TestResult>"
exit 201'''


def told(these):
    """The code and the end of a run of these steps."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = steps.tell(these, 1)
    return code, said.getvalue()


def counting(steps_plan, name, first, then='0', **more):
    steps_plan.add(name, 1, ['sh', '-c', COUNTING, f'{steps_plan.folder}/{name}', first, then], **more)


def check_scripts(results, folder):
    some = plan.Plan(folder)
    counting(some, 'late', '0', after=['built'])
    counting(some, 'built', '0', builds=True)
    counting(some, 'unstable', '1')
    counting(some, 'broken', '1', '1', polite=True)
    counting(some, 'crashing', 'crash', 'crash', after=['broken'])
    counting(some, 'random', '1', repeats=False)
    for name in 'logs', 'results':
        os.makedirs(f'{folder}/{name}')
    with contextlib.redirect_stdout(io.StringIO()):
        steps.Run(some.steps, folder, os.environ).all()
    with open(f'{folder}/order', encoding='utf-8') as file:
        order = file.read().split()
    results.check(order.index('built') < order.index('late'), f'a step begins before that which it is after: {order}')
    results.equal(sorted(order[-3:]), ['broken', 'crashing', 'unstable'], 'what runs once more, at the end')
    results.equal({step.name: (step.counts, step.failed) for step in some.steps},
                  {'late': ((1, 0, 0), False), 'built': ((1, 0, 0), False), 'unstable': ((1, 0, 0), False), 'broken': ((0, 1, 0), True),
                   'crashing': ((0, 0, 0), True), 'random': ((0, 1, 0), True)}, 'what steps have counted')
    code, end = told(some.steps)
    results.check('unstable: unstable\nunstable: FAILED: the sky is green\n' in end, f'what was unstable is not told with what it said: {end}')
    results.check('crashing: ended with 7\n' in end and 'broken: broken: FAILED: the sky is green\n' in end, f'what failed is not told: {end}')
    results.equal((code, end.splitlines()[-1]), (1, '3 passed, 2 failed, 0 skipped'), 'the end of a run that failed')
    code, end = told(some.steps[:3])
    results.equal((code, end.splitlines()[-1]), (0, '3 passed, 0 failed, 0 skipped'), 'the end of a run that passed')
    code, end = told([])
    results.equal((code, end.splitlines()[-1]), (1, '0 passed, 0 failed, 0 skipped'), 'the end of a run of nothing')


def check_target(results, folder):
    """The cases of a program that have failed run once more, alone."""
    os.makedirs(f'{folder}/source')
    with open(f'{folder}/source/sky.sh', 'w', encoding='utf-8') as file:
        file.write(PROGRAM)
    os.chmod(f'{folder}/source/sky.sh', 0o755)
    with open(f'{folder}/source/meson.build', 'w', encoding='utf-8') as file:
        file.write("project('sky')\ntest('sky', find_program('sky.sh'))\n")
    target = dataclasses.replace(targets.of_name('quick'), name='made', environment={}, setup=[f'{folder}/source'])
    with contextlib.redirect_stdout(io.StringIO()) as said:
        os.system(f'meson setup {folder}/made {folder}/source > {folder}/logs/meson.txt')
        targets.run(target, folder, f'{folder}/counts')
        targets.again(target, folder, f'{folder}/counts')
    with open(f'{folder}/counts', encoding='utf-8') as file:
        results.equal(file.read(), 'made/sky\t2\t1\t0\n', 'what counts of a program with an unstable case')
    named = said.getvalue().partition('unstable: ')[2]
    results.check(named.startswith('made/sky sky/flaky\n') and 'too early' in named, f'the unstable case is not told of: {said.getvalue()}')


def check_assigned(results, folder):
    wide = plan.wide(folder)
    results.equal(len({step.results for step in plan.gate(folder) + wide}), len(plan.gate(folder) + wide), 'files of results')

    def names(*paths):
        return {step.name for step in plan.assigned(wide, paths)}
    results.equal(names('README.md', 'docs/guide.md'), set(), 'what a text needs')
    results.equal(names('cross/x86_64-macos.ini'), {step.name for step in wide}, 'what a change of all targets needs')
    windows = names('include/vitte/sys/platform/win32/files.hpp')
    results.equal(windows, {f'build {plan.WINDOWS}', f'run {plan.WINDOWS}', 'compile/elsewhere', 'systems/imports'}, 'what the code for Windows needs')
    matrix = names('include/vitte/loader/native/link.hpp')
    results.check({'loader/matrix/matrix', 'loader/gdb', 'run s390x-linux-gnu'} <= matrix and 'fuzz' not in matrix, f'what our linker needs: {matrix}')
    known = {step.name for step in wide} | {target.name for target in targets.TARGETS} | {'all'}
    results.equal([name for _, wanted in plan.CHANGED for name in wanted if name not in known], [], 'steps that a path is given and that are not there')


def main():
    results = Results('support/steps_test')
    with tempfile.TemporaryDirectory() as folder:
        check_scripts(results, folder)
        check_target(results, folder)
        check_assigned(results, folder)
    results.append_to(sys.argv[1])


main()
