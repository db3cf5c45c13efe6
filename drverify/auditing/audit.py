"""Audits a bundle: was anything forged, changed or left out, and what came of every drill of a period. Pure.

In this order; what does not hold becomes a finding, and what rests on it is not looked at:

1. `bundle.json` has its one form; every file that it lists is there and is the one.
2. The log's newest checkpoint is signed by a trusted log; entries and hashes make its tree, which went
   through every earlier checkpoint in the bundle and every one that the auditor brought.
3. Cosignatures and time stamps hold, and bound when each entry was in the log.
4. Entries and envelopes go side by side: digest of payload and first signature. Each statement of the
   parties has the signatures that its kind needs and fits what was logged before it; each start is a
   runner's; each result is verified whole, with everything in it computed again, is of the plan that was
   logged as begun, and is judged by the contract of the register that both parties agreed on last.
5. Starts are held against the schedule, results against starts, the sums against the period's close.
6. No file is left that nothing names; this is asked when all else holds.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from drverify.auditing import layout
from drverify.auditing.bundle import Bundle
from drverify.auditing.checking import Checked, Checker, one_by_one
from drverify.auditing.course import Course
from drverify.auditing.drills import Drills, Each
from drverify.auditing.findings import Findings
from drverify.auditing.log import AuditedLog, read_log
from drverify.auditing.opening import (
    check_extras,
    check_files,
    check_index,
    check_period,
    check_unread,
    read_index,
)
from drverify.auditing.parties import Parties
from drverify.auditing.question import Question
from drverify.auditing.scope import OF_DRILLS, scope_of, within
from drverify.auditing.signatures import KeyTimes
from drverify.auditing.slots import NOTHING, Reconciled, reconcile, spans_of
from drverify.auditing.stamped import Stamped
from drverify.auditing.times import read_times
from drverify.auditing.walking import Absent, Step, walk
from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.audit import Audit, AuditedDrill
from drverify.model.records import PartyRecord, Period
from drverify.sealing.records.history import Begun, History
from drverify.sealing.records.statements import Statement
from drverify.sealing.verification import Report

UNKNOWN = Sha256("")
"""Root of a log that does not hold."""


def nobody(_: AuditedDrill, __: Report) -> None:
    """Tell nobody of the drills."""


def audit(bundle: Bundle, question: Question, each: Each = nobody, checked: Checked | None = None) -> Audit:
    """Audit a bundle; `each` is told of every result of the period that holds, in the log's order.

    `checked` goes through the bundle's envelopes, as `checking.one_by_one` does: it may use many processes.

    EvidenceError when the index cannot be read: then nothing says what is to be audited. InputError when a
    checkpoint that the auditor brought is of another log. Every other fault is a finding.
    """
    index = read_index(bundle)
    findings = Findings()
    log = read_log(bundle, question, findings)
    reconciled, logged = Reconciled(counts=NOTHING, slots=()), set[Sha256]()
    if log is not None:
        check_index(index, log, findings)
        reconciled = _Audit(
            log=log,
            question=question,
            findings=findings,
            index=index,
            each=each,
            checked=checked or one_by_one(bundle),
            logged=logged,
        ).run()
    check_files(bundle, index, findings)
    check_extras(index, logged, findings)
    if not findings.refused:  # what does not hold names nothing
        check_unread(bundle, findings)
    return Audit(
        agreement=index.agreement,
        period=index.period,
        at=question.at,
        origin=log.stated.origin if log else index.origin,
        size=log.stated.size if log else 0,
        root=Sha256(log.stated.root.hex()) if log else UNKNOWN,
        counts=reconciled.counts,
        slots=reconciled.slots,
        findings=findings.ordered,
        held=findings.held,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Audit:
    """The part that needs a log that holds."""

    log: AuditedLog
    question: Question
    findings: Findings
    index: layout.Index
    each: Each
    checked: Checked
    logged: set[Sha256]
    """Filled with the digests of files that an archive refresh names."""

    def run(self) -> Reconciled:
        """Go through all entries, and reconcile."""
        log, findings, asked = self.log, self.findings, self.index.period
        history = History(origin=log.stated.origin)
        times = read_times(log, self.question, findings)
        keys = KeyTimes(times, findings)
        keys.check(log.owners, log.stated.size - 1)
        course = Course(
            log=log,
            question=self.question,
            findings=findings,
            times=times,
            keys=keys,
            history=history,
            agreement=self.index.agreement,
            asked=asked,
        )
        parties = Parties(course)
        checker = Checker(log.bundle, self.question, reports=self.each is not nobody)
        stamped = Stamped(self.question.stamped, times, findings, by=self.question.stampers)
        drills = Drills(course, checker, partial(_told, asked, self.each), stamped)
        absent = Absent()
        with findings.refusing("unreadable", layout.ENVELOPES):
            self._walk(parties, drills, absent)
        self._missing(parties, absent)
        for part in (parties, drills, keys):
            part.end()
        self._named(parties)
        check_period(self.index, history.periods.values(), findings)
        spans = spans_of(history, asked, log.stated.size)
        closed = {close.period.id for _, close in history.closes}
        if not all(span.period.id in closed for span in spans):
            findings.add("not-closed", where=asked.id)
        return reconcile(history, spans, at=self.question.at, times=times, findings=findings)

    def _walk(self, parties: Parties, drills: Drills, absent: Absent) -> None:
        with closing(self.checked(drills.checker.line)) as lines:
            self._take(walk(self.log, lines, self.findings), parties, drills, absent)

    def _take(self, steps: Iterator[Step], parties: Parties, drills: Drills, absent: Absent) -> None:
        history = drills.course.history
        for step in steps:
            if step.line is not None:
                history.take(step.index, step.leaf, _said(step, parties, drills))
                continue
            history.take(step.index, step.leaf, None)
            if step.leaf.kind in OF_DRILLS:
                absent.add(step.index)
            else:
                self.findings.add("missing-envelope", where=f"{step.leaf.kind}, {step.where}")

    def _missing(self, parties: Parties, absent: Absent) -> None:
        scope = scope_of(self.index.period, parties.schedules, parties.closes, size=self.log.stated.size)
        for low, high in absent.needed(scope):
            self.findings.add(
                "missing-envelope",
                where=f"entry {low}" if high == low + 1 else f"entries {low} to {high - 1}",
            )
        if not self.findings.count("missing-envelope"):
            self.findings.hold(
                f"every entry from {scope.begin} up to {scope.end}, and every statement of the parties, "
                "has its envelope, and every envelope its entry"
            )

    def _named(self, parties: Parties) -> None:
        """Read the files that an archive refresh names and that are here."""
        self.logged.update(parties.refreshed)
        for digest in sorted(parties.refreshed):
            name = layout.artefact(digest)
            try:
                found, _ = self.log.bundle.measure(name, layout.LARGEST_FILE)
            except EvidenceError:
                continue  # they need not be here: the log keeps their digests
            if found != digest:
                self.findings.add("changed-file", where=name)


def _said(step: Step, parties: Parties, drills: Drills) -> Statement | PartyRecord | None:
    """What an envelope says, if it holds."""
    if step.leaf.kind == "drill-started":
        return drills.start(step)
    if step.leaf.kind == "restore-drill":
        return drills.result(step)
    return parties.take(step)


def _told(asked: Period, each: Each, begun: Begun, drill: AuditedDrill, report: Report) -> None:
    """Tell of a result, unless its slot is of another period that is not over yet when this one begins."""
    planned = begun.planned
    if planned is None or within(planned.period, asked) or planned.period.ends <= asked.begins:
        each(drill, report)
