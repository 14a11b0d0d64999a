"""Timers of the wheel, against a sorted list."""

MOST = 2**64 - 1


class Model:
    """What is pending: by timer, whether it was added too late, its tick, and when it was added."""

    def __init__(self, now):
        self.now, self.pending, self.added = now, {}, 0

    def change(self, action, timer, tick):
        if action == 'cancel':
            self.pending.pop(timer, None)
        elif timer not in self.pending:
            self.added += 1
            self.pending[timer] = (0, 0, self.added) if tick <= self.now else (1, tick, self.added)

    def advance(self, now, changes):
        fired, calls = [], self.added
        while due := sorted((place, timer) for timer, place in self.pending.items()
                            if place[0] == 0 and place[2] <= calls or place[0] == 1 and place[1] <= now):
            (kind, tick, _), timer = due[0]
            del self.pending[timer]
            if kind:
                self.now = tick
            fired.append(f'{timer} at {self.now}')
            for when, action, other, other_tick in changes:
                if when == timer:
                    self.change(action, other, other_tick)
        self.now = now
        return fired


def check(random, ours, folder):
    span = 2**random.randrange(2, 64)
    model = Model(random.choice([0, 1, 63, 64, MOST - span, random.randrange(MOST - span + 1)]))
    ours.ask('start', str(model.now))
    timers = [str(i) for i in range(random.randrange(1, 40))]

    def tick():
        reach = 2**random.randrange(1, span.bit_length() + 1)
        return random.choice([model.now, min(MOST, model.now + random.randrange(reach)), max(0, model.now - random.randrange(reach)),
                              min(MOST, model.now // 64 * 64 + 64), random.choice([MOST, 0])])

    def change():
        return random.choice(['add', 'add', 'cancel']), random.choice(timers), tick()

    for _ in range(400):
        if random.random() < 0.7:
            action, timer, when = change()
            model.change(action, timer, when)
            ours.ask(action, timer, str(when))
        else:
            now = min(MOST, model.now + random.randrange(2**random.randrange(span.bit_length() + 1)))
            changes = [(timer, *change()) for timer in random.sample(timers, min(len(timers), random.randrange(4)))]
            # What adds itself again for a tick that is to come would do so for ever.
            changes = [c for c in changes if c[1] == 'cancel' or c[3] <= model.now or c[3] > now]
            before = model.now
            expected = model.advance(now, changes)
            got = [field.decode() for field in ours.ask('advance', str(now), *(str(field) for c in changes for field in c))]
            if got != expected:
                return f'advance from {before} to {now} with {changes}: expected {expected}, got {got}'
        now, empty, following = (field.decode() for field in ours.ask('state'))
        if int(now) != model.now or (empty == 'empty') != (not model.pending):
            return f'expected now {model.now} with {len(model.pending)} timers, got {now}, {empty}'
        earliest = min((model.now if place[0] == 0 else place[1] for place in model.pending.values()), default=MOST)
        if int(following) > earliest or int(following) < model.now:
            return f'now {now}: the next is at {earliest}, got {following}'
    return ''
