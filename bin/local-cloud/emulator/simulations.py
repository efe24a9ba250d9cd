"""
The one list of what this extension simulates. Each entry says what AWS does, on which page AWS says so, and which test
shows it; `python -m emulator --list` prints it, ../README.md repeats it, and a test keeps the three in step.

A simulation counts each time it takes part, so that a run can report honestly which of its results rest on one.
"""

import collections
import threading
from dataclasses import asdict, dataclass

_registered = {}
_exercised = collections.Counter()
_lock = threading.Lock()


@dataclass(frozen=True)
class Simulation:
    id: str
    what: str
    source: str
    test: str

    def exercised(self):
        with _lock:
            _exercised[self.id] += 1


def simulation(id, what, source, test):
    if id in _registered:
        raise ValueError(f'simulation {id} is registered twice')
    _registered[id] = Simulation(id, what, source, test)
    return _registered[id]


def table():
    return [asdict(entry) for entry in _registered.values()]


def exercised():
    """The rows that took part since the start, with how often."""
    with _lock:
        return [{**asdict(entry), 'count': _exercised[id]} for id, entry in _registered.items() if _exercised[id]]
