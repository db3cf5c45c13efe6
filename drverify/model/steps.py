"""What is done to a restored system beyond starting it, and by whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from drverify.model.access import Access
from drverify.model.obligation import Allowance

Party = Literal["provider", "customer", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What every step states."""

    id: str
    party: Party = ""
    """Who does it by the agreement; empty: the agreement names nobody, which is a finding."""
    clause: str = ""
    """Number of the clause that says so."""
    within: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStep(Step):
    """Run a command in the guest; it must exit with 0."""

    kind: Literal["run"] = "run"
    access: Access
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PutStep(Step):
    """Restore a configuration file: write `source` (of the playbook's folder) to `path` in the guest."""

    kind: Literal["put"] = "put"
    access: Access
    source: str
    path: str
    mode: str = "0644"
    """Octal permissions, as `chmod` takes them."""
    sha256: str = ""
    """Digest of the file; whoever reads the playbook fills it in, so that the plan says what is put there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MountStep(Step):
    """Reattach a volume: mount `device` at `path` in the guest."""

    kind: Literal["mount"] = "mount"
    access: Access
    device: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressStep(Step):
    """Fix a network mapping: give the card with `mac` this address in the guest."""

    kind: Literal["address"] = "address"
    access: Access
    mac: str
    address: str
    """With its prefix length: `10.20.0.10/24`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitStep(Step):
    """Wait for so long."""

    kind: Literal["wait"] = "wait"
    time: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class AskStep(Step):
    """Ask the operator to do something and wait; when nobody is there, `allowance` is granted for it."""

    kind: Literal["ask"] = "ask"
    question: str
    allowance: timedelta
    within: timedelta = timedelta(minutes=30)


StepSpec = RunStep | PutStep | MountStep | AddressStep | WaitStep | AskStep


class StepStatus(StrEnum):
    """How a step went."""

    DONE = "done"
    FAILED = "failed"
    """The guest refused: a command exited with something else than 0."""
    ALLOWED = "allowed"
    """Not done here: nobody was there to ask; its allowance counts instead."""
    ERRORED = "errored"
    """We could not do it; says nothing about the restored system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """What one step did."""

    step: str
    status: StepStatus
    started: timedelta
    """On the drill's clock."""
    took: timedelta
    said: str = ""
    """One line: the answer of the operator, the last line of the command. Bounded, printable, no secret."""


def access_of_step(step: StepSpec) -> Access | None:
    """How the step gets into the guest; none for one that does nothing there."""
    return None if isinstance(step, WaitStep | AskStep) else step.access


def undone(steps: Iterable[StepSpec], records: Iterable[StepRecord]) -> tuple[Allowance, ...]:
    """What counts instead of the steps that nobody was there to do, in the playbook's order."""
    allowed = {one.step for one in records if one.status is StepStatus.ALLOWED}
    return tuple(
        Allowance(name=f"step {step.id}", time=step.allowance, clause=step.clause)
        for step in steps
        if isinstance(step, AskStep) and step.id in allowed
    )
