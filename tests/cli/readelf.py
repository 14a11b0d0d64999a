"""vitte inspect against readelf, on the system's own libraries: symbols with versions, needed libraries, relocations.

usage: readelf.py VITTE RESULTS
"""
import collections
import glob
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results


def readelf(path, *options):
    return subprocess.run(['readelf', '-W', *options, path], capture_output=True, text=True, errors='surrogateescape').stdout


def symbols(path):
    """{(name, version, default, type, binding, value, size)} of dynamic symbols that are not local."""
    found = set()
    row = re.compile(r'\s*\d+: ([0-9a-f]+)\s+(\w+) (\S+)\s+(\S+)\s+(\S+)\s+(?:\[.*?\]\s+)?(\S+)(?: (\S+))?')
    for line in readelf(path, '--dyn-syms').splitlines():
        match = row.match(line)
        if not match or match[4] == 'LOCAL' or match[7] is None:
            continue
        value, size, kind, binding, _, section, name = match.groups()
        name, at, version = name.partition('@')
        version, default = version.lstrip('@'), version.startswith('@')
        undefined = section == 'UND'
        found.add((name, version, default and not undefined, kind, binding, 0 if undefined else int(value, 16),
                   0 if undefined else int(size, 0)))
    return found


def ours(facts):
    """The same from vitte; readelf shows no version of the symbols that stand for the versions themselves."""
    found = set()
    for s in facts['exports']:
        if s['name'] == s['version']:
            s['version'] = ''
        found.add((s['name'], s['version'], s['default'] == 'yes' and s['version'] != '', s['type'], s['binding'], s['value'], s['size']))
    for s in facts['imports']:
        found.add((s['name'], s['version'], False, s['type'], s['binding'], 0, 0))
    return found


def relocations(path):
    """(count by type number, number of packed ones)"""
    counts, packed = collections.Counter(), 0
    for line in readelf(path, '-r').splitlines():
        match = re.match(r'([0-9a-f]{16})  ([0-9a-f]{16}) R_', line)
        if match:
            counts[int(match[2], 16) & 0xffffffff] += 1
        match = re.match(r'\s+(\d+) offsets', line)
        if match:
            packed += int(match[1])
    return dict(counts), packed


def main(vitte, results_file):
    results = Results('cli/readelf')
    folder = subprocess.run(['gcc', '-print-multiarch'], capture_output=True, text=True).stdout.strip()
    paths = sorted({os.path.realpath(p) for p in glob.glob(f'/usr/lib/{folder}/*.so*')
                    if open(p, 'rb').read(4) == b'\x7fELF'}, key=os.path.getsize)[-150:]
    results.check(len(paths) >= 50, f'only {len(paths)} libraries were found')
    for path in paths:
        done = subprocess.run([vitte, 'inspect', '--json', path], capture_output=True, text=True, errors='surrogateescape')
        if done.returncode != 0:
            results.check(False, done.stderr)
            continue
        facts, name = json.loads(done.stdout), os.path.basename(path)
        dynamic = readelf(path, '-d')
        results.equal(facts['needed'], re.findall(r'\(NEEDED\)\s+Shared library: \[(.*)\]', dynamic), f'{name}: needed')
        theirs, mine = symbols(path), ours(facts)
        results.check(theirs == mine, f'{name}: symbols: {len(mine)} here, {len(theirs)} there, e.g. {sorted(theirs ^ mine)[:4]}')
        results.equal(({r['type']: r['count'] for r in facts['relocations']}, facts['relr']), relocations(path), f'{name}: relocations')
        build_id = re.search(r'Build ID: (\w+)', readelf(path, '-n'))
        results.equal(facts['build_id'], build_id[1] if build_id else '', f'{name}: build id')
    results.append_to(results_file)


main(*sys.argv[1:])
