"""Carries out a playbook's steps beyond starting the guest, in order, and records how each went.

A step that the guest refuses is recorded and the next one follows: the probes decide. A step that *we*
could not do is recorded too, and ends the drill as a fault of ours. Before the first step through a way into
the guest, that way is tried with `true` until it answers: so no command ever runs twice. A way that never
answers is ours too: without a boot probe nothing says that the guest was up by then.
"""

import asyncio
import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from drverify.engine.drills.probing import Probing
from drverify.engine.ports import Blob, Progress, Reading
from drverify.errors import DrverifyError, GuestError
from drverify.model.access import Access
from drverify.model.drill import Artefact
from drverify.model.duration import exact
from drverify.model.steps import (
    AddressStep,
    AskStep,
    MountStep,
    PutStep,
    RunStep,
    StepRecord,
    StepSpec,
    StepStatus,
    WaitStep,
)

SAID = 200
"""Characters of a step's one line."""
KNOCK = timedelta(seconds=10)
AGAIN = timedelta(milliseconds=500)
PIECE = 48 * 1024
"""Bytes of a file that go into one command: Linux takes 128 KiB in one argument (MAX_ARG_STRLEN)."""
_APPEND = 'printf %s "$1" | base64 -d >> "$2.drverify"'
_BEGIN = 'mkdir -p "$(dirname "$1")" && : > "$1.drverify" && chmod "$2" "$1.drverify"'
_END = 'mv -f "$1.drverify" "$1"'
_MOUNT = 'mkdir -p "$2" && mount "$1" "$2"'
_ADDRESS = """\
for one in /sys/class/net/*; do
  if [ "$(cat "$one/address")" = "$1" ]; then
    card=${one##*/}
    ip addr show dev "$card" | grep -q " $2 " || ip addr add "$2" dev "$card" || exit 1
    ip link set "$card" up
    exit
  fi
done
echo "no card has the address $1" >&2
exit 1"""


class Operator(Protocol):
    """A person who may be at the terminal."""

    @property
    def present(self) -> bool:
        """Whether anybody is there to be asked."""

    async def ask(self, question: str) -> str:
        """Wait for the answer: one line, empty when it was only confirmed. EOFError when they went away."""


class Nobody:
    """Implements `Operator` for a drill that nobody watches."""

    present = False

    async def ask(self, question: str) -> str:
        """EOFError: there is nobody."""
        raise EOFError(question)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Went:
    """How a step went, before it is put on the clock."""

    status: StepStatus
    said: str = ""


