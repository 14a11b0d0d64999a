"""Counts what it costs to read inputs of many shapes in sizes n, 2n and 4n: twice as much input costs at most 2.5 times as many
instructions and as much memory. What is refused at once would show nothing: it costs at least 1.3 times as many.

usage: growth.py FOLDER RESULTS [SHAPE...]
"""
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'support'))
from results import Results

LEAST, MOST = 1.3, 2.5
WORKERS = 2


def compiled(folder):
    """The program, of one object file for each source."""
    def compile_one(source):
        made = os.path.join(folder, os.path.basename(source)[:-4] + '.o')
        subprocess.run(['g++', '-std=c++20', '-O1', '-DVITTE_STRIDE=1', '-Iinclude', '-c', source, '-o', made], check=True)
        return made
    sources = sorted(glob.glob('tests/growth/*.cpp'), key=os.path.getsize, reverse=True)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        objects = list(pool.map(compile_one, sources))
    program = os.path.join(folder, 'growth')
    subprocess.run(['g++', *objects, '-o', program], check=True)
    return program


def counted(program, shapes, folder):
    """What `shapes` cost: by shape and size, instructions and allocated bytes; and what the program complained of."""
    os.makedirs(folder)
    command = ['valgrind', '--tool=callgrind', '--collect-atstart=no', f'--callgrind-out-file={folder}/out', program, *shapes]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | {'LD_BIND_NOW': '1'})
    instructions = {}
    for dump in glob.glob(f'{folder}/out.*'):
        with open(dump, encoding='utf-8') as file:
            text = file.read()
        if name := re.search(r'^desc: Trigger: Client Request: (.*)\t(\d+)$', text, re.M):
            instructions[name[1], int(name[2])] = int(re.search(r'^(?:totals|summary): (\d+)', text, re.M)[1])
    costs, complaints = {}, []
    for line in run.stdout.splitlines():
        fields = line.split('\t')
        if len(fields) == 3:
            key = fields[0], int(fields[1])
            costs[key] = instructions[key], int(fields[2])
        else:
            complaints.append(line)
    if run.returncode and not complaints:
        complaints.append(f'it ended with {run.returncode} after {len(costs)} runs of {shapes}')
    return costs, complaints


def main(folder, results_file, *chosen):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    results = Results('growth')
    program = compiled(folder)
    listed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    smallest = {name: int(size) for name, size in (line.split('\t') for line in listed.splitlines())}
    shapes = [name for name in smallest if not chosen or name in chosen]
    costs = {}
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for part, complaints in pool.map(lambda i: counted(program, shapes[i::WORKERS], f"{folder}/{i}"), range(min(WORKERS, len(shapes)))):
            costs |= part
            for complaint in complaints:
                results.check(False, complaint)
    for name in shapes:
        runs = [costs.get((name, times * smallest[name])) for times in (1, 2, 4)]
        if None in runs:
            results.check(False, f'{name} was not counted')
            continue
        for i, (smaller, larger) in enumerate(zip(runs, runs[1:])):
            more = larger[0] / smaller[0]
            results.check(LEAST <= more <= MOST, f'{name}: {more:.2f} times as many instructions for twice {2 ** i * smallest[name]}: {runs}')
        memory = [larger[1] / smaller[1] if smaller[1] else 1 for smaller, larger in zip(runs, runs[1:])]
        results.check(max(memory) <= MOST, f'{name}: {max(memory):.2f} times as much memory for twice as much: {runs}')
    print(f'growth: {len(shapes)} shapes, {sum(cost[0] for cost in costs.values()) / 1e6:.0f} million instructions')
    results.append_to(results_file)


main(*sys.argv[1:])
