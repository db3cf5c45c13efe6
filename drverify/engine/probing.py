"""Asks probes again and again until they are healthy and settled, or provably are not."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from drverify.engine.ports import (
    Activity,
    Blob,
    Clock,
    Observation,
    Prober,
    ProbeScope,
    Progress,
    Sandbox,
    Vantage,
)
from drverify.model.drill import Artefact, ControlResult, GaveUp, ProbeResult, ProbeStatus
from drverify.model.playbook import Limits, ProbeSpec

WATCH_EVERY = timedelta(seconds=1)
GRACE = timedelta(seconds=5)
"""What an attempt may take beyond its own limit before we call it our fault."""


@dataclass(slots=True)
class _Standing:
    """What is known of one probe so far."""

    spec: ProbeSpec
    attempts: int = 0
    passing_since: timedelta | None = None
    settled: timedelta | None = None
    started: timedelta = timedelta()
    took: timedelta = timedelta()
    last: Observation | None = None
    reported: ProbeStatus | None = None


class Probing:
    """The probes of one drill against one place."""

    def __init__(
        self,
        *,
        vantage: Vantage,
        prober: Prober,
        scope: ProbeScope,
        offset: Callable[[], timedelta],
        keep: Callable[[Blob], Artefact],
        progress: Progress,
        settle: timedelta,
    ) -> None:
        self._vantage = vantage
        self._prober = prober
        self._scope = scope
        self._offset = offset
        self._keep = keep
        self._progress = progress
        self._settle = settle
        self._standings: dict[str, _Standing] = {}
        self._changed = asyncio.Event()
        self.answers = 0
        """Counts answers that differ from the probe's last one: a sign of life."""

    async def controls(self, specs: Sequence[ProbeSpec]) -> tuple[ControlResult, ...]:
        """Ask every probe once where nothing is there yet."""
        answers = await asyncio.gather(*(self._ask(spec) for spec in specs))
        return tuple(
            ControlResult(probe=spec.id, status=answer.status, observed=answer.observed)
            for spec, answer in zip(specs, answers, strict=True)
        )

    async def until_settled(self, specs: Sequence[ProbeSpec]) -> None:
        """Ask each until it has kept passing for the settling time; runs until cancelled otherwise."""
        async with asyncio.TaskGroup() as group:
            for spec in specs:
                group.create_task(self._follow(spec))

    async def once(self, specs: Sequence[ProbeSpec]) -> None:
        """Ask each once more. One that had settled and does not pass now has not settled after all."""
        await asyncio.gather(*(self._attempt(self._standing(spec)) for spec in specs))

    async def when(self, goal: Callable[[], bool]) -> None:
        """Wait until the goal holds; looked at after every answer."""
        while not goal():
            self._changed.clear()
            await self._changed.wait()

    def settled(self, specs: Sequence[ProbeSpec]) -> bool:
        """Whether every one of them is healthy and settled."""
        return all(self._standing(spec).settled is not None for spec in specs)

    def passing(self, specs: Sequence[ProbeSpec]) -> bool:
        """Whether every one of them passed when last asked."""
        return all(self._standing(spec).passing_since is not None for spec in specs)

    def results(self, specs: Sequence[ProbeSpec]) -> tuple[ProbeResult, ...]:
        """The last answer of each that was asked at all, with its transcript kept."""
        return tuple(
            self._result(standing, standing.last)
            for standing in map(self._standing, specs)
            if standing.last is not None
        )

    def _standing(self, spec: ProbeSpec) -> _Standing:
        return self._standings.setdefault(spec.id, _Standing(spec=spec))

    async def _follow(self, spec: ProbeSpec) -> None:
        standing = self._standing(spec)
        while standing.settled is None:
            await self._attempt(standing)
            if standing.settled is None:
                await asyncio.sleep(self._pause(standing).total_seconds())

    def _pause(self, standing: _Standing) -> timedelta:
        """Wait `every`, but look exactly when the settling time is over."""
        if standing.passing_since is None:
            return standing.spec.every
        left = standing.passing_since + self._settle - self._offset()
        return max(min(standing.spec.every, left), timedelta(milliseconds=1))

    async def _attempt(self, standing: _Standing) -> None:
        started = self._offset()
        answer = await self._ask(standing.spec)
        now = self._offset()
        standing.attempts += 1
        standing.started, standing.took, standing.last = started, now - started, answer
        if answer.status is ProbeStatus.PASSED:
            if standing.passing_since is None:
                standing.passing_since = now
            if standing.settled is None and now - standing.passing_since >= self._settle:
                standing.settled = now
        else:
            standing.passing_since = None
            standing.settled = None
        self._changed.set()
        if answer.status is not standing.reported:
            standing.reported = answer.status
            self.answers += 1
            self._progress.note(f"probe {standing.spec.id}: {answer.status}: {answer.observed}")

    async def _ask(self, spec: ProbeSpec) -> Observation:
        within = (spec.within + GRACE).total_seconds()
        try:
            async with asyncio.timeout(within):
                return await self._vantage.run(lambda: self._prober.ask(spec, self._scope))
        except TimeoutError:
            text = f"the probe itself did not end within {within:.0f} s"
            return Observation(
                status=ProbeStatus.ERRORED, expected="an answer", observed=text, transcript=text.encode()
            )

    def _result(self, standing: _Standing, last: Observation) -> ProbeResult:
        spec = standing.spec
        transcript = self._keep(
            Blob(name=f"probes/{spec.id}.txt", media_type="text/plain", content=last.transcript)
        )
        return ProbeResult(
            probe=spec.id,
            kind=spec.kind,
            status=last.status,
            expected=last.expected,
            observed=last.observed,
            started=standing.started,
            took=standing.took,
            attempts=standing.attempts,
            settled=standing.settled,
            newest=last.newest,
            transcript=transcript.sha256,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why waiting for a guest has become pointless."""

    by: GaveUp
    why: str


class Watch:
    """Notices when a guest shows no sign of life any more, or its time is over."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._started = clock.monotonic()
        self._moved = self._started
        self._last: tuple[Activity, int] | None = None

    def verdict(self, activity: Activity, answers: int) -> Ending | None:
        """Say why waiting is over, or None to go on."""
        now = self._clock.monotonic()
        if (activity, answers) != self._last:
            self._last = (activity, answers)
            self._moved = now
        if not activity.running:
            return Ending(by=GaveUp.GUEST_STOPPED, why="the guest is not running any more")
        if now - self._moved > self._limits.boot_stall:
            why = f"no sign of life for {self._limits.boot_stall.total_seconds():.0f} s"
            return Ending(by=GaveUp.STALL, why=why)
        if now - self._started > self._limits.healthy:
            why = f"not healthy within {self._limits.healthy.total_seconds():.0f} s"
            return Ending(by=GaveUp.HEALTHY_LIMIT, why=why)
        return None


async def until_dead(sandbox: Sandbox, watch: Watch, probing: Probing) -> Ending:
    """Return why as soon as waiting for the guest has become pointless."""
    while True:
        ending = watch.verdict(await sandbox.activity(), probing.answers)
        if ending is not None:
            return ending
        await asyncio.sleep(WATCH_EVERY.total_seconds())
