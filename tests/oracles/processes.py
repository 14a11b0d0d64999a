"""Who dies with a child that is stopped, killed or captured, and who lives, in random trees of processes that ignore signals, lose their
parents, begin sessions and close their streams: as the comments of `stop`, `kill_tree` and `capture` say, against what proc(5) shows."""
import glob
import os
import shutil
import signal
import time

PATIENCE = 120


def needs():
    return '' if os.path.exists('/proc/self/environ') and shutil.which('setsid') else 'proc and setsid'


class Node:
    def __init__(self, random, number, parent):
        self.number, self.parent, self.children = number, parent, []
        self.how = random.choice(['child', 'child', 'daemon', 'early']) if parent else 'child'
        self.ignores, self.closes = random.random() < 0.4, random.random() < 0.4
        self.begins_session = bool(parent) and random.random() < 0.25
        if parent:
            parent.children.append(self)

    def script(self, folder, last=''):
        lines = ["trap '' TERM HUP" if self.ignores else ':', 'exec > /dev/null 2>&1' if self.closes and self.parent else ':']
        for child in self.children:
            start = f'VITTE_ORACLE={folder}/{child.number} {"setsid " if child.begins_session else ""}sh {folder}/{child.number}'
            # Who waits in front of "&" knows that whoever is to be gone is gone.
            lines.append({'child': f'{start} &', 'daemon': f'({start} &)', 'early': start}[child.how])
        lines.append(f'echo >> {folder}/ready')
        lines.append(last)
        lines.append('exit' if self.how == 'early' else 'exec sleep 1000')
        return '\n'.join(lines)

    def ancestors(self):
        return [] if not self.parent else [self, *self.parent.ancestors()]

    def is_met(self):
        """Whether no parent between it and the first one is gone."""
        one = self
        while one.parent:
            if one.how == 'daemon' or one.parent.how == 'early':
                return False
            one = one.parent
        return True


def living(folder):
    """Numbers of nodes and of processes; of those that have begun, that is, all when `ready` is full."""
    found = []
    for path in glob.glob('/proc/[0-9]*/environ'):
        try:
            with open(path, 'rb') as file:
                for entry in file.read().split(b'\0'):
                    if entry.startswith(f'VITTE_ORACLE={folder}/'.encode()):
                        found.append((int(entry.rsplit(b'/', 1)[1]), int(path.split('/')[2])))
        except OSError:
            pass
    return found


def must_live(nodes, action, group):
    lives = set()
    for node in nodes:
        if node.how == 'early':
            continue
        in_group = group != 'same' and not any(one.begins_session for one in node.ancestors())
        has_output = action == 'capture' and not any(one.closes for one in node.ancestors())
        # All below one who is met are, too, unless their own parents are gone.
        above, is_met = node, False
        while True:
            in_it = group != 'same' and not any(one.begins_session for one in above.ancestors())
            holds = action == 'capture' and not any(one.closes for one in above.ancestors())
            is_met = is_met or above.how != 'early' and (in_it or holds)
            if above.how == 'daemon' or not above.parent or above.parent.how == 'early':
                break
            above = above.parent
        if not (in_group or has_output or is_met or node.is_met()):
            lives.add(node.number)
    return lives


def check(random, ours, folder):
    nodes = [Node(random, 0, None)]
    for number in range(1, random.randrange(2, 12)):
        nodes.append(Node(random, number, random.choice(nodes)))
    action, group = random.choice(['stop', 'kill', 'capture']), random.choice(['same', 'own', 'session'])
    wait = f'while [ $(wc -l < {folder}/ready) -lt {len(nodes)} ]; do sleep 0.02; done; echo too much' if action == 'capture' else ''
    for node in nodes:
        with open(f'{folder}/{node.number}', 'w', encoding='utf-8') as file:
            file.write(node.script(folder, '' if node.parent else wait))
    expected = must_live(nodes, action, group)
    try:
        said = ours.ask(action, group, folder, str(len(nodes)))[0].decode()
        if said != ('too' if action == 'capture' else 'by a signal'):
            return f'{action} {group}: {said}'
        end = time.monotonic() + PATIENCE
        while (found := {number for number, _ in living(folder)}) != expected and time.monotonic() < end:
            time.sleep(0.01)
        if found != expected:
            shape = [(node.number, node.parent and node.parent.number, node.how, node.begins_session, node.closes, node.ignores) for node in nodes]
            return f'{action} {group} of (number, parent, how, session, closes, ignores) {shape}: {sorted(found)} live, not {sorted(expected)}'
    finally:
        while left := living(folder):
            for _, process in left:
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.01)
    return ''
