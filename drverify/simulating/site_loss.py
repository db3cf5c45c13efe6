"""All systems of a site come back at once: one discrete-event simulation of it."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

import simpy

from drverify.simulating.course import Capacity, Course, Recovery, Return, Span
from drverify.simulating.sharing import SharedHost


@dataclass(slots=True)
class _Place:
    """A host with its room."""

    host: SharedHost
    memory: int
    places: int
    waiting: list[tuple[float, str, int, simpy.Event]] = field(default_factory=list)
    left_last: str = ""

    def leave(self, workload: str, memory: int) -> None:
        self.memory += memory
        self.places += 1
        self.left_last = workload
        self.let_in()

    def let_in(self) -> None:
        """Let in whoever is next while there is room: nobody overtakes, or the large ones would starve."""
        self.waiting.sort(key=lambda one: (one[0], one[1]))
        while self.waiting and self.places and self.waiting[0][2] <= self.memory:
            _, _, memory, event = self.waiting.pop(0)
            self.memory -= memory
            self.places -= 1
            event.succeed()


def site_loss(recoveries: Sequence[Recovery], hosts: Mapping[str, Capacity]) -> Course:
    """Let everything come back. ValueError when something never can, and says what."""
    _possible(recoveries, hosts)
    environment = simpy.Environment()
    places = {
        name: _Place(
            host=SharedHost(environment, one.power),
            memory=one.memory_mib,
            places=one.at_once,
        )
        for name, one in hosts.items()
    }
    back = {one.workload: environment.event() for one in recoveries}
    returns: list[Return] = []
    for one in recoveries:
        environment.process(_recovered(environment, one, places[one.host], back, returns))
    environment.run()
    return Course(returns=tuple(returns))


def _recovered(
    environment: simpy.Environment,
    one: Recovery,
    place: _Place,
    back: Mapping[str, simpy.Event],
    returns: list[Return],
) -> Generator[simpy.Event, None, None]:
    waited_for = ""
    yield environment.timeout(one.begins)
    for before in one.after:
        if not back[before].triggered:
            waited_for = before
            yield back[before]
    admitted = environment.event()
    place.waiting.append((one.rank, one.workload, one.memory_mib, admitted))
    place.let_in()
    if not admitted.triggered:
        yield admitted
        waited_for = place.left_last
    began, spans = environment.now, []
    for stage in one.stages:
        since = environment.now
        yield environment.timeout(stage.waits)
        yield from place.host.work(stage.alone, stage.load)
        spans.append(Span(phase=stage.phase, began=since, took=environment.now - since))
    returns.append(
        Return(
            workload=one.workload,
            admitted=began,
            waited_for=waited_for,
            spans=tuple(spans),
            back=environment.now,
        )
    )
    back[one.workload].succeed()
    place.leave(one.workload, one.memory_mib)


def _possible(recoveries: Sequence[Recovery], hosts: Mapping[str, Capacity]) -> None:
    names = [one.workload for one in recoveries]
    if len(set(names)) != len(names):
        raise ValueError("a system stands there twice")
    if not recoveries:
        raise ValueError("there is nothing to recover")
    for one in recoveries:
        if one.host not in hosts:
            raise ValueError(f"{one.workload}: no host {one.host!r}")
        if hosts[one.host].at_once < 1 or one.memory_mib > hosts[one.host].memory_mib:
            raise ValueError(
                f"{one.workload} needs {one.memory_mib} MiB of memory, and host {one.host} has "
                f"{hosts[one.host].memory_mib} MiB"
            )
        for before in one.after:
            if before not in names:
                raise ValueError(f"{one.workload} waits for {before}, which is not recovered")
    done: set[str] = set()
    while rest := [one for one in recoveries if one.workload not in done]:
        free = {one.workload for one in rest if done.issuperset(one.after)}
        if not free:
            raise ValueError(
                f"{rest[0].workload} waits for itself: " + ", ".join(one.workload for one in rest)
            )
        done |= free
