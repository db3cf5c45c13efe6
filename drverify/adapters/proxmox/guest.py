"""The guest agent as a way into a copy. What it answers is the guest's word: bounded, and never an error.

Probes run on the sandbox's own loop, in a namespace from which no cluster can be reached. So every
question hops to the loop that the sandbox was made on.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from drverify.adapters.proxmox.agent import Agent
from drverify.adapters.proxmox.agent_values import ExecStatus
from drverify.adapters.proxmox.errors import AgentRefused, ApiError, NoAgent, NotRunning, OutcomeUnknown
from drverify.engine.ports import CommandResult
from drverify.errors import GuestError

T = TypeVar("T")
POLL = 0.3
"""Seconds between two looks at a command that runs; each is a call of the API."""
POLL_MAX = 2.0
KEPT = 1024 * 1024
"""Bytes of a command's output that are kept."""
ANSWERS = 5.5
"""Seconds that a node has to say whether the agent answers; it waits 3 s for the guest itself. With the time
for a command's start it stays below a probe's own limit, which would call an API's silence the guest's."""
STARTS = 0.4
"""Part of a command's time within which the agent must have taken it."""
_SIGNAL_BASE = 128
_NOT_FOUND = 127
_FORBIDDEN = re.compile(r"has been disabled|not been found|not allowed|is not supported", re.IGNORECASE)
HINT = "is qemu-guest-agent installed in the guest, and `agent: 1` in its configuration?"


class Where(Protocol):
    """Which guest is meant."""

    @property
    def node(self) -> str:
        """Its node."""

    @property
    def vmid(self) -> int:
        """Its number; HostError when there is none yet."""

    @property
    def may_run(self) -> bool:
        """Whether it was started: before that nothing can answer, and the cluster may not know it yet."""

    @property
    def is_container(self) -> bool:
        """Whether it is a container: it has no agent."""


class ApiGuest:
    """The Guest port over the API of a cluster."""

    def __init__(self, agent: Agent, where: Where) -> None:
        """Remember the running loop as the one that the API is asked from."""
        self._agent = agent
        self._where = where
        self._home = asyncio.get_running_loop()

    async def ping(self) -> bool:
        """Say whether the agent answers now. GuestError when it could not even be asked.

        A right that is missing or a node that is gone says nothing about the guest.
        """
        if not self._where.may_run:
            return False
        self._require_agent()
        try:
            async with asyncio.timeout(ANSWERS):
                await self._at_home(lambda: self._agent.ping(self._where.node, self._where.vmid))
        except TimeoutError as error:
            raise GuestError("the cluster did not say in time whether the guest agent answers") from error
        except (NoAgent, NotRunning):
            return False
        except AgentRefused:
            return True  # it is there to refuse
        except ApiError as error:
            raise _unasked(error) from error
        return True

    async def run(self, argv: Sequence[str], *, within: timedelta) -> CommandResult:
        """Run a command in the guest.

        GuestError without an agent, when it may not run commands, or when it does not take this one in time;
        TimeoutError when the command does not end. A command that the guest cannot start ends with 127, as
        a shell would have it.
        """
        if not argv:
            raise GuestError("there is no command to run")
        self._require_agent()
        async with asyncio.timeout(within.total_seconds()):
            return await self._at_home(lambda: self._ran(argv, within))

    async def utc(self) -> datetime:
        """Read the guest's clock; GuestError without an agent or with a time out of all range."""
        self._require_agent()
        return await self._at_home(self._time)

    def _require_agent(self) -> None:
        if not self._where.may_run:
            raise GuestError("there is no guest yet")
        if self._where.is_container:
            raise GuestError(
                "a container has no guest agent", hint="ask it over the network, for example by SSH"
            )

    async def _ran(self, argv: Sequence[str], within: timedelta) -> CommandResult:
        node, vmid = self._where.node, self._where.vmid
        try:
            async with asyncio.timeout(within.total_seconds() * STARTS):
                pid = await self._agent.exec(node, vmid, argv)
        except TimeoutError as error:
            raise GuestError("the guest agent did not take the command in time", hint=HINT) from error
        except AgentRefused as error:
            if _FORBIDDEN.search(error.said or str(error)):
                raise _unanswered(error) from error
            return CommandResult(exit_code=_NOT_FOUND, stdout=b"", stderr=str(error).encode())
        except ApiError as error:
            raise _unanswered(error) from error
        pause = POLL
        while True:
            try:
                state = await self._agent.exec_status(node, vmid, pid)
            except (OutcomeUnknown, ApiError) as error:
                raise _unanswered(error) from error
            if state.exited:
                return _result(state)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, POLL_MAX)

    async def _time(self) -> datetime:
        try:
            return await self._agent.time(self._where.node, self._where.vmid)
        except ApiError as error:
            raise _unanswered(error) from error

    async def _at_home(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if asyncio.get_running_loop() is self._home:
            return await work()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), self._home))


def _unanswered(error: ApiError) -> GuestError:
    if not isinstance(error, NoAgent | NotRunning):
        return _unasked(error)
    return GuestError(f"the guest agent does not answer: {error}", hint=HINT)


def _unasked(error: ApiError) -> GuestError:
    return GuestError(f"the guest agent cannot be asked: {error}", hint=error.hint)


def _result(state: ExecStatus) -> CommandResult:
    code = state.exit_code
    if state.signal is not None:
        code = _SIGNAL_BASE + state.signal
    if code is None:
        raise GuestError("the guest agent says that the command ended, and not how")
    found = CommandResult(exit_code=code, stdout=_bytes(state.stdout), stderr=_bytes(state.stderr))
    if state.truncated and max(len(found.stdout), len(found.stderr)) < KEPT:
        raise GuestError(
            "the node or the guest agent cut the command's output off: what it says is not whole"
        )
    return found


def _bytes(text: str) -> bytes:
    """The API decodes the guest's bytes as Latin-1 when they are no UTF-8; either way as bytes again."""
    return text.encode("utf-8", "surrogatepass")[:KEPT]
