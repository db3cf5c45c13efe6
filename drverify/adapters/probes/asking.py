"""What every probe is given, and what it gives back."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from drverify.adapters.probes.transcript import Transcript
from drverify.engine.ports import CommandResult, ProbeScope
from drverify.errors import InputError
from drverify.model.drill import ProbeStatus
from drverify.model.playbook import Access, ProbeSpec
from drverify.model.recovery import SecretRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer, before it is made fit for evidence."""

    status: ProbeStatus
    observed: str
    newest: datetime | None = None


def passed(observed: str, *, newest: datetime | None = None) -> Finding:
    """It answered as expected."""
    return Finding(status=ProbeStatus.PASSED, observed=observed, newest=newest)


def failed(observed: str) -> Finding:
    """It answered, and not as expected."""
    return Finding(status=ProbeStatus.FAILED, observed=observed)


def unanswered(observed: str) -> Finding:
    """Nothing answered."""
    return Finding(status=ProbeStatus.UNANSWERED, observed=observed)


class RemoteAnswer(Protocol):
    """What came of a command over SSH."""

    @property
    def refusal(self) -> str:
        """Why no command ran although somebody answered (login refused, other host key); else empty."""

    @property
    def result(self) -> CommandResult:
        """What the command did; meaningless after a refusal."""

    @property
    def host_key(self) -> str:
        """Fingerprint of the host key that was met, empty when it never came to that."""

    @property
    def connection(self) -> str:
        """When the connection was opened that it came over; empty when there was none."""


class Remote(Protocol):
    """Runs one command over SSH on the current loop.

    GuestError when our key is unusable, OSError or TimeoutError when nothing answers.
    """

    def __call__(
        self, access: Access, argv: Sequence[str], *, key: bytes, host_key: bytes | None, within: timedelta
    ) -> Awaitable[RemoteAnswer]:
        """Run `argv` (quoted for the login shell); the caller cancels it after `within`."""


class SharingRemote(Remote, Protocol):
    """Runs commands that share connections."""

    def hang_up(self) -> Awaitable[None]:
        """Close them all. Never waits for the other side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The surroundings of one question."""

    scope: ProbeScope
    transcript: Transcript
    ssh: Callable[[], Remote]

    def secret(self, ref: SecretRef) -> bytes:
        """Resolve a secret and keep it out of the transcript. InputError when it leads nowhere."""
        value = self.scope.secret(ref)
        self.transcript.hide(value)
        return value

    def public(self, ref: SecretRef) -> bytes:
        """Resolve something that is no secret: a certificate, a public key."""
        return self.scope.secret(ref)

    def password(self, ref: SecretRef) -> str:
        """Resolve a password. InputError when it is not text."""
        try:
            return self.secret(ref).decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise InputError(f"the password {ref} is not UTF-8 text") from error


Ask = Callable[[ProbeSpec, Asking], Awaitable[Finding]]
"""Asks once. OSError and TimeoutError mean that nothing answered; HarnessError that we could not ask."""
