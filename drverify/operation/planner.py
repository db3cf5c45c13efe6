"""The nights of a site out of what is promised, known and agreed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from drverify.adapters.storage.drills import DrillEntry
from drverify.compose import Workshop
from drverify.engine.drills.drill import Concluded
from drverify.errors import DrverifyError, EvidenceError, InputError
from drverify.model.grain import shown_by
from drverify.model.group import Group
from drverify.model.nights import Apart, Due, NightPlan
from drverify.model.obligation import Grain, Register
from drverify.model.records import Slot
from drverify.model.recovery import Workload
from drverify.operation.estate import Estate
from drverify.operation.joining import grouped
from drverify.operation.past_drills import load_of
from drverify.operation.rooms import nights_of, rooms_of
from drverify.planning.nights.calendar import nights
from drverify.planning.nights.coverage import untried
from drverify.planning.nights.due import Known, by_workload, dues, grains_of
from drverify.planning.nights.spreading import spread
from drverify.planning.nights.timetable import timetable
from drverify.planning.nights.turns import inner, so_far
from drverify.settings import Nights


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """The nights of a site, in which all its agreements share the hosts."""

    whole: NightPlan
    failed: Mapping[str, DrverifyError]
    """Agreements that could not be planned for, and why."""

    def of(self, agreement: str) -> NightPlan:
        """One agreement's part."""
        return replace(
            self.whole,
            planned=tuple(one for one in self.whole.planned if one.due.agreement == agreement),
            unplanned=tuple(one for one in self.whole.unplanned if one.due.agreement == agreement),
            never=tuple(one for one in self.whole.never if one.agreement == agreement),
            apart=tuple(one for one in self.whole.apart if one.agreement == agreement),
        )


def plan_site(estate: Estate, now: datetime, *, number: int, seed: str) -> SitePlan:
    """Plan the nights of so many evenings. InputError when the first settings do not say when.

    An agreement that cannot be planned for keeps no other from it.
    """
    chosen = nights_of(estate.main)
    asked = nights(chosen.rule(), after=now, number=number)
    until = asked[-1].ends if asked else now
    longest = max((night.lasts for night in asked), default=timedelta())
    owed: list[Due] = []
    asking: dict[str, _Asking] = {}
    failed: dict[str, DrverifyError] = {}
    for name, workshop in estate.workshops.items():
        try:
            asking[name] = asked_by = _asking(workshop, chosen, now, longest)
            owed += _owed(name, workshop, asked_by, now, until)
        except DrverifyError as error:
            failed[name] = error
    plan = timetable(
        owed,
        asked,
        rooms_of(chosen),
        spread=lambda able, over, on: spread(able, over, on, seed=seed),
        seed=seed,
    )
    made = SitePlan(whole=plan, failed=failed)
    never = tuple(
        replace(lack, agreement=name)
        for name, one in asking.items()
        for lack in untried(one.register, one.known, made.of(name))
    )
    apart = tuple(replace(lone, agreement=name) for name, one in asking.items() for lone in one.apart)
    return replace(made, whole=replace(plan, never=never, apart=apart))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """What one agreement's drills are planned by."""

    register: Register
    known: tuple[Known, ...]
    groups: tuple[Group, ...]
    """Those that can be drilled as one."""
    apart: tuple[Apart, ...]
    """The others."""


def _asking(workshop: Workshop, chosen: Nights, now: datetime, longest: timedelta) -> _Asking:
    """Read what is known. InputError when nothing is said of a host that it needs."""
    register = workshop.agreed.register(now)
    promised = by_workload(register)
    known = tuple(
        replace(one, shows=_shows(workshop, workload)) if grains_of(promised.get(one.workload, ())) else one
        for workload, one in zip(workshop.workloads, _known(workshop), strict=True)
    )
    _check_hosts(chosen, {one.host for one in known})
    able, apart = grouped(workshop, chosen, known, longest)
    return _Asking(register=register, known=known, groups=able, apart=apart)


def _shows(workshop: Workshop, workload: Workload) -> frozenset[Grain] | None:
    """What its drills bring back; a playbook that cannot be read is told by whoever runs it."""
    try:
        return shown_by(workload.payload, workshop.playbook(workload))
    except InputError:
        return None


def _owed(
    agreement: str, workshop: Workshop, asking: _Asking, now: datetime, until: datetime
) -> Iterator[Due]:
    """What one agreement asks for."""
    slots = slots_of(workshop, now)
    for due in tuple(dues(asking.register, asking.known, slots, now=now, until=until, groups=asking.groups)):
        yield replace(due, agreement=agreement)


def _check_hosts(chosen: Nights, hosts: set[str]) -> None:
    if missing := sorted(hosts - chosen.hosts.keys()):
        raise InputError(
            f"nights.hosts: nothing is said of host {', '.join(missing)}, on which workloads are drilled",
            hint=f"add [nights.hosts.{missing[0]}] with memory_mib and at_once",
        )


def _known(workshop: Workshop) -> Iterator[Known]:
    """A drill of a further copy is a test and a turn; what the next one takes is told by the others alone."""
    found: dict[str, list[DrillEntry]] = {}
    for entry in workshop.drills.entries():
        found.setdefault(entry.workload, []).append(entry)
    for workload in workshop.workloads:
        ended = [one for one in found.get(workload.name, ()) if one.shown is not None]
        back = [one for one in ended if one.outcome == "recovered"]
        own = next((one for one in back if not one.of_copy), None)
        sealed = _sealed(workshop, own) if own else None
        record = sealed.record if sealed else None
        drilled, failed = so_far(
            (one.shown, one.outcome == "recovered") for one in reversed(ended) if one.shown is not None
        )
        restored = record.restore if record else None
        yield Known(
            workload=workload.name,
            host=workshop.settings.host_of(workload.host),
            load=load_of(workload, record),
            protected_since=workload.protected_since,
            tested_at=back[0].ended_at if back else None,
            takes=record.ended_at - record.started_at if record else None,
            reads=(restored.read_bytes or 0) if restored else 0,
            drilled=drilled,
            failed=failed,
            copies=tuple(one.source for one in workshop.copies.get(workload.name, ())),
            generations=tuple(inner(record.selection.listed, record.started_at)) if record else (),
            shown=tuple(one.shown for one in back if one.shown is not None),
            in_group=sealed is not None and sealed.plan.group is not None,
        )


def _sealed(workshop: Workshop, entry: DrillEntry) -> Concluded | None:
    """What the drill measured; None for evidence of another version of drverify, which tells nothing here."""
    try:
        return workshop.sealed(entry.drill_id)
    except EvidenceError:
        return None


def slots_of(workshop: Workshop, now: datetime) -> Mapping[str, Sequence[Slot]]:
    """Slots of the agreed schedules by workload: those that are open without a result, and those to come."""
    log = workshop.log()
    if log is None or not any(Path(workshop.parties.records.path).glob("schedule-*")):
        return {}
    history = workshop.parties.history(log, workshop.drills.path)
    found: dict[str, list[Slot]] = {}
    for one in history.planned.values():
        over = any(begun.results for begun in history.attempts.get(one.slot.id, ()))
        if one.slot.closes > now and not over:
            found.setdefault(one.slot.workload, []).append(one.slot)
    return found
