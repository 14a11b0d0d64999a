"""The command-line tool as a user meets it: results, exit codes, errors of one line with a hint.

usage: cli.py FOLDER_OF_EXAMPLES RESULTS
"""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results


def main(folder, results_file):
    results = Results('cli/vitte')
    greeter = os.path.join(folder, 'greeter.so')
    listed = subprocess.run(['ldconfig', '-p'], capture_output=True, text=True, check=True).stdout.splitlines()
    libz, libstdcxx = (next(line.split('=> ')[1] for line in listed if f'\t{name} ' in line) for name in ('libz.so.1', 'libstdc++.so.6'))

    def vitte(*arguments, tool='vitte'):
        return subprocess.run([os.path.join(folder, tool), *arguments], capture_output=True, text=True)

    def prints(expected, *arguments, tool='vitte'):
        done = vitte(*arguments, tool=tool)
        results.equal((done.returncode, done.stdout.strip(), done.stderr), (0, expected, ''), f'{tool} {arguments}')

    def refuses(code, needles, *arguments, tool='vitte'):
        done = vitte(*arguments, tool=tool)
        good = (done.returncode == code and done.stderr.count('\n') == 1 and done.stderr.startswith('vitte: ')
                and all(needle in done.stderr for needle in needles))
        results.check(good, f'{tool} {arguments}: exit {done.returncode}, {done.stderr!r}')

    for arguments in ['--help'], ['inspect', '--help'], ['run', '--help']:
        done = vitte(*arguments)
        results.check(done.returncode == 0 and done.stdout.startswith('usage: vitte') and not done.stderr, f'{arguments}')
    results.equal(vitte().returncode, 2, 'no command')
    refuses(2, ['fly', 'hint'], 'fly')

    crc = ['run', libz, 'crc32', '0', '123456789', '9', '--signature', 'u64(u64,str,u32)']
    prints('3421780262', *crc)
    prints('3421780262', *crc, tool='vitte-dynamic')
    prints('3421780262', *crc, '--linker', 'os', tool='vitte-dynamic')
    prints('data error', 'run', libz, 'zError', '--signature', 'str(i32)', '-3')
    prints('data error', 'run', '--signature', 'str(i32)', libz, 'zError', '--', '-3')

    refuses(2, ['no file', 'hint'], 'inspect')
    refuses(1, ['no/such', 'not found'], 'inspect', 'no/such')
    refuses(1, [__file__, 'neither an ELF, PE', 'byte 0', 'hint'], 'inspect', __file__)
    refuses(2, ['--frob', 'hint'], 'inspect', greeter, '--frob')
    refuses(2, ['function', 'hint'], 'run', greeter)
    refuses(1, ['host_print', 'searched', 'hint'], 'run', greeter, 'greet', '0')
    refuses(1, ['@GLIBC_', 'of libc.so.6', 'searched: ', 'host exports'], 'run', libstdcxx, '_ZSt9terminatev')
    refuses(1, ['crc33', 'hint'], 'run', libz, 'crc33')
    refuses(2, ['argument 1', "'x'", 'i64', 'hint'], 'run', libz, 'zError', 'x')
    refuses(2, ['argument 1', "'256'", 'u8'], 'run', libz, 'zError', '256', '--signature', 'i32(u8)')
    refuses(2, ['argument 1', "'-1'", 'u64'], 'run', libz, 'zError', '-1', '--signature', 'i32(u64)')
    refuses(2, ['takes 2', '1 are given'], 'run', libz, 'zError', '1', '--signature', 'i32(i32,i32)')
    refuses(2, ['signature', 'byte 0'], 'run', libz, 'zError', '1', '--signature', 'int(int)')
    refuses(2, ['linker', 'dynamic'], 'run', libz, 'zlibVersion', '--linker', 'os')
    refuses(2, ["'gold'", 'hint'], 'run', libz, 'zlibVersion', '--linker', 'gold')

    facts = json.loads(vitte('inspect', '--json', greeter).stdout)
    results.equal([s['name'] for s in facts['exports']], ['greet'], 'exports of the greeter')
    results.check('host_print' in [s['name'] for s in facts['imports']], 'imports of the greeter')
    with tempfile.TemporaryDirectory() as scratch:
        cut = os.path.join(scratch, 'cut.so')
        with open(greeter, 'rb') as whole, open(cut, 'wb') as part:
            part.write(whole.read()[:-100])
        refuses(1, ['past the end of the file'], 'inspect', cut)
    results.append_to(results_file)


main(*sys.argv[1:])
