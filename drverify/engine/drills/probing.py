"""Asks probes again and again until they are healthy and settled, or provably are not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from drverify.engine.ports import Blob, Observation, Prober, ProbeScope, Progress, Reading, Vantage
from drverify.model.drill import Artefact, ControlResult, ProbeResult, ProbeStatus
from drverify.model.playbook import Access, ProbeSpec

EAGER = timedelta(milliseconds=500)
"""Pause after an attempt that did not pass, when it took no longer and its probe states no shorter one."""
LOOK = timedelta(milliseconds=250)
"""The same for a boot probe, which looks at the console and asks the agent: it costs the guest nothing."""
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
    due: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is to be asked before its pause is over."""


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

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """For as long as the context lasts, probes may share connections; none is left open after it.

        To be entered after the controls, which share nothing with the guest's probes.
        """
        alone, self._scope = self._scope, replace(self._scope, lasting=True)
        try:
            yield
        finally:
            self._scope = alone
            await self._vantage.run(self._prober.hang_up)

    async def controls(self, specs: Sequence[ProbeSpec]) -> tuple[ControlResult, ...]:
        """Ask every probe once where nothing is there yet."""
        answers = await asyncio.gather(*(self._ask(spec) for spec in specs))
        return tuple(
            ControlResult(probe=spec.id, status=answer.status, observed=answer.observed)
            for spec, answer in zip(specs, answers, strict=True)
        )

    async def read(self, access: Access, argv: Sequence[str], *, within: timedelta) -> Reading:
        """Run a command in the guest for its output, over connections that the probes share."""
        try:
            async with asyncio.timeout((within + GRACE).total_seconds()):
                return await self._vantage.run(
                    lambda: self._prober.read(access, argv, self._scope, within=within)
                )
        except TimeoutError:
            why = f"the question itself did not end within {(within + GRACE).total_seconds():.0f} s"
            return Reading(exit_code=None, why=why, ours=True, transcript=why.encode())

    async def follow(self, specs: Sequence[ProbeSpec]) -> None:
        """Ask each until it has kept passing for the settling time, and again if it fell; until cancelled."""
        async with asyncio.TaskGroup() as group:
            for spec in specs:
                group.create_task(self._follow(self._standing(spec)))

    async def once(self, specs: Sequence[ProbeSpec]) -> None:
        """Ask each once. One that had settled and does not pass now has not settled after all."""
        await asyncio.gather(*(self._attempt(self._standing(spec)) for spec in specs))

    def stale(self, specs: Sequence[ProbeSpec]) -> tuple[ProbeSpec, ...]:
        """Those of `specs` that settled and must be asked once more before all can be called healthy.

        Not those that were asked after the last of them became healthy, and whose answer came when the last
        look of all had begun, or less than their pace before: a round of all would show no more.
        """
        standings = [self._standing(spec) for spec in specs]
        all_up = max((one.passing_since for one in standings if one.passing_since), default=timedelta())
        settled = [one for one in standings if one.settled is not None]
        last_look = max((one.started for one in settled), default=timedelta())
        return tuple(
            one.spec
            for one in settled
            if one.started < all_up or one.started + one.took < last_look - one.spec.every
        )

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

    async def _follow(self, standing: _Standing) -> None:
        while True:
            standing.due.clear()
            if standing.settled is None:
                await self._attempt(standing)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause(standing)):
                    await standing.due.wait()

    def _pause(self, standing: _Standing) -> float | None:
        """Seconds until it is asked again: its pace, but exactly when the settling time is over."""
        if standing.settled is not None:
            return None
        if standing.passing_since is None:
            eager = LOOK if standing.spec.kind == "boot" else EAGER
            return min(standing.spec.every, max(standing.took, eager)).total_seconds()
        left = standing.passing_since + self._settle - self._offset()
        return max(min(standing.spec.every, left), timedelta(milliseconds=1)).total_seconds()

    async def _attempt(self, standing: _Standing) -> None:
        started = self._offset()
        answer = await self._ask(standing.spec)
        now = self._offset()
        standing.attempts += 1
        standing.started, standing.took, standing.last = started, now - started, answer
        if answer.status is ProbeStatus.PASSED:
            if standing.passing_since is None:
                standing.passing_since = now
                self._hurry()
            if standing.settled is None and now - standing.passing_since >= self._settle:
                standing.settled = now
        else:
            if standing.settled is not None:
                standing.due.set()
            standing.passing_since = standing.settled = None
        self._changed.set()
        if answer.status is not standing.reported:
            standing.reported = answer.status
            self.answers += 1
            self._progress.note(f"probe {standing.spec.id}: {answer.status}: {answer.observed}")

    def _hurry(self) -> None:
        """Something came up: whatever does not pass yet may do so now."""
        for standing in self._standings.values():
            if standing.passing_since is None:
                standing.due.set()

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
