"""What the drills of a group tell each other: who has checked the sandbox, who is healthy, who is not.

All members are declared at one instant and restored side by side. No guest starts before every member has
looked at isolation and controls: then a control that passes was not answered by another member. A member
starts when those that it needs are healthy, and all are kept up until the last is done.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from drverify.errors import HarnessError, IsolationError
from drverify.judging.objectives import shown
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.group import Member
from drverify.model.obligation import Register
from drverify.model.verdict import Outcome


class NotStartedError(HarnessError):
    """A member was not started because a drill of the group that it waits for proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The instant at which all members were declared."""

    at: datetime
    """UTC."""
    zero: timedelta
    """On the monotonic clock."""


@dataclass(slots=True)
class _State:
    """How far one member is."""

    checked: asyncio.Event = field(default_factory=asyncio.Event)
    healthy: bool = False
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is known whether it became healthy."""
    done: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it needs nobody any more."""
    drill: str = ""
    outcome: Outcome = Outcome.UNPROVEN
    elsewhere: Outcome = Outcome.UNPROVEN
    """As it would be judged if it had stayed away on its own hardware."""
    why: str = "its drill did not end"


class Companions:
    """One run of a group."""

    def __init__(self, members: Iterable[Member], declaration: Declaration) -> None:
        self.declaration = declaration
        self._members = {member.workload: member for member in members}
        self._states = {name: _State() for name in self._members}

    def companion(self, workload: str, register: Register, left: Callable[[], None]) -> "Companion":
        """What one member's drill holds; `register` is what it is judged by.

        `left` is called, perhaps more than once, when nobody need wait for this member any more.
        """
        return Companion(self, self._members[workload], register, left)

    open_sandbox = ""
    """How the sandbox was seen to be open, by any member; empty: it was not."""

    def state(self, workload: str) -> _State:
        """How far a member is."""
        return self._states[workload]

    def states(self) -> tuple[_State, ...]:
        """How far each is."""
        return tuple(self._states.values())


class Companion:
    """One member's end of the line."""

    def __init__(self, run: Companions, member: Member, register: Register, left: Callable[[], None]) -> None:
        self._run = run
        self._left = left
        self._member = member
        self._register = register
        self._state = run.state(member.workload)

    @property
    def declaration(self) -> Declaration:
        """When the whole group was declared."""
        return self._run.declaration

    def checked(self) -> None:
        """Say that isolation and controls were looked at before any guest is up."""
        self._state.checked.set()

    @property
    def closed(self) -> bool:
        """Whether no member found the sandbox open."""
        return not self._run.open_sandbox

    def leaked(self, how: str) -> None:
        """Say that the sandbox is open: no guest that is not up yet is started in it."""
        self._run.open_sandbox = how

    async def turn(self, *, foreign: bool = False) -> str:
        """Wait until this member may start, and return the empty text; or why it is not started.

        NotStartedError when that is because the drill of one that it needs proves nothing, IsolationError
        when any member found the sandbox open. Is this member itself on `foreign` hardware, one that the
        hardware may have kept away is a reason like any other: neither breaks a promise.
        """
        for state in self._run.states():
            await state.checked.wait()
        why = await self._needed(foreign=foreign)
        if self._run.open_sandbox:
            raise IsolationError(f"not started: for another member {self._run.open_sandbox}")
        return why

    async def _needed(self, *, foreign: bool) -> str:
        """Why a system that this one needs keeps it from being started; empty when none does."""
        for name in self._member.after:
            state = self._run.state(name)
            await state.settled.wait()
            if state.healthy:
                continue
            if (state.elsewhere if foreign else state.outcome) is Outcome.MISSED:
                return f"{name}, which it needs, did not become healthy (drill {state.drill}): {state.why}"
            raise NotStartedError(
                f"not started: drill {state.drill} of {name}, which it needs, is no proof: {state.why}"
            )
        return ""

    def healthy(self) -> None:
        """Say that everything required is healthy and settled: who waits for this member may start."""
        self._state.healthy = True
        self._state.settled.set()

    def ended(self, plan: DrillPlan, record: DrillRecord) -> None:
        """Say that this member needs nobody any more, and why it did not become healthy if so. Idempotent."""
        state = self._state
        if not state.done.is_set():
            state.drill = plan.drill_id
            state.outcome, state.why = shown(self._register, plan, record)
            state.elsewhere, _ = shown(self._register, replace(plan, hardware=None), record)
        self.gone()

    def gone(self) -> None:
        """Let nobody wait for this member any more."""
        for event in (self._state.checked, self._state.settled, self._state.done):
            event.set()
        self._left()

    async def all_done(self) -> None:
        """Wait until no member needs another one's guest any more."""
        for state in self._run.states():
            await state.done.wait()
