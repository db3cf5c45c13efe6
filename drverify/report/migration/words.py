"""A migration's decision in words, for the terminal and for the page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from drverify.model.drill import PhaseName
from drverify.model.duration import human
from drverify.model.migration import Decided, MigrationFacts, MovedSystem, Reason, Weight
from drverify.model.system import Cause, Difference, Inventory, Part

WEIGHTS = {Weight.AGAINST: "speaks against it", Weight.OPEN: "not known", Weight.NOTE: "noted"}
CAUSES = {Cause.NONE: "not explained", Cause.HARDWARE: "hardware", Cause.PLAN: "expected by the plan"}
PARTS = {
    Part.SYSTEM: "system",
    Part.DISKS: "disks",
    Part.MOUNTS: "mounts",
    Part.CARDS: "network cards",
    Part.ADDRESSES: "addresses",
    Part.LISTENING: "listening services",
    Part.PACKAGES: "packages",
    Part.JOBS: "scheduled jobs",
    Part.CERTIFICATES: "certificates",
}
UNMEASURED = frozenset({PhaseName.TEARDOWN})
ROLLBACK_SHOWS = (
    "The system that had run on the target was switched off, its disk converted into the source's "
    "format, started on the source's own shape, and asked the same probes. That shows that what the target "
    "wrote does not keep it from starting where it came from. It does not show the source's own host, nor "
    "what is written to the target after the cut-over."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """One part of both inventories."""

    name: str
    source: str
    target: str
    same: int
    explained: int
    flagged: int
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRow:
    """One phase over all drills that are counted."""

    name: str
    shortest: str
    longest: str


def of_weight(decided: Decided, weight: Weight) -> tuple[Reason, ...]:
    """The reasons of that weight, in their order."""
    return tuple(one for one in decided.reasons if one.weight is weight)


def parts(system: MovedSystem) -> Iterator[PartRow]:
    """Every part side by side."""
    for part in Part:
        found = [one for one in system.differences if one.part is part]
        flagged = sum(one.cause is Cause.NONE for one in found)
        ours, theirs = system.source.of(part), system.target.of(part)
        differing = {one.item for one in found}
        yield PartRow(
            name=PARTS[part],
            source=_counted(system.source, part),
            target=_counted(system.target, part),
            same=sum(one.key not in differing for one in ours.items),
            explained=len(found) - flagged,
            flagged=flagged,
            is_read=not (ours.not_read or theirs.not_read),
        )


def _counted(inventory: Inventory, part: Part) -> str:
    seen = inventory.of(part)
    return f"not read: {seen.not_read}" if seen.not_read else str(len(seen.items))


def shown(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Those that nothing explains first."""
    return tuple(sorted(differences, key=lambda one: one.cause is not Cause.NONE))


def phases(system: MovedSystem) -> Iterator[PhaseRow]:
    """Shortest and longest of each phase; the teardown is none of a cut-over."""
    spans = [
        (one.name, one.took) for drill in system.drills for one in drill.phases if one.name not in UNMEASURED
    ]
    order = list(PhaseName)
    spans.sort(key=lambda pair: order.index(pair[0]))
    for name, some in groupby(spans, key=lambda pair: pair[0]):
        times = [took for _, took in some]
        yield PhaseRow(name=name.value, shortest=time(min(times)), longest=time(max(times)))


def time(span: timedelta | None) -> str:
    """A time span for people."""
    return human(span) if span is not None else "not measured"


def summary(facts: MigrationFacts) -> str:
    """`2 systems in 1 group to host pve on hardware sata-pc`."""
    systems, groups = len(facts.plan.systems), len(facts.plan.groups)
    hardware = f" on hardware {facts.hardware.name}" if facts.hardware else " on their own hardware's shape"
    return (
        f"{systems} system{'s' * (systems != 1)} in {groups} group{'s' * (groups != 1)} "
        f"to host {facts.plan.target.host}{hardware}"
    )
