"""Enters the findings of an agreement: what its drills, its log and people say, workload by workload."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from drverify.adapters.board import results, writing
from drverify.adapters.board.database import Database
from drverify.adapters.storage.examining import lacking, voided
from drverify.adapters.storage.findings import FindingJournal
from drverify.compose import Workshop
from drverify.model.finding import Sighting
from drverify.operation.board_findings import mends, said
from drverify.sealing import codec


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lacks:
    """What the log lacks, as it was read last."""

    at: datetime
    seen: tuple[Sighting, ...] = ()
    voided: tuple[str, ...] = ()


def enter_mends(
    database: Database,
    workshop: Workshop,
    name: str,
    touched: set[str],
    running: frozenset[str],
    *,
    now: datetime,
    seldom: timedelta,
) -> None:
    """Fold the findings about the workloads of which anything is new. HostError for a damaged journal."""
    journal = FindingJournal(workshop.state_dir / "findings")
    with database.reading() as connection:
        read = results.marked(connection, name, "journal")
        kept = results.marked(connection, name, "lacks")
    old = codec.from_json(json.loads(kept), _Lacks, what="lacks") if kept else None
    lacks = old if old is not None and now - old.at < seldom else _lacks(workshop, name, running, now)
    written = _stat(journal)
    changed = written != read or lacks != old
    if not touched and not changed:
        return
    known = said(journal, lacks.seen, frozenset(lacks.voided))
    register = workshop.agreed.register(now)
    about = set(touched)
    if changed:
        about |= known.workloads | {one.subject.workload for one in (old.seen if old else ())}
    for workload in sorted(about):
        with database.writing() as connection:
            examined = results.examined(connection, name, workload)
            writing.put_mends(connection, name, workload, mends(register, workload, examined, known))
    with database.writing() as connection:
        writing.mark(connection, name, "journal", written)
        writing.mark(connection, name, "lacks", writing.body(lacks))


def _lacks(workshop: Workshop, name: str, running: frozenset[str], now: datetime) -> _Lacks:
    """Read the log whole. Without one nothing is lacking that drills on disk do not tell."""
    log = workshop.log()
    if log is None:
        return _Lacks(at=now)
    history = workshop.parties.history(log, workshop.drills.path)
    seen = tuple(lacking(history, agreement=name, running=running, now=now))
    return _Lacks(at=now, seen=seen, voided=tuple(sorted(voided(history))))


def _stat(journal: FindingJournal) -> str:
    try:
        found = journal.path.stat()
    except FileNotFoundError:
        return "none"
    return f"{found.st_size} {found.st_mtime_ns}"
