"""What negative controls showed in a period, as the annex says it: by signed statements beside the log."""

from collections.abc import Sequence
from dataclasses import replace

from drverify.adapters.storage.controls import FILE, FOLDER, controls
from drverify.adapters.storage.durable import state_access
from drverify.annex.gathering import Beside
from drverify.annex.model import NotTested, Untested
from drverify.compose import Workshop
from drverify.model.controls import CONTROL_KINDS, ControlKind, ControlOutcome, ControlResult
from drverify.model.records import Period
from drverify.operation.controls import kinds_of
from drverify.sealing.agreed import sha256_of

_SUBJECT = "whether a drill would turn red"


def with_gate(beside: Beside, workshop: Workshop, period: Period) -> Beside:
    """The same with what the period's controls showed; what they did not show is untested."""
    found = [one for one in controls(workshop.state_dir) if period.begins <= one.at < period.ends]
    possible = {kind for workload in workshop.workloads for kind in kinds_of(workshop, workload)}
    held, open_ = told(found, possible, _digest(workshop, found))
    lines = [Untested(kind=NotTested.BEYOND, subject=_SUBJECT, clause="", why=why) for why in open_]
    return replace(beside, held=held, untested=tuple(lines))


def told(
    found: Sequence[ControlResult], possible: set[ControlKind], evidence: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What held and what did not.

    `found` are the controls, newest first, `evidence` the digest of the statement of the newest catch.
    """
    caught = [one for one in found if one.outcome is ControlOutcome.CAUGHT]
    kinds = {one.kind for one in caught}
    held, open_ = [], []
    if caught:
        last = caught[0]
        held.append(
            f"negative controls: the gate last caught a known-bad point on {last.at:%Y-%m-%d} ({last.kind}, "
            f"{last.workload}), {len(kinds)} of {len(possible | kinds)} kinds in this period; the SHA-256 of "
            f"the statement is {evidence}"
        )
    else:
        open_.append("no known-bad point was caught in this period: nothing shows that one would be")
    if caught and (never := [kind for kind in CONTROL_KINDS if kind in possible - kinds]):
        open_.append(f"no point with this damage was caught in this period: {', '.join(never)}")
    decided = [one for one in reversed(found) if one.outcome is not ControlOutcome.NOT_RUN]
    newest = {(one.workload, one.kind): one for one in decided}
    passed = [one for one in newest.values() if one.outcome is ControlOutcome.NOT_CAUGHT]
    open_ += [
        f"a point that was broken on purpose ({one.kind}) passed as good on {one.at:%Y-%m-%d}: greens of "
        f"{one.workload} are doubtful"
        for one in passed
    ]
    return tuple(held), tuple(open_)


def _digest(workshop: Workshop, found: Sequence[ControlResult]) -> str:
    """Of the statement of the newest catch; empty without one."""
    newest = next((one for one in found if one.outcome is ControlOutcome.CAUGHT), None)
    if newest is None:
        return ""
    path = workshop.state_dir / FOLDER / newest.id / FILE
    with state_access(f"read {path}"):
        return sha256_of(path.read_bytes())
