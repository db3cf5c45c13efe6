"""A control pack held against a period: what is shown, what is not, and what no drill can show.

"Shown" says that facts of this period support a requirement; whether a control is met is for whoever
assesses it. Nothing here is evidence: every line names the signed statements that are.
"""

from dataclasses import dataclass
from enum import StrEnum

from drverify.annex.lines import DrillLine
from drverify.annex.model import Annex
from drverify.exports.facts import look
from drverify.exports.rows import NOT_EVIDENCE
from drverify.model.agreement import Sha256
from drverify.model.control import ControlPack, Requirement
from drverify.model.drill import DrillId
from drverify.model.records import PeriodId

READING = (
    "Shown means that facts of this period support the requirement, as we word it. Whether a control is met "
    "is for whoever assesses it, with the framework's own text at hand."
)


class Status(StrEnum):
    """What a period shows of a requirement."""

    SHOWN = "shown"
    NOT_SHOWN = "not shown"
    NOT_COVERED = "not covered"
    """No drill can show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Where the evidence is."""

    drill: DrillId
    sha256: Sha256
    """Digest of the signed statement."""
    index: int | None
    """Its entry in the log; none: not logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One requirement."""

    id: str
    asks: str
    status: Status
    why: tuple[str, ...]
    """One sentence for each fact that was looked at."""
    not_covered: str
    fields: tuple[str, ...]
    drills: int
    """How many drills it rests on."""
    evidence: tuple[Pointer, ...]
    """Of them the newest of each workload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlAnswer:
    """One control and what is asked of it."""

    id: str
    title: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackAnswer:
    """A pack held against a period."""

    pack: str
    framework: str
    edition: str
    publisher: str
    agreement: str
    period: PeriodId
    log: str
    """Name of the log that the indices count in; empty: none."""
    notice: str
    reading: str
    remark: str
    controls: tuple[ControlAnswer, ...]


def held_against(pack: ControlPack, annex: Annex) -> PackAnswer:
    """Answer every requirement of the pack."""
    return PackAnswer(
        pack=pack.name,
        framework=pack.framework,
        edition=pack.edition,
        publisher=pack.publisher,
        agreement=annex.agreement.id,
        period=annex.period.id,
        log=annex.basis.origin,
        notice=pack.notice,
        reading=READING,
        remark=NOT_EVIDENCE,
        controls=tuple(
            ControlAnswer(
                id=control.id,
                title=control.title,
                answers=tuple(_answer(one, annex) for one in control.requirements),
            )
            for control in pack.controls
        ),
    )


def _answer(requirement: Requirement, annex: Annex) -> Answer:
    looked = [look(condition, annex) for condition in requirement.shown_when]
    status = Status.NOT_COVERED
    if looked:
        status = Status.SHOWN if all(one.holds for one in looked) else Status.NOT_SHOWN
    drills = {
        drill.drill: drill for one in looked if one.holds == (status is Status.SHOWN) for drill in one.drills
    }
    return Answer(
        id=requirement.id,
        asks=requirement.asks,
        status=status,
        why=tuple(("" if one.holds else "Lacking: ") + one.why for one in looked),
        not_covered=requirement.not_covered,
        fields=requirement.fields,
        drills=len(drills),
        evidence=_pointers(tuple(drills.values())),
    )


def _pointers(drills: tuple[DrillLine, ...]) -> tuple[Pointer, ...]:
    newest = {one.workload: one for one in drills}
    return tuple(Pointer(drill=one.drill, sha256=one.payload, index=one.index) for one in newest.values())
