"""Asks a running system for its inventory: the source where it runs, the target's copy in its sandbox.

Both are asked the same questions over the same kind of way in; what they answer is parsed elsewhere, purely.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from drverify.engine.drills.probing import GRACE
from drverify.engine.giving import GivingSandbox
from drverify.engine.ports import Clock, Prober, ProbeScope, Reading, Sandbox, Vantage
from drverify.engine.visiting import Ask
from drverify.errors import DrverifyError
from drverify.migrating.questions import QUESTIONS, WITHIN, Answer
from drverify.migrating.reading import answered, inventory, unread
from drverify.model.access import Access
from drverify.model.drill import ProbeStatus
from drverify.model.playbook import ProbeSpec
from drverify.model.system import Inventory, Part

OFF = ("sh", "-c", "sync; systemctl poweroff || shutdown -h -P now || poweroff")
OFF_WITHIN = timedelta(seconds=15)
GONE_WITHIN = timedelta(minutes=3)
LOOK = timedelta(milliseconds=500)


async def survey(ask: Ask, access: Access) -> Inventory:
    """Ask every question, one after the other: a system in production is not to notice it."""
    answers: dict[str, Answer] = {}
    done: set[tuple[Part, str]] = set()
    for one in QUESTIONS:
        if one.either and (one.part, one.either) in done:
            continue
        reading = await ask(access, one.argv, WITHIN)
        answers[one.tool] = answer = _answer(one.tool, reading)
        if answer.exit_code is None and not answers_at_all(answers):
            return unread(answer.why)
        if answered(answer):
            done.add((one.part, one.either))
    return inventory(answers)


def answers_at_all(answers: dict[str, Answer]) -> bool:
    """Whether any command ran: who does not get in the first time is not asked ten times more."""
    return any(one.exit_code is not None for one in answers.values())


def _answer(tool: str, reading: Reading) -> Answer:
    return Answer(tool=tool, exit_code=reading.exit_code, output=reading.output, why=reading.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One probe's answer on the source."""

    probe: str
    status: ProbeStatus
    observed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The running source, as it is reached."""

    vantage: Vantage
    prober: Prober
    scope: ProbeScope

    async def inventory(self, access: Access) -> Inventory:
        """Its inventory. Never raises for what it does."""

        async def ask(way: Access, argv: Sequence[str], within: timedelta) -> Reading:
            async def work() -> Reading:
                async with asyncio.timeout((within + GRACE).total_seconds()):
                    return await self.prober.read(way, argv, self.scope, within=within)

            try:
                return await self.vantage.run(work)
            except TimeoutError:
                why = "the question itself did not end"
                return Reading(exit_code=None, why=why, transcript=why.encode())

        return await survey(ask, access)

    async def baseline(self, probes: Sequence[ProbeSpec]) -> tuple[Asked, ...]:
        """Ask each probe once."""
        found = []
        for spec in probes:
            said = await self.vantage.run(lambda spec=spec: self.prober.ask(spec, self.scope))  # type: ignore[misc]
            found.append(Asked(probe=spec.id, status=said.status, observed=said.observed))
        return tuple(found)


class Surveyor:
    """The visitor of a drill on the target: reads its inventory, takes its disk along for the way back."""

    def __init__(self, access: Access, clock: Clock, into: Path | None, *, why_not: str = "") -> None:
        """`into` is where the disk goes; None: it stays, and `why_not` says why."""
        self._access = access
        self._clock = clock
        self._into = into
        self.inventory = unread("the drill ended before the target's copy could be asked")
        self.taken_bytes = 0
        """Of the disk that was taken along; 0: none was."""
        self.converting = timedelta()
        self.not_taken = why_not or "the drill on the target did not come to its end"
        self.has_looked = False
        """Whether a guest was there to be asked."""

    async def look(self, ask: Ask) -> None:
        """Read the inventory."""
        self.inventory = await survey(ask, self._access)
        self.has_looked = True

    async def leave(self, ask: Ask, sandbox: Sandbox) -> None:
        """Switch the guest off as its operator would, and let the host give its disk back."""
        if self._into is None or not self.has_looked:
            return
        if not isinstance(sandbox, GivingSandbox):
            self.not_taken = "the target's host gives no disk back"
            return
        began = self._clock.monotonic()
        await ask(self._access, OFF, OFF_WITHIN)
        try:
            if not await self._gone(sandbox):
                self.not_taken = "the target's copy did not switch itself off"
                return
            await asyncio.to_thread(self._into.unlink, missing_ok=True)  # of a run that not all came through
            self.taken_bytes = await sandbox.give_back(self._into)
        except DrverifyError as error:
            self.not_taken = f"its disk could not be taken: {error}"
            return
        self.converting = self._clock.monotonic() - began
        self.not_taken = ""

    async def _gone(self, sandbox: Sandbox) -> bool:
        end = self._clock.monotonic() + GONE_WITHIN
        while self._clock.monotonic() < end:
            if not (await sandbox.activity()).running:
                return True
            await asyncio.sleep(LOOK.total_seconds())
        return False
