"""The guest agent as a way into the guest. What it answers is the guest's word: parsed strictly, cut off.

Commands and answers: QEMU Guest Agent Protocol Reference (guest-ping, guest-exec, guest-exec-status,
guest-get-time).
"""

import asyncio
import base64
import binascii
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from drverify.adapters.libvirt.calls import AgentRefused, NoDomain, NotRunning
from drverify.adapters.libvirt.domain import Domain
from drverify.engine.ports import CommandResult
from drverify.errors import GuestError

PING = timedelta(seconds=2)
ANSWER = timedelta(seconds=5)
POLL = 0.15
KEPT = 1024 * 1024
"""Bytes of a command's output that are kept."""
LONGEST = 16 * 1024 * 1024
_SIGNAL_BASE = 128
_NOT_FOUND = 127
_FORBIDDEN = re.compile("has been disabled|not been found|not allowed")


class CannotStart(GuestError):  # noqa: N818
    """The agent works and would not do what it was asked."""


class AgentGuest:
    """The Guest port over libvirt's agent channel."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain

    async def ping(self) -> bool:
        """Say whether the agent answers now."""
        try:
            await self._ask("guest-ping", within=PING)
        except GuestError:
            return False
        return True

    async def run(self, argv: Sequence[str], *, within: timedelta) -> CommandResult:
        """Run a command in the guest.

        GuestError without an agent or when it may not run commands, TimeoutError when the command does
        not end. A command that the guest cannot start ends with 127, as a shell would have it.
        """
        if not argv:
            raise GuestError("there is no command to run")
        async with asyncio.timeout(within.total_seconds()):
            try:
                question = {"path": argv[0], "arg": list(argv[1:]), "capture-output": True}
                started = await self._ask("guest-exec", question, within=ANSWER)
            except CannotStart as error:
                return CommandResult(exit_code=_NOT_FOUND, stdout=b"", stderr=str(error).encode())
            pid = _number(started, "pid")
            while True:
                state = await self._ask("guest-exec-status", {"pid": pid}, within=ANSWER)
                if isinstance(state, dict) and state.get("exited") is True:
                    return _result(state)
                await asyncio.sleep(POLL)

    async def utc(self) -> datetime:
        """Read the guest's clock; GuestError without an agent or with a time out of all range."""
        answer = await self._ask("guest-get-time", within=ANSWER)
        if isinstance(answer, bool) or not isinstance(answer, int):
            raise GuestError("the guest agent gave a time that is no number")
        try:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=answer // 1000)
        except OverflowError as error:
            raise GuestError("the guest agent gave a time out of all range") from error

    async def _ask(
        self, command: str, arguments: dict[str, object] | None = None, *, within: timedelta
    ) -> object:
        question: dict[str, object] = {"execute": command}
        if arguments:
            question["arguments"] = arguments
        try:
            raw = await self._domain.agent(json.dumps(question), within)
        except AgentRefused as error:
            kind = GuestError if _FORBIDDEN.search(str(error)) else CannotStart
            raise kind(str(error)) from error
        except (NoDomain, NotRunning) as error:
            hint = "is qemu-guest-agent installed in the guest?"
            raise GuestError(f"the guest agent does not answer: {error}", hint=hint) from error
        return answer_in(raw)


def answer_in(raw: str) -> object:
    """Return what an agent's answer carries; GuestError when it is not of the protocol's form."""
    if len(raw) > LONGEST:
        raise GuestError("the guest agent's answer is too long")
    try:
        parsed: Any = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise GuestError("the guest agent's answer is not JSON") from error
    if not isinstance(parsed, dict) or "return" not in parsed:
        raise GuestError("the guest agent's answer lacks a result")
    result: object = parsed["return"]
    return result


def _result(state: dict[str, object]) -> CommandResult:
    code = _SIGNAL_BASE + _number(state, "signal") if "signal" in state else _number(state, "exitcode")
    return CommandResult(exit_code=code, stdout=_output(state, "out-data"), stderr=_output(state, "err-data"))


def _number(answer: object, key: str) -> int:
    value = answer.get(key) if isinstance(answer, dict) else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise GuestError(f"the guest agent's answer has no number {key!r}")
    return value


def _output(state: dict[str, object], key: str) -> bytes:
    text = state.get(key, "")
    if not isinstance(text, str):
        raise GuestError(f"the guest agent's answer has no text {key!r}")
    try:
        return base64.b64decode(text, validate=True)[:KEPT]
    except (binascii.Error, ValueError) as error:
        raise GuestError(f"the guest agent's {key!r} is not base64") from error
