"""The whole error tree and the table of exit codes.

    DrverifyError                 message, hint (what to do), exit code of its class
    ├─ InputError              2  settings, agreement, register, playbook, inventory, arguments
    ├─ HarnessError           11  our side failed; a drill becomes UNPROVEN, never MISSED
    │   ├─ SourceError            the repository cannot be asked (wrong password, locked, unreachable)
    │   ├─ HostError              the restore host: libvirt, QEMU, memory, disk space
    │   ├─ GuestError             a way into the guest that we provide does not work
    │   ├─ DeadlineError          our own time limit, not the contract's
    │   ├─ IsolationError         the sandbox is, or may be, open
    │   ├─ SupersededError        another attempt took this one's place; nothing was signed
    │   └─ TeardownError      13  something of ours may still exist
    ├─ DefectError            10  the backup is bad: damaged, truncated, missing data
    └─ EvidenceError          12  signature, form or recomputation does not hold

A failed probe is a result, not an error. Exit 1 is never ours: Python's own crash exits 1 and must
not read as a broken promise.
"""

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """Exit codes of every command; when several apply the order is 13, 12, 10, 11, 0."""

    OK = 0
    WRONG_INPUT = 2
    MISSED = 10
    UNPROVEN = 11
    EVIDENCE_INVALID = 12
    LEFT_BEHIND = 13
    BUG = 70
    INTERRUPTED = 130


EXIT_TABLE: tuple[tuple[Exit, str], ...] = (
    (Exit.OK, "done; every obligation MET, or the evidence holds"),
    (Exit.WRONG_INPUT, "wrong input: arguments, settings, register, playbook or inventory"),
    (Exit.MISSED, "at least one obligation MISSED, or the backup is defective"),
    (
        Exit.UNPROVEN,
        "none missed, one UNPROVEN; an agreement leaves something open; or drverify's side failed",
    ),
    (Exit.EVIDENCE_INVALID, "evidence does not hold: signature, form, digest or recomputed verdict"),
    (Exit.LEFT_BEHIND, "something of ours may still exist: run `drverify sandbox reap`"),
    (Exit.BUG, "a bug in drverify; the traceback is shown"),
    (Exit.INTERRUPTED, "interrupted by Ctrl-C or SIGTERM; everything was taken back"),
)


class DrverifyError(Exception):
    """Base of all errors that users may see; `hint` says what to do about it."""

    exit_code: ClassVar[Exit] = Exit.BUG

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(DrverifyError):
    """Something that the user wrote is wrong; the message names file and line where there is one."""

    exit_code = Exit.WRONG_INPUT


class HarnessError(DrverifyError):
    """Our side failed. Weakens verdicts to UNPROVEN, never strengthens them."""

    exit_code = Exit.UNPROVEN


class SourceError(HarnessError):
    """A recovery source could not be asked; says nothing about the backups in it."""


class HostError(HarnessError):
    """The restore host or the sandbox could not do its part."""


class GuestError(HarnessError):
    """A way into the guest that the harness provides (agent channel, SSH client) failed on our side."""


class DeadlineError(HarnessError):
    """A time limit of ours ran out before anything could be decided."""


class IsolationError(HarnessError):
    """The sandbox is open, or cannot be shown to be closed."""


class SupersededError(HarnessError):
    """Another attempt of the same drill took this one's place: it takes everything back and signs nothing."""


class TeardownError(HarnessError):
    """Something of ours may still exist; the ledger still lists it."""

    exit_code = Exit.LEFT_BEHIND


class DefectError(DrverifyError):
    """The backup itself is bad: the one error that counts against the provider."""

    exit_code = Exit.MISSED


class EvidenceError(DrverifyError):
    """Evidence does not hold: bad form, bad signature, wrong digest, other verdict when recomputed."""

    exit_code = Exit.EVIDENCE_INVALID
