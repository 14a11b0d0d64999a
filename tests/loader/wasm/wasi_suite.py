"""The programs of WASI's test suite in `vitte run`. They are not part of the project: VITTE_WASI_SUITE names a folder with them
and their specifications in JSON (wasi-testsuite, doc/specification.md), at any depth.

usage: wasi_suite.py BUILD VITTE RESULTS
"""
import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..')
sys.path.insert(0, os.path.join(ROOT, 'tests', 'support'))
from results import Results


def specification(module):
    """What a module is run with and what is expected of it; newer ones say so in steps."""
    path = module.removesuffix('.wasm') + '.json'
    if not os.path.exists(path):
        return {}
    with open(path, encoding='utf-8') as file:
        wanted = json.load(file)
    for step in wanted.pop('operations', []):
        wanted.update({step.get('id', 'stdout'): step.get('payload', '')} if step['type'] == 'read' else step)
    return wanted


def run(vitte, module, work, results):
    """Runs a module with copies of its folders, so that what it leaves behind is nobody's. Its `root` it calls "/"."""
    wanted = specification(module)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    options = []
    folders = {folder: folder for folder in wanted.get('dirs', [])}
    if 'root' in wanted:
        folders['/'] = wanted['root']
    for name, folder in folders.items():
        shutil.copytree(os.path.join(os.path.dirname(module), folder), os.path.join(work, folder), symlinks=True)
        options += ['--dir', f'{os.path.join(work, folder)}::{name}']
    for variable in wanted.get('env', {}).items():
        options += ['--env', '='.join(variable)]
    done = subprocess.run([vitte, 'run', module, *options, '--', *wanted.get('args', [])], cwd=work, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    name = os.path.basename(module)
    results.check(done.returncode == wanted.get('exit_code', 0), f'{name}: exit code {done.returncode}: {done.stderr[-300:]}')
    for stream, text in ('stdout', done.stdout), ('stderr', done.stderr):
        if stream in wanted:
            results.equal(text, wanted[stream].encode(), f'{name}: {stream}')


def main(build, vitte, results_file):
    results = Results('loader/wasm/wasi_suite')
    suite = os.environ.get('VITTE_WASI_SUITE')
    if suite is None:
        results.skip('the test suite of WASI: VITTE_WASI_SUITE names no folder')
    for folder, _, files in sorted(os.walk(os.path.abspath(suite))) if suite else []:
        for name in sorted(files):
            if name.endswith('.wasm'):
                run(os.path.abspath(vitte), os.path.join(folder, name), os.path.join(os.path.abspath(build), 'work'), results)
    results.append_to(results_file)


main(*sys.argv[1:])
