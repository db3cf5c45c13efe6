"""A host that several recoveries share, as a queue of processor sharing.

While their loads add up to no more than the host has, each stage goes on as fast as alone; beyond that all
slow down by the same factor. So one clock that runs at that factor serves for all of them: a stage ends when
it has gone on by the stage's own seconds. Source: egalitarian processor sharing, Kleinrock, Queueing Systems
II, 4.4.
"""

import heapq
from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import count

import simpy


@dataclass(order=True, slots=True)
class _Job:
    ends: float
    """On the host's own clock."""
    number: int
    load: float = field(compare=False)
    done: simpy.Event = field(compare=False)


class SharedHost:
    """One host in a simulation."""

    def __init__(self, environment: simpy.Environment, power: float) -> None:
        self._environment = environment
        self._power = power
        self._clock = 0.0
        self._looked = 0.0
        self._jobs: list[_Job] = []
        self._numbers = count()
        self._load = 0.0
        self._version = 0

    def work(self, alone: float, load: float) -> Generator[simpy.Event, None, None]:
        """Go on until `alone` seconds of a stage of that load are done."""
        self._go_on()
        done = self._environment.event()
        heapq.heappush(
            self._jobs, _Job(ends=self._clock + alone, number=next(self._numbers), load=load, done=done)
        )
        self._load += load
        self._plan()
        yield done

    @property
    def _pace(self) -> float:
        """Seconds of the host's clock in one second. A stronger host makes no single stage quicker."""
        return 1.0 if self._load <= self._power else self._power / self._load

    def _go_on(self) -> None:
        now = self._environment.now
        self._clock += (now - self._looked) * self._pace
        self._looked = now

    def _plan(self) -> None:
        """Wake up when the next stage ends, unless something comes or goes before."""
        self._version += 1
        if not self._jobs:
            self._load = 0.0  # no rest of rounding stays
            return
        pause = max(0.0, (self._jobs[0].ends - self._clock) / self._pace)
        self._environment.process(self._wake(pause, self._version))

    def _wake(self, pause: float, version: int) -> Generator[simpy.Event, None, None]:
        yield self._environment.timeout(pause)
        if version != self._version:
            return
        self._go_on()
        first = heapq.heappop(self._jobs)
        self._clock = max(self._clock, first.ends)
        self._load -= first.load
        first.done.succeed()
        self._plan()
