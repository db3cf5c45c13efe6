"""How long we wait for a drill, out of how long the same one took before. Pure.

A limit that a playbook states is the least patience there is; it is ours, never the contract's. Where the
same workload on the same host, with the same acceleration, took long before, we wait twice as long as the
longest of its newest drills, and never more than `AT_MOST` times what is stated. A wait that our own limit
ended counts as one that took so long: the next drill waits longer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from drverify.model.drill import DrillRecord, GaveUp, PhaseName
from drverify.model.duration import human
from drverify.model.playbook import Limits

NEWEST = 10
"""Drills that are looked at: older ones say less about today's host."""
FACTOR = 2
AT_MOST = 4
"""Times what the playbook states, whatever was seen."""
_WAITING = (PhaseName.BOOT, PhaseName.APPLICATION, PhaseName.PROBE)
"""What counts towards getting healthy; steps are ours and do not (`engine.drills.vigil`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How long one drill took, in what our limits count."""

    provision: timedelta | None = None
    healthy: timedelta | None = None
    drill: timedelta


def took(record: DrillRecord) -> Took | None:
    """What a drill tells about patience; None for one whose wait something else ended."""
    if record.gave_up_by not in {GaveUp.NOT, GaveUp.HEALTHY_LIMIT}:
        return None
    phases = {phase.name: phase.took for phase in record.phases}
    waited = [phases[name] for name in _WAITING if name in phases]
    return Took(
        provision=phases.get(PhaseName.PROVISION),
        healthy=sum(waited, timedelta()) if waited else None,
        drill=record.ended_at - record.started_at,
    )


def adapted(stated: Limits, before: Sequence[Took]) -> tuple[Limits, tuple[str, ...]]:
    """The limits of the next drill, and a line for each that is not as stated; `before`: newest first."""
    newest = before[:NEWEST]
    changes: dict[str, timedelta] = {}
    said: list[str] = []
    for name, what, spans in (
        ("provision", "making the sandbox", [one.provision for one in newest]),
        ("healthy", "getting healthy", [one.healthy for one in newest]),
        ("drill", "the whole drill", [one.drill for one in newest]),
    ):
        least: timedelta = getattr(stated, name)
        longest = max(_known(spans), default=timedelta())
        chosen = max(least, min(longest * FACTOR, least * AT_MOST))
        if chosen > least:
            changes[name] = chosen
            said.append(
                f"patience: {human(chosen)} for {what}, not the playbook's {human(least)}: "
                f"it took up to {human(longest)} in the newest {len(newest)} here"
            )
    return replace(stated, **changes), tuple(said)


def _known(spans: Sequence[timedelta | None]) -> Iterator[timedelta]:
    yield from (span for span in spans if span is not None)
