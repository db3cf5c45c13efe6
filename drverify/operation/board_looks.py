"""Enters what looks at the estate found, and what controls and attempts to delete showed."""

from collections.abc import Iterator

from drverify.adapters.board import results, writing
from drverify.adapters.board.database import Database
from drverify.adapters.storage.controls import FOLDER, controls
from drverify.adapters.storage.probes import FOLDER as PROBES
from drverify.adapters.storage.probes import probes
from drverify.adapters.storage.surveys import SurveyDirectory
from drverify.compose import Workshop
from drverify.model.board import Backups, Stray, Tried
from drverify.model.controls import ControlOutcome, ControlResult
from drverify.model.immutability import ImmutabilityResult
from drverify.model.standing import BackupStanding, EstateSurvey
from drverify.model.verdict import Outcome

FAILED = 20
"""Failed backups of a workload that its page shows."""
_CAUGHT = {ControlOutcome.CAUGHT: True, ControlOutcome.NOT_CAUGHT: False, ControlOutcome.NOT_RUN: None}
_WITHSTOOD = {Outcome.MET: True, Outcome.MISSED: False, Outcome.UNPROVEN: None}


def enter_look(database: Database, workshop: Workshop, name: str) -> None:
    """Enter the newest look, unless it was entered already. HostError when it cannot be read."""
    found = next(SurveyDirectory(workshop.state_dir / "surveys").newest(), None)
    if found is None:
        return
    mark = found.at.isoformat()
    with database.writing() as connection:
        if results.marked(connection, name, "look") != mark:
            backups = [_backups(name, one, found) for one in found.standings]
            writing.put_look(connection, name, backups, tuple(_strays(name, found)))
            writing.mark(connection, name, "look", mark)


def _backups(name: str, one: BackupStanding, survey: EstateSurvey) -> Backups:
    return Backups(
        agreement=name,
        workload=one.workload,
        source=one.source,
        points=one.points,
        newest=one.newest,
        oldest=one.oldest,
        largest_gap=one.largest_gap,
        size_bytes=one.size_bytes,
        allowed_gap=one.allowed_gap,
        kept_for=one.kept_for,
        looked_at=survey.at,
        failed=tuple(each for each in survey.failed if each.workload == one.workload)[:FAILED],
    )


def _strays(name: str, survey: EstateSurvey) -> Iterator[Stray]:
    at = survey.at
    for one in survey.unread:
        yield Stray(agreement=name, kind="not asked", place=one.place, name="", detail=one.why, looked_at=at)
    for one in survey.untold:
        yield Stray(agreement=name, kind="not told", place=one.place, name="", detail=one.why, looked_at=at)
    for failed in survey.failed:
        if failed.made_good_at is None:
            yield Stray(
                agreement=name,
                kind="backup failed",
                place=failed.place,
                name=failed.workload or failed.host,
                detail=f"{failed.at:%Y-%m-%d %H:%M} UTC: {failed.what}: {failed.why}",
                looked_at=at,
            )
    for unknown in survey.unknown:
        yield Stray(
            agreement=name,
            kind="backup without workload",
            place=unknown.source,
            name=unknown.host,
            detail=f"{unknown.points} points, {', '.join(unknown.paths)}",
            looked_at=at,
        )
    for guest in survey.guests:
        if guest.backed_up is not True:  # None: nobody says, and no workload of the inventory is this guest
            yield Stray(
                agreement=name,
                kind="guest without backup" if guest.backed_up is False else "guest without workload",
                place=guest.place,
                name=guest.name,
                detail=guest.detail or ("" if guest.backed_up is False else "no workload of the inventory"),
                looked_at=at,
            )


def enter_trials(database: Database, workshop: Workshop, name: str) -> None:
    """Enter every control and probe signed by us, unless nothing came since. HostError when unreadable."""
    state = workshop.state_dir
    names = sorted(one.parent.name for one in (state / FOLDER).glob("*/control.dsse.json"))
    probed = sorted(one.name for one in (state / PROBES).glob("*.dsse.json"))
    mark = " ".join([str(len(names)), *names[-1:], str(len(probed)), *probed[-1:]])
    with database.writing() as connection:
        if results.marked(connection, name, "trials") == mark:
            return
        tried = [_tried(name, one) for one in controls(state)]
        tried += [_attempted(name, one) for one in probes(state)]
        writing.put_trials(connection, name, tried)
        writing.mark(connection, name, "trials", mark)


def _tried(name: str, one: ControlResult) -> Tried:
    return Tried(
        agreement=name,
        kind="control",
        workload=one.workload,
        name=one.id,
        at=one.at,
        caught=_CAUGHT[one.outcome],
        what=f"{one.kind}: {one.damage.what}" if one.damage is not None else one.kind,
        reason=one.why,
        drill=one.good_drill or "",
        harm=one.kind,
    )


def _attempted(name: str, one: ImmutabilityResult) -> Tried:
    """Not withstood, too, when a clause asks for longer than the store locks."""
    outcomes = {one.outcome, *(each.outcome for each in one.verdicts)}
    worst = next(each for each in (Outcome.MISSED, Outcome.UNPROVEN, Outcome.MET) if each in outcomes)
    missed = next((each for each in one.verdicts if each.outcome is worst), None)
    return Tried(
        agreement=name,
        kind="immutability",
        workload=one.workloads[0] if len(one.workloads) == 1 else "",
        name=one.id,
        at=one.at,
        caught=_WITHSTOOD[worst],
        what=f"source {one.source}: {one.tampering.mechanism}",
        reason=missed.reason if missed is not None and worst is not one.outcome else one.reason,
    )
