"""The evaluation's tables as lines of text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.evaluation.labelled import Labelled
from lab.evaluation.read import Reading
from lab.evaluation.score import KINDS, Claim, Score, Share, f1, match, right, score

HEAD = (
    "",
    "docs",
    "labels",
    "said",
    "clause P/R/F",
    "kind P/R/F",
    "value P",
    "value R",
    "cmp",
    "vague",
    "party",
)
KIND_HEAD = ("kind", "labels", "found", "false", "P", "R", "F", "value P", "value R")
WIDEST_QUOTE = 150


@dataclass(frozen=True, slots=True)
class Outcome:
    """One document, as labelled and as read."""

    labelled: Labelled
    reading: Reading

    @property
    def score(self) -> Score:
        """The figures of this document alone."""
        return score(self.reading.claims, self.labelled.labels, documents=1)

    @property
    def trap(self) -> bool:
        """Whether there was nothing to find."""
        return all(label.optional for label in self.labelled.labels)


def total(outcomes: Sequence[Outcome]) -> Score:
    """The figures of several documents together."""
    return sum((one.score for one in outcomes), Score())


def score_row(name: str, figures: Score) -> tuple[str, ...]:
    """One line of the main table."""
    return (
        name,
        str(figures.documents),
        str(figures.labels),
        str(figures.predictions),
        _three(figures.clause_precision, figures.clause_recall),
        _three(figures.kind_precision, figures.kind_recall),
        _of(figures.value_precision),
        _of(figures.value_recall),
        _two(figures.comparator.value),
        _two(figures.vague.value),
        _two(figures.party.value),
    )


def kind_rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    """One line for each core kind."""
    for kind in KINDS:
        figures = sum((_of_kind(one, kind) for one in outcomes), Score())
        precision, recall = figures.kind_precision, figures.kind_recall
        yield (
            kind,
            str(recall.all),
            str(recall.good),
            str(precision.all - precision.good),
            _two(precision.value),
            _two(recall.value),
            _two(f1(precision.value, recall.value)) if precision.all and recall.all else "-",
            _of(figures.value_precision),
            _of(figures.value_recall),
        )


def _of_kind(one: Outcome, kind: str) -> Score:
    said = [claim for claim in one.reading.claims if claim.kind == kind]
    due = [label for label in one.labelled.labels if label.kind == kind]
    return score(said, due, documents=1)


def invariants(outcomes: Sequence[Outcome]) -> tuple[int, int]:
    """Spans that are not exact, and figures outside their quote."""
    readings = [one.reading for one in outcomes]
    return sum(len(one.inexact) for one in readings), sum(len(one.unquoted) for one in readings)


def traps(outcomes: Sequence[Outcome]) -> str:
    """Obligations read where there are none, by document."""
    found = [(one.reading.text.name, len(one.reading.claims)) for one in outcomes if one.trap]
    return ", ".join(f"{name} {count}" for name, count in found) or "none of them"


def mistakes(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Every miss, false alarm and wrong figure, with the words."""
    for one in outcomes:
        matching = match(one.reading.claims, one.labelled.labels)
        for label in matching.missed:
            yield _line("MISSED", label, one)
        for claim in matching.extra:
            yield _line("EXTRA ", claim, one)
        for claim, label in matching.pairs:
            if not right(claim, label) and (claim.numeric or (label.numeric and not label.optional)):
                yield _line(f"FIGURE {_figure(claim)} for", label, one)


def _line(what: str, claim: Claim, one: Outcome) -> str:
    words = " ".join(one.reading.text.content[claim.start : claim.end].split())
    shown = words if len(words) <= WIDEST_QUOTE else f"{words[: WIDEST_QUOTE - 1]}…"
    vague = " vague" if claim.vague else ""
    says = f"{claim.kind} {_figure(claim)} {claim.party}{vague}"
    return f"{what} {claim.doc} {claim.start} {says}\n         {shown}"


def _figure(claim: Claim) -> str:
    return "-" if claim.value is None else f"{claim.comparator or ''}{claim.value} {claim.unit or ''}".strip()


def seconds(outcomes: Sequence[Outcome]) -> float:
    """Processor time of all readings."""
    return sum(one.reading.seconds for one in outcomes)


def layout(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, the first to the left, the others to the right."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]

    def written(line: Sequence[str]) -> str:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        return "  ".join(cells).rstrip()

    return "\n".join(written(line) for line in lines)


def statuses(outcomes: Sequence[Outcome]) -> str:
    """How often each status was given, core kinds only."""
    counted = Counter(
        one.status for outcome in outcomes for one in outcome.reading.provisions if one.kind in KINDS
    )
    return ", ".join(f"{status} {count}" for status, count in sorted(counted.items()))


def _two(value: float) -> str:
    return "-" if value != value else f"{value:.2f}"  # noqa: PLR0124 (not a number)


def _three(precision: Share, recall: Share) -> str:
    both = f1(precision.value, recall.value) if precision.all and recall.all else float("nan")
    return "/".join(_two(value).removeprefix("0") for value in (precision.value, recall.value, both))


def _of(share: Share) -> str:
    return f"{_two(share.value)} ({share.good}/{share.all})" if share.all else "-"
