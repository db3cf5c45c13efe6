"""What the parts of one audit share. Pure."""

from dataclasses import dataclass

from drverify.auditing.findings import Findings
from drverify.auditing.log import AuditedLog
from drverify.auditing.question import Question
from drverify.auditing.signatures import KeyTimes
from drverify.auditing.times import Times
from drverify.model.records import Period
from drverify.sealing.records.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One audit on its way through a log that holds."""

    log: AuditedLog
    question: Question
    findings: Findings
    times: Times
    keys: KeyTimes
    history: History
    """Of the entries before the one that is looked at."""
    agreement: str
    """Id of the agreement, as the bundle says; every statement has to be of it."""
    asked: Period
    """The period, as the bundle says."""
