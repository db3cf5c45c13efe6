"""Scores a reading of agreements against labels made by hand. Pure.

The rules are those of the labelled corpus (README there): a prediction matches a label of the same kind
when they overlap by half of the shorter span or more, one to one; a value is right when number and unit
are equal after exact conversion (24 hours are a day, a month is never 30 days); an optional label is
neither missed nor a false alarm; only labels of the core kinds count. "Clause" ignores the kind.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Number = int | float
KINDS = (
    "rpo", "rto", "backup_frequency", "retention", "offsite_copy", "encryption", "immutability",
    "restore_test", "restore_responsibility", "restore_time", "backup_monitoring", "backup_scope",
    "backup_disclaimer",
    "dr_plan", "dr_test", "exit_data_return", "data_deletion", "uptime",
)  # fmt: skip
"""The core: complete in every labelled document."""
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "calendar_day": 86_400, "week": 604_800}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_BUSINESS = {
    "business_day": "business_day",
    "working_day": "business_day",
    "business_hour": "business_hour",
    "working_hour": "business_hour",
}
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a reader, or a label, says about one span of one document."""

    doc: str
    start: int
    end: int
    kind: str
    value: Number | str | None = None
    unit: str | None = None
    comparator: str | None = None
    party: str | None = None
    vague: bool | None = None

    @property
    def numeric(self) -> bool:
        """Whether it states a number."""
        return isinstance(self.value, int | float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Claim):
    """What a person found."""

    optional: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    good: int = 0
    all: int = 0

    @property
    def value(self) -> float:
        """The ratio; not a number when there is nothing to count."""
        return self.good / self.all if self.all else float("nan")

    def __add__(self, other: "Share") -> "Share":
        return Share(self.good + other.good, self.all + other.all)


def f1(precision: float, recall: float) -> float:
    """Their harmonic mean; 0 when both are, or when one is no number."""
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """All figures of one comparison; sums of scores are scores of the documents together."""

    documents: int = 0
    labels: int = 0
    predictions: int = 0
    clause_precision: Share = field(default_factory=Share)
    clause_recall: Share = field(default_factory=Share)
    kind_precision: Share = field(default_factory=Share)
    kind_recall: Share = field(default_factory=Share)
    value_precision: Share = field(default_factory=Share)
    value_recall: Share = field(default_factory=Share)
    comparator: Share = field(default_factory=Share)
    vague: Share = field(default_factory=Share)
    party: Share = field(default_factory=Share)

    def __add__(self, other: "Score") -> "Score":
        return Score(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Which prediction answers which label."""

    pairs: tuple[tuple[Claim, Label], ...]
    extra: tuple[Claim, ...]
    """False alarms: unmatched and no double of something right."""
    doubles: tuple[Claim, ...]
    missed: tuple[Label, ...]
    """Not found, optional ones left out."""


def canonical(value: Number | str | None, unit: str | None) -> tuple[str | None, Number | str] | None:
    """A value as it is compared; None when there is none."""
    if value is None:
        return None
    if isinstance(value, str):
        return "text", value.lower()
    if unit in _SECONDS:
        return "seconds", round(value * _SECONDS[unit], 3)
    if unit in _MONTHS:
        return "months", round(value * _MONTHS[unit], 3)
    if unit in _BUSINESS:
        return _BUSINESS[unit], value
    return unit, round(float(value), 4)


def right(one: Claim, label: Label) -> bool:
    """Whether both say the same figure, or both none."""
    return canonical(one.value, one.unit) == canonical(label.value, label.unit)


def overlap(one: Claim, other: Claim) -> float:
    """The shared characters as a part of the shorter span."""
    shared = max(0, min(one.end, other.end) - max(one.start, other.start))
    return shared / max(1, min(one.end - one.start, other.end - other.start))


def match(predictions: Sequence[Claim], labels: Sequence[Label]) -> Matching:
    """Pair predictions with labels of their kind, right values first, then required labels, then overlap."""
    candidates = sorted(
        (
            (right(one, label), not label.optional, share, i, j)
            for i, one in enumerate(predictions)
            for j, label in enumerate(labels)
            if one.doc == label.doc and one.kind == label.kind and (share := overlap(one, label)) >= _HALF
        ),
        reverse=True,
    )
    taken: dict[int, int] = {}
    answered: set[int] = set()
    for *_, i, j in candidates:
        if i not in taken and j not in answered:
            taken[i] = j
            answered.add(j)
    left = [one for i, one in enumerate(predictions) if i not in taken]
    again = [any(_says(one, label) for label in labels) for one in left]
    return Matching(
        pairs=tuple((predictions[i], labels[j]) for i, j in taken.items()),
        extra=tuple(one for one, double in zip(left, again, strict=True) if not double),
        doubles=tuple(one for one, double in zip(left, again, strict=True) if double),
        missed=tuple(label for j, label in enumerate(labels) if j not in answered and not label.optional),
    )


def _says(one: Claim, label: Label) -> bool:
    same = one.doc == label.doc and one.kind == label.kind
    return same and overlap(one, label) >= _HALF and right(one, label)


def score(predictions: Iterable[Claim], labels: Iterable[Label], *, documents: int | None = None) -> Score:
    """The figures of predictions against labels; both are cut down to the core kinds.

    `documents`: how many were read; without it those that have a label are counted.
    """
    said = [one for one in predictions if one.kind in KINDS]
    due = [label for label in labels if label.kind in KINDS]
    matching = match(said, due)
    pairs = [(one, label) for one, label in matching.pairs if not label.optional]
    hits = [(one, label) for one, label in pairs if label.numeric and right(one, label)]
    good = sum(one.numeric and right(one, label) for one, label in matching.pairs)
    good += sum(one.numeric for one in matching.doubles)
    clause_precision, clause_recall = _clauses(said, due)
    return Score(
        documents=len({label.doc for label in due}) if documents is None else documents,
        labels=len(due),
        predictions=len(said),
        clause_precision=clause_precision,
        clause_recall=clause_recall,
        kind_precision=Share(len(pairs), len(pairs) + len(matching.extra)),
        kind_recall=Share(len(pairs), len(pairs) + len(matching.missed)),
        value_precision=Share(good, sum(one.numeric for one in said)),
        value_recall=Share(len(hits), sum(label.numeric and not label.optional for label in due)),
        comparator=_agreed(((one.comparator or "=", label.comparator or "=") for one, label in hits)),
        vague=_agreed((one.vague, label.vague) for one, label in pairs if one.vague is not None),
        party=_agreed(
            (one.party, label.party) for one, label in pairs if one.party and label.party != "unknown"
        ),
    )


def _agreed(both: Iterable[tuple[object, object]]) -> Share:
    answers = [one == other for one, other in both]
    return Share(sum(answers), len(answers))


def _clauses(said: Sequence[Claim], due: Sequence[Label]) -> tuple[Share, Share]:
    """Precision and recall of spans, whatever their kind; each span counts once."""
    spans: dict[tuple[str, int, int], list[Label]] = defaultdict(list)
    for label in due:
        spans[label.doc, label.start, label.end].append(label)
    required = {key for key, rows in spans.items() if not all(row.optional for row in rows)}
    found: set[tuple[str, int, int]] = set()
    true = false = 0
    for one in {(one.doc, one.start, one.end): one for one in said}.values():
        hits = [key for key, rows in spans.items() if key[0] == one.doc and overlap(one, rows[0]) >= _HALF]
        found.update(hits)
        false += not hits
        true += any(key in required for key in hits)
    return Share(true, true + false), Share(len(required & found), len(required))