class Stepping:
    """The steps of one drill."""

    def __init__(
        self,
        *,
        probing: Probing,
        operator: Operator,
        file: Callable[[PutStep], bytes],
        offset: Callable[[], timedelta],
        keep: Callable[[Blob], Artefact],
        progress: Progress,
        records: list[StepRecord],
    ) -> None:
        """`file` gives what a step puts into the guest; InputError when it is not what was planned.

        What each step did goes into `records` as soon as it is known.
        """
        self._probing = probing
        self._operator = operator
        self._file = file
        self._offset = offset
        self._keep = keep
        self._progress = progress
        self._open: set[Access] = set()
        """Ways into the guest that have answered."""
        self._records = records

    async def run(self, steps: Sequence[StepSpec]) -> None:
        """Do them all; GuestError or InputError for the first that we could not do."""
        for step in steps:
            started = self._offset()
            fault: DrverifyError | None = None
            try:
                went = await self._done(step)
            except DrverifyError as error:
                went, fault = _Went(status=StepStatus.ERRORED, said=str(error)), error
            said = _line(went.said)
            took = self._offset() - started
            self._records.append(
                StepRecord(step=step.id, status=went.status, started=started, took=took, said=said)
            )
            self._progress.note(f"step {step.id}: {went.status}" + (f": {said}" if said else ""))
            if fault is not None:
                raise type(fault)(f"step {step.id}: {fault}", hint=fault.hint)

    async def _done(self, step: StepSpec) -> _Went:
        match step:
            case RunStep(access=access, command=command):
                return await self._commanded(step, access, command)
            case PutStep():
                return await self._put(step)
            case MountStep(access=access, device=device, path=path):
                return await self._commanded(step, access, _shell(_MOUNT, device, path))
            case AddressStep(access=access, mac=mac, address=address):
                return await self._commanded(step, access, _shell(_ADDRESS, mac.lower(), address))
            case WaitStep(time=time):
                await asyncio.sleep(time.total_seconds())
                return _Went(status=StepStatus.DONE, said=f"waited {exact(time)}")
            case AskStep():
                return await self._asked(step)

    async def _commanded(self, step: StepSpec, access: Access, command: Sequence[str]) -> _Went:
        end = self._offset() + step.within
        await self._answering(access, end)
        reading = await self._probing.read(access, command, within=self._left(end))
        self._keep(Blob(name=f"steps/{step.id}.txt", media_type="text/plain", content=reading.transcript))
        return _went(reading)

    async def _put(self, step: PutStep) -> _Went:
        """Write the file beside its place and move it there; its content is in no transcript."""
        content, end = self._file(step), self._offset() + step.within
        await self._answering(step.access, end)
        pieces = [content[at : at + PIECE] for at in range(0, len(content), PIECE)]
        commands = [
            _shell(_BEGIN, step.path, step.mode),
            *(_shell(_APPEND, base64.b64encode(piece).decode(), step.path) for piece in pieces),
            _shell(_END, step.path),
        ]
        for command in commands:
            reading = await self._probing.read(step.access, command, within=self._left(end))
            if reading.exit_code != 0:
                return _went(reading)
        return _Went(status=StepStatus.DONE, said=f"{len(content)} bytes, sha256 {step.sha256}")

    async def _answering(self, access: Access, end: timedelta) -> None:
        """Try the way in until it answers; GuestError when it does not by then.

        That is no failure of the step: whether the guest is up is for the probes to say.
        """
        while True:
            within = min(KNOCK, self._left(end))
            if access in self._open:
                return
            reading = await self._probing.read(access, ("true",), within=within)
            if reading.exit_code == 0:
                self._open.add(access)
                return
            if reading.ours or self._offset() + AGAIN >= end:
                why = reading.why or reading.last_line
                raise GuestError("the way into the guest never answered" + (f": {why}" if why else ""))
            await asyncio.sleep(AGAIN.total_seconds())

    async def _asked(self, step: AskStep) -> _Went:
        if not self._operator.present:
            return _Went(status=StepStatus.ALLOWED, said=f"nobody to ask: {exact(step.allowance)} allowed")
        try:
            async with asyncio.timeout(step.within.total_seconds()):
                answer = await self._operator.ask(step.question)
        except (TimeoutError, EOFError):
            raise GuestError(
                f"the operator gave no answer within {exact(step.within)}",
                hint="without a terminal a drill does not ask: the step's allowance counts instead",
            ) from None
        refused = answer.strip().lower() in {"no", "n"}
        return _Went(status=StepStatus.FAILED if refused else StepStatus.DONE, said=answer or "confirmed")

    def _left(self, end: timedelta) -> timedelta:
        return max(end - self._offset(), timedelta(seconds=1))


def _went(reading: Reading) -> _Went:
    """What a command's reading says of its step; GuestError when it was our own failure."""
    if reading.exit_code is None:
        if reading.ours:
            raise GuestError(reading.why)
        return _Went(status=StepStatus.FAILED, said=reading.why)
    last = reading.last_line
    if reading.exit_code == 0:
        return _Went(status=StepStatus.DONE, said=last)
    return _Went(status=StepStatus.FAILED, said=f"exit {reading.exit_code}" + (f": {last}" if last else ""))


def _shell(script: str, *words: str) -> tuple[str, ...]:
    return ("sh", "-c", script, "drverify", *words)


def _line(text: str) -> str:
    """One bounded, printable line."""
    shown = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(shown.split())[:SAID]
