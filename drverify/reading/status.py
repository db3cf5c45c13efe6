"""Whether a provision is testable, and if not, why: a check of slots, explained by words; its modality."""

import re
from dataclasses import dataclass

from drverify.model.contract import Kind, Modality, Status
from drverify.reading.tables.vagueness import (
    CHECKABLE,
    DELEGATED,
    EVENT_BOUND,
    FIRM_PLANS,
    MATTERS,
    NEEDS_FIGURE,
    PLACEHOLDER,
    REDACTED,
    REFERENCE,
    STRONG,
    WORDS,
)


def _compile(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE | re.DOTALL)


_WORDS = {rule: _compile(pattern) for rule, pattern in WORDS.items()}
_PLACEHOLDER, _REDACTED, _REFERENCE = _compile(PLACEHOLDER), _compile(REDACTED), _compile(REFERENCE)
_DELEGATED, _EVENT, _PLANS = _compile(DELEGATED), _compile(EVENT_BOUND), _compile(FIRM_PLANS)
_CHECKABLE = _compile(CHECKABLE)
_REASONS = {
    "V-01": "an effort instead of a duty",
    "V-02": "a period without a figure",
    "V-03": "a speed without a figure",
    "V-04": "a quality without a criterion",
    "V-05": "a hedged figure",
    "V-06": "depends on something else",
    "V-07": "still to be agreed",
    "V-12": "one side may change it",
}
_MODALS: tuple[tuple[Modality, re.Pattern[str]], ...] = (
    ("must_not", _compile(r"\b(?:shall|will|must|may)\s+not\b|\bcannot\b|\bdarf\s+nicht")),
    ("target", _compile(r"\b(?:targets?|objectives?|aims?\s+to|goals?|strives?|endeavou?rs?)\b")),
    (
        "must",
        _compile(
            r"\b(?:shall|must|agrees?\s+to|is\s+(?:required|obligated|obliged|responsible)|are\s+(?:required|responsible)|undertakes?|covenants?|guarantees?|commits?|muss|m[üu]ssen|doit|doivent)\b"
        ),
    ),
    ("must", _compile(r"\bwill\b|\bwird\b|\bwerden\b|\bsera\b")),
    ("should", _compile(r"\b(?:should|recommend\w*|encourag\w+|soll(?:te|ten)?)\b")),
    ("may", _compile(r"\b(?:may|can|might|option(?:al|ally)?|kann|peut)\b")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A status with its reason and the vagueness rules that apply."""

    status: Status
    why: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a provision when its status is asked for."""

    kind: Kind
    has_figure: bool
    problem: str = ""
    """Of the figure: `placeholder`, `redacted`, `words_digits`, `two_readings`, `two_figures` or empty."""
    hedge: str = ""
    """Words that hedge the figure."""
    own_words: bool = True
    """Whether the kind is spoken of in the segment itself."""


def judged(text: str, facts: Facts) -> Judged:
    """The status of a provision whose segment reads `text`."""
    problem = _by_problem(text, facts)
    if problem is not None:
        return problem
    words = {rule: match.group() for rule, pattern in _WORDS.items() if (match := pattern.search(text))}
    if facts.has_figure:
        return _with_figure(facts, words)
    if facts.kind in NEEDS_FIGURE:
        return _without_figure(text, facts, words)
    return _of_words(text, facts, words)


def modality(text: str, inherited: str) -> Modality:
    """How strongly it is said; the stem's modal counts where the segment has none of its own."""
    for source in (text, inherited):
        for name, pattern in _MODALS:
            if pattern.search(source):
                return name
    return "statement"


def _by_problem(text: str, facts: Facts) -> Judged | None:
    if facts.problem in {"words_digits", "two_readings", "two_figures"}:
        said = {
            "words_digits": "words and digits differ",
            "two_readings": "the words can be read in two ways",
            "two_figures": "two figures fit and nothing in the wording chooses",
        }
        return Judged(
            status="needs_review",
            why=said[facts.problem],
            rules=("C-08",) if facts.problem == "words_digits" else (),
        )
    if facts.problem == "redacted" or (not facts.has_figure and _REDACTED.search(text)):
        return Judged(status="redacted", why=_quoted("blacked out", _REDACTED.search(text)), rules=("V-10",))
    if facts.problem == "placeholder" or (not facts.has_figure and _PLACEHOLDER.search(text)):
        return Judged(
            status="placeholder", why=_quoted("not filled in", _PLACEHOLDER.search(text)), rules=("V-10",)
        )
    return None


def _with_figure(facts: Facts, words: dict[str, str]) -> Judged:
    if facts.hedge:
        return Judged(status="vague", why=f"{_REASONS['V-05']}: “{_tidy(facts.hedge)}”", rules=("V-05",))
    if "V-06" in words and facts.kind in {"rto", "rpo", "restore_time", "retention"}:
        return _vague(words, ("V-06",))
    if "V-01" in words:
        return _vague(words, ("V-01",))
    return Judged(status="defined")


def _without_figure(text: str, facts: Facts, words: dict[str, str]) -> Judged:
    if facts.kind == "retention" and _EVENT.search(text):
        return Judged(status="defined")
    reference = _REFERENCE.search(text)
    if reference is not None:
        return Judged(
            status="by_reference", why=_quoted("stands elsewhere", reference), rules=("V-08", "V-09")
        )
    delegated = _DELEGATED.search(text)
    if delegated is not None and facts.kind in {"backup_frequency", "retention"}:
        return Judged(status="delegated", why=_quoted("left to somebody", delegated), rules=("V-08",))
    found = tuple(rule for rule in words if rule in STRONG)
    if found:
        return _vague(words, found, missing=True)
    return Judged(status="vague", why="no figure", rules=("V-08",))


def _of_words(text: str, facts: Facts, words: dict[str, str]) -> Judged:
    counting = MATTERS.get(facts.kind, STRONG)
    found = tuple(rule for rule in words if rule in counting)
    if facts.kind == "backup_monitoring" and _CHECKABLE.search(text) is None:
        return Judged(
            status="vague", why="no word on what is checked, when, or who is told", rules=("V-08", *found)
        )
    if facts.kind == "dr_plan":
        reference = _REFERENCE.search(text)
        if _PLANS.search(text) is None:
            if reference is not None:
                return Judged(
                    status="by_reference", why=_quoted("stands elsewhere", reference), rules=("V-09",)
                )
            return Judged(status="vague", why="no duty to have a plan, only a mention", rules=("V-08",))
    if found:
        return _vague(words, found)
    return Judged(status="defined")


def _vague(words: dict[str, str], rules: tuple[str, ...], *, missing: bool = False) -> Judged:
    why = "; ".join(f"{_REASONS[rule]}: “{_tidy(words[rule])}”" for rule in rules)
    return Judged(
        status="vague",
        why=f"no figure; {why}" if missing else why,
        rules=(*rules, *(("V-08",) if missing else ())),
    )


def _quoted(reason: str, match: re.Match[str] | None) -> str:
    return f"{reason}: “{_tidy(match.group())}”" if match is not None else reason


def _tidy(words: str) -> str:
    return " ".join(words.split())
