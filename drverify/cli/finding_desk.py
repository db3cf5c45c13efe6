"""The findings of one workshop: read new drills, and write down what people say and what retests show."""

from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path

from drverify.adapters.bundle.reading import opened
from drverify.adapters.clock import SystemClock
from drverify.adapters.storage.examining import Examination, examine, lacking, retest_from, voided
from drverify.adapters.storage.findings import FindingJournal
from drverify.adapters.storage.verified import verified
from drverify.auditing.audit import audit
from drverify.auditing.question import Question
from drverify.cli.tokens import token_reader
from drverify.cli.trusted import own_file, trust_of
from drverify.compose import Workshop
from drverify.errors import EvidenceError, InputError
from drverify.judging.findings import fold, met_in, seen_by, why_not, why_not_by_audit
from drverify.model.audit import Audit
from drverify.model.drill import DrillId
from drverify.model.finding import (
    Assigned,
    Cause,
    Closed,
    Finding,
    FindingState,
    Opened,
    Retest,
    Sighting,
    Subject,
    finding_id,
)
from drverify.model.obligation import Objective, ObligationId
from drverify.sealing import codec
from drverify.sealing.keys import Trust
from drverify.sealing.strict_json import MAX_BYTES, parse


class Desk:
    """The findings of one workshop."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._journal = FindingJournal(workshop.state_dir / "findings")
        self._now = SystemClock().utc()

    @cached_property
    def _agreement(self) -> str:
        return self._workshop.agreed.contract.id

    def findings(self) -> tuple[tuple[Finding, ...], Examination]:
        """Read new drills, and put everything together."""
        drills = self._workshop.drills.path
        found = examine(self._journal, drills, self._trust(), now=self._now, check=token_reader())
        objectives = self._objectives()
        log = self._workshop.log()
        if log is None:
            return fold(found.events, objectives=objectives), found
        history = self._workshop.parties.history(log, drills)
        running = {one.drill_id for one in self._workshop.ledgers.views() if one.state == "in use"}
        seen = lacking(history, agreement=self._agreement, running=running, now=self._now)
        return fold(found.events, seen, voided=voided(history), objectives=objectives), found

    def _objectives(self) -> dict[ObligationId, Objective]:
        """What is promised; empty without an agreement, as findings are known by the drills alone."""
        try:
            promised = self._workshop.agreed.register(self._now).obligations
        except InputError:
            return {}
        return {one.id: one.objective for one in promised}

    def finding(self, named: str) -> Finding:
        """The finding whose id begins so; InputError for none or several."""
        found = [one for one in self.findings()[0] if named and one.id.startswith(named)]
        if len(found) != 1:
            problem = f"{len(found)} findings begin with" if found else "no finding begins with"
            raise InputError(f"{problem} {named!r}", hint="see `drverify finding list --all`")
        return found[0]

    def assign(self, named: str, owner: str, action: str, due: date) -> None:
        """Name who does what until when."""
        found = self._not_closed(named)
        self._journal.append(
            [Assigned(at=self._now, subject=found.subject, owner=owner, action=action, due=due)]
        )
        print(f"{found.id}: {owner} until {due}")

    def close(self, named: str, retest: DrillId) -> None:
        """Close it by a drill, which is verified anew. InputError says why it is none that closes it."""
        found = self._not_closed(named)
        try:
            drill = verified(self._workshop.drills.directory(retest), self._trust(), token_reader())
        except EvidenceError as error:
            raise EvidenceError(f"the retest's evidence does not hold: {error}") from error
        shown_by, verdicts = retest_from(drill), drill.report.verdicts
        problem = why_not(found, shown_by, met_in(verdicts), judged=tuple(one.obligation for one in verdicts))
        if drill.report.plan.drill_id != retest:
            problem = f"the evidence is of drill {drill.report.plan.drill_id}"
        elif not problem and retest not in found.retests:
            problem = f"it took something else of the workload than drill {found.last.drill}, which showed it"
        self._close(found, shown_by, problem)

    def close_by_audit(self, named: str, bundle: Path) -> None:
        """Close what an audit found about no workload by another audit, made now with our own trust."""
        found = self._not_closed(named)
        own = self._trust()
        trust = replace(own, keys=(*own.keys, *self._workshop.parties.keys()))
        with opened(bundle) as content:
            done = audit(content, Question(trust=trust, at=self._now, check=token_reader()))
        retest = Retest(
            drill="",
            workload="",
            started_at=done.at,
            evidence=done.root,
            index=None,
            start_index=None,
            audit=done.period.id,
        )
        self._close(found, retest, why_not_by_audit(found, done))

    def open(self, what: str, workload: str, obligation: str) -> None:
        """Open one by hand. InputError without a workload: nothing could ever show that it is mended."""
        if not workload:
            raise InputError("--what needs --workload", hint="a drill of it has to show that it is mended")
        self._workshop.workload(workload)
        subject = Subject(
            agreement=self._agreement, cause=Cause.AUDIT, workload=workload, obligation=obligation, code=what
        )
        needs = (ObligationId(obligation),) if obligation else ()
        self._opened(Sighting(subject=subject, at=self._now, reason=what, needs=needs))

    def open_audit(self, path: Path, *, noted: bool) -> None:
        """Open what an audit found, but for lost drills and slots that are seen here anyway."""
        known = {
            name
            for one in self.findings()[0]
            if one.subject.cause in (Cause.FAILED, Cause.NOT_RUN)
            for seen in one.sightings
            for name in (seen.drill, seen.slot)
            if name
        }
        for sighting in seen_by(_audit(path), known=known, noted=noted):
            self._opened(sighting)

    def _not_closed(self, named: str) -> Finding:
        found = self.finding(named)
        if found.state is FindingState.CLOSED and found.closed is not None:
            raise InputError(f"finding {found.id} is closed by {found.closed.retest.name}")
        return found

    def _close(self, found: Finding, retest: Retest, problem: str) -> None:
        if problem:
            raise InputError(f"{retest.name} does not close finding {found.id}: {problem}")
        self._journal.append([Closed(at=self._now, subject=found.subject, retest=retest)])
        print(f"{found.id}: closed by {retest.name}")

    def _opened(self, sighting: Sighting) -> None:
        if not any(isinstance(one, Opened) and one.sighting == sighting for one in self._journal.events()):
            self._journal.append([Opened(at=self._now, sighting=sighting)])
        print(f"{finding_id(sighting.subject)}: {sighting.reason}")

    def _trust(self) -> Trust:
        return trust_of(self._workshop.trust_file(), self._now)


def _audit(path: Path) -> Audit:
    """What `drverify audit --json` printed, or the audit in it."""
    content = own_file(path, MAX_BYTES)
    try:
        value = parse(content, what=str(path))
        inner = value.get("audit", value) if isinstance(value, dict) else value
        return codec.from_json(inner, Audit, what=str(path))
    except EvidenceError as error:
        raise InputError(
            f"not an audit: {error}", hint="give what `drverify audit --json` printed"
        ) from error
