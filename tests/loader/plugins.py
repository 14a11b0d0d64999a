"""The plugin of examples/plugins/ in Rust, natively and as WebAssembly, passes what those in C and C++ pass, which the build makes.

usage: plugins.py BUILD FOLDER RESULTS
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results


def main(build, folder, results_file):
    results = Results('loader/plugins')
    tests = os.path.join(os.path.abspath(build), 'tests')
    os.makedirs(folder, exist_ok=True)
    rustc = '/usr/bin/rustc' if os.path.exists('/usr/bin/rustc') else shutil.which('rustc')
    made = []
    for name, target in {'rust.so': [], 'rust.wasm': ['--target', 'wasm32-unknown-unknown', '-C', 'link-arg=--strip-debug']}.items():
        path = os.path.join(os.path.abspath(folder), name)
        done = subprocess.run([rustc or 'rustc', '--edition', '2021', '--crate-type=cdylib', '-C', 'panic=abort', '-O', '-D', 'warnings', *target,
                               'examples/plugins/tally.rs', '-o', path], stderr=subprocess.PIPE, text=True) if rustc else None
        results.check(done is not None and done.returncode == 0, f'{name}: {done.stderr if done else "there is no rustc"}')
        if done is not None and done.returncode == 0:
            made.append(path)
    if made:
        environment = {**os.environ, 'VITTE_PLUGINS': ':'.join(made), 'VITTE_FIXTURES': os.path.join(tests, 'support', 'fixtures')}
        done = subprocess.run([os.path.join(tests, 'loader_plugin'), '--run_test=conformance,text_and_table_agree'], cwd=folder, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        results.check(done.returncode == 0, done.stdout)
    results.append_to(results_file)


main(*sys.argv[1:])
