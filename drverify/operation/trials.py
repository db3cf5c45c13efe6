"""Bookings of negative controls and of immutability probes that a night owes, beside its drills."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from drverify.adapters.storage.probes import probes
from drverify.compose import Workshop
from drverify.errors import EvidenceError
from drverify.model.booking import Booking, BookingId, BookingKind
from drverify.model.drill import DrillRecord
from drverify.model.nights import Load, Night
from drverify.model.verdict import Outcome
from drverify.operation.controls import due
from drverify.operation.immutability import sources_with_writer
from drverify.operation.past_drills import load_of
from drverify.planning.controls import due_probe
from drverify.planning.nights.due import ASSUMED
from drverify.planning.tonight.booking import LAST

PROBE_TAKES = timedelta(minutes=5)


def trials_of(workshop: Workshop, night: Night, *, site: str, agreement: str) -> tuple[Booking, ...]:
    """What is owed by the end of the night: one control of each workload at most, one probe of each source.

    Which kind of damage a control makes is chosen when it is run: the one that is owed most then. Blocks.
    """
    return (
        *_controls(workshop, night, site=site, agreement=agreement),
        *_probes(workshop, night, site=site, agreement=agreement),
    )


def _controls(workshop: Workshop, night: Night, *, site: str, agreement: str) -> Iterator[Booking]:
    seen: set[str] = set()
    for one in due(workshop):
        if one.due >= night.ends or one.workload in seen:
            continue
        seen.add(one.workload)
        yield _booking(
            workshop,
            night,
            one.workload,
            "control",
            site=site,
            agreement=agreement,
            owed=one.due,
            why=one.why,
        )


def _probes(workshop: Workshop, night: Night, *, site: str, agreement: str) -> Iterator[Booking]:
    every = timedelta(days=workshop.settings.controls.immutability_every_days)
    decided: dict[str, datetime] = {}
    tried: dict[str, datetime] = {}
    for probe in probes(workshop.state_dir):
        tried.setdefault(probe.source, probe.at)
        if probe.outcome is not Outcome.UNPROVEN:
            decided.setdefault(probe.source, probe.at)
    for source in sources_with_writer(workshop):
        workload = next((one.name for one in workshop.workloads if one.source == source), None)
        owed = due_probe(decided.get(source), tried.get(source), night.begins, every=every)
        if workload is not None and owed < night.ends:
            why = f"backups of source {source} have to withstand a delete"
            yield _booking(
                workshop, night, workload, "immutability", site=site, agreement=agreement, owed=owed, why=why
            )


def _booking(
    workshop: Workshop,
    night: Night,
    name: str,
    kind: BookingKind,
    *,
    site: str,
    agreement: str,
    owed: datetime,
    why: str,
) -> Booking:
    workload = workshop.workload(name)
    record = _newest(workshop, name) if kind == "control" else None
    restored = record.restore if record else None
    return Booking(
        id=BookingId(f"{agreement}/{name}/{night.evening.isoformat()}/{kind}"),
        site=site,
        agreement=agreement,
        workload=name,
        kind=kind,
        evening=night.evening,
        not_before=night.begins,
        not_after=night.ends,
        due=max(owed, night.ends),  # late, it breaks no promise
        priority=LAST,
        host=workshop.settings.host_of(workload.host),
        load=load_of(workload, record) if kind == "control" else Load(),
        reads=(restored.read_bytes or 0) if restored else 0,
        takes=_takes(record) if kind == "control" else PROBE_TAKES,
        mode="full",
        point="latest",
        slot=None,
        obligations=(),
        why=why,
    )


def _takes(record: DrillRecord | None) -> timedelta:
    return record.ended_at - record.started_at if record else ASSUMED


def _newest(workshop: Workshop, workload: str) -> DrillRecord | None:
    """The newest drill that recovered it: a control takes what that took. None: none that can be read."""
    for one in workshop.drills.entries():
        if one.workload == workload and one.outcome == "recovered":
            try:
                sealed = workshop.sealed(one.drill_id)
            except EvidenceError:  # of another version of drverify: it tells nothing here
                return None
            return sealed.record if sealed is not None else None
    return None
