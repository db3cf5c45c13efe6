"""Asks any probe once: time limit, translation of errors, evidence fit for reading.

Whatever a guest does, `ask` returns an Observation; only cancellation comes through.
"""

import asyncio
import errno
import importlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from drverify.adapters.probes import remote, table, wording
from drverify.adapters.probes.asking import Ask, Asking, Finding, Remote, SharingRemote, unanswered
from drverify.adapters.probes.matching import answered_within
from drverify.adapters.probes.transcript import Transcript, one_line
from drverify.engine.ports import Observation, ProbeScope, Reading
from drverify.errors import HarnessError, InputError
from drverify.model.drill import ProbeStatus
from drverify.model.playbook import Access, ProbeSpec

T = TypeVar("T")
_SILENCE = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.ECONNABORTED: "connection aborted",
    errno.EPIPE: "connection closed",
    errno.ETIMEDOUT: "connection timed out",
    errno.EHOSTUNREACH: "no route to the address",
    errno.EHOSTDOWN: "the address does not answer",
    errno.ENETDOWN: "the network is down",
}
"""Errors that say that nothing answered. Any other one of the operating system's is ours."""


class TableProber:
    """A Prober over the literal table of kinds. It keeps connections of one sandbox at a time."""

    def __init__(self) -> None:
        self._shared: SharingRemote | None = None

    async def prepare(self, specs: Sequence[ProbeSpec]) -> None:
        """Import the modules of these kinds, on a thread; one that is missing shows when it is asked for."""
        wanted = {table.PROBES[spec.kind] for spec in specs}
        if any(_by_ssh(spec) for spec in specs):
            wanted |= {table.SSH, table.SHARED_SSH}
        await asyncio.to_thread(_load_all, sorted(wanted))

    async def ask(self, spec: ProbeSpec, scope: ProbeScope) -> Observation:
        """Ask once, within `spec.within`. Never raises for what the guest does."""
        transcript = Transcript(f"{spec.id} ({spec.kind})")
        transcript.say(f"expected: {(expected := wording.expected(spec))}")
        asking = self._asking(scope, transcript)
        late = _errored if scope.files is not None else unanswered
        finding = await _answered(lambda: _ask_for(spec.kind)(spec, asking), spec.within, late)
        return _observation(finding, expected, transcript)

    async def read(
        self, access: Access, argv: Sequence[str], scope: ProbeScope, *, within: timedelta
    ) -> Reading:
        """Run a command in the guest, for its output. Never raises for what the guest does."""
        transcript = Transcript(f"read by {access.via}")
        asking = self._asking(scope, transcript)

        ran = await _answered(lambda: remote.run(access, argv, asking, within=within), within)
        if isinstance(ran, Finding):
            why = one_line(transcript.redact(ran.observed))
            transcript.say(f"{ran.status}: {why}")
            ours = ran.status is ProbeStatus.ERRORED
            return Reading(exit_code=None, why=why, ours=ours, transcript=transcript.render())
        lines = (ran.result.stderr.strip() or ran.result.stdout.strip()).splitlines()
        last = one_line(transcript.redact(lines[-1].decode(errors="replace"))) if lines else ""
        return Reading(
            exit_code=ran.result.exit_code,
            output=ran.result.stdout,
            last_line=last,
            transcript=transcript.render(),
        )

    async def hang_up(self) -> None:
        """Close the connections that questions with `lasting` left open."""
        shared, self._shared = self._shared, None
        if shared is not None:
            await shared.hang_up()

    def _asking(self, scope: ProbeScope, transcript: Transcript) -> Asking:
        return Asking(scope=scope, transcript=transcript, ssh=lambda: self._remote(scope))

    def _remote(self, scope: ProbeScope) -> Remote:
        if not scope.lasting:
            return _load(table.SSH)  # type: ignore[no-any-return]
        if self._shared is None:
            self._shared = _load(table.SHARED_SSH)()
        return self._shared


async def _answered(
    question: Callable[[], Awaitable[T]], within: timedelta, late: Callable[[str], Finding] = unanswered
) -> T | Finding:
    """What the question gives, or the Finding that its error stands for.

    Of restored files nobody but us can be `late`: nothing of the backup runs.
    """
    try:
        async with answered_within(within):
            return await question()
    except TimeoutError:
        return late(f"no answer within {wording.seconds(within)}")
    except (HarnessError, InputError) as error:
        return _errored(f"{error}" + (f" ({error.hint})" if error.hint else ""))
    except EOFError:
        return unanswered("connection closed before an answer")
    except OSError as error:
        return _of_system(error)
    except Exception as error:  # noqa: BLE001 - hostile answers must end the probe, not the drill
        return _errored(f"the probe itself broke: {type(error).__name__}: {error}")


def _observation(finding: Finding, expected: str, transcript: Transcript) -> Observation:
    observed = one_line(transcript.redact(finding.observed))
    transcript.say(f"{finding.status}: {observed}")
    return Observation(
        status=finding.status,
        expected=expected,
        observed=observed,
        transcript=transcript.render(),
        newest=finding.newest,
    )


def _of_system(error: OSError) -> Finding:
    silence = _SILENCE.get(error.errno or 0)
    if silence is not None:
        return unanswered(silence)
    if error.errno == errno.ENETUNREACH:  # a sandbox has no default route: no guest of it can be there
        return _errored(
            "the address lies in no network of the sandbox: compare the playbook with the inventory "
            '(a Proxmox host with vantage = "agent" has no network at all)'
        )
    return _errored(f"the operating system of the restore host says: {error}")


def _errored(observed: str) -> Finding:
    return Finding(status=ProbeStatus.ERRORED, observed=observed)


def _ask_for(kind: str) -> Ask:
    return _load(table.PROBES[kind])  # type: ignore[no-any-return]


def _by_ssh(spec: ProbeSpec) -> bool:
    newest = getattr(spec, "newest", None)
    places = (spec, newest, getattr(newest, "tokens", None))
    found = [getattr(place, "access", None) for place in places]
    return any(isinstance(access, Access) and access.via == "ssh" for access in found)


def _load_all(entries: Sequence[str]) -> None:
    for entry in entries:
        with suppress(HarnessError):
            _load(entry)


def _load(entry: str) -> Any:
    """Import what an entry of the table names. HarnessError when its library is missing."""
    module, name = entry.split(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as error:
        library = (error.name or "").partition(".")[0]
        raise HarnessError(
            f"the library {library} is not installed",
            hint=f"pip install 'drverify[{table.EXTRAS.get(library, 'drill')}]'",
        ) from error
