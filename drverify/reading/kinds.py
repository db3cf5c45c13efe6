"""Which kinds a segment speaks of: cues and anti-cues, then what excludes what. Knows of no binding."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from drverify.model.contract import Kind
from drverify.reading.cue import KindCue, Segment
from drverify.reading.segments import is_question
from drverify.reading.tables.core_stems import STEMS
from drverify.reading.tables.core_traps import DEFINES, GLOSSARY, NOTHING, TRAPS
from drverify.reading.tables.words import CONTINUITY

Dimension = str
"""`duration`, `time`, `interval`, `percent` or `count`: what a cue's `figure` asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A kind that a segment may speak of, and where its words stand in the segment's text."""

    kind: Kind
    weight: int
    start: int
    end: int
    figure: str = ""
    """The dimension without a figure of which the cue says nothing."""
    inherited: bool = False
    """Whether the kind's own word stands in what the segment inherits."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Compiled cues."""

    cues: tuple["_Compiled", ...]
    gate: re.Pattern[str] | tuple[str, ...]
    """What must be found first: a pattern, or one of the words in lower case; none when empty."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    cue: KindCue
    text: tuple[re.Pattern[str], ...]
    context: tuple[re.Pattern[str], ...]
    either: tuple[re.Pattern[str], ...]
    never: tuple[re.Pattern[str], ...]
    never_context: tuple[re.Pattern[str], ...]


@cache
def compiled(cues: tuple[KindCue, ...], gate: str | tuple[str, ...] = ()) -> Lexicon:
    """The cues ready to be used; the gate is a pattern, or words, without which no cue is tried."""
    return Lexicon(
        tuple(
            _Compiled(
                one,
                _patterns(one.text),
                _patterns(one.context),
                _patterns(one.either),
                _patterns(one.never),
                _patterns(one.never_context),
            )
            for one in cues
        ),
        _pattern(gate) if isinstance(gate, str) and gate else tuple(gate),
    )


@cache
def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE | re.DOTALL)


def _patterns(sources: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(_pattern(one) for one in sources)


_INNER_DOT = re.compile(r"\.(?=[^\s.])|(?<=[ap]\.m)\.(?=\s+[^\sA-Z])|(?<=[ei]\.[ge])\.")


_NUMBERING = re.compile(
    r"^\W*(?:\(?(?:\d{1,3}(?:\.\d{1,3}){0,4}|[a-z]|[ivx]{1,4})[.)]\s|[A-Z]\)\s|\d{1,2}(?:\.\d{1,3}){1,4}\s(?=\s*[A-Z]))"
    r"(?!\s*(?:[%\d]|[KMGT]i?B\b))"
)
"""The number of a clause or of an item of a list; no cue begins with it."""


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


class Looking:
    """One segment being looked at: each pattern is searched at most once in each of its two texts.

    A full stop inside a number or an abbreviation is a one-dot leader in them, so that in cues a full stop
    always ends a sentence.
    """

    def __init__(self, segment: Segment, text: str, inherited: str) -> None:
        self.segment = segment
        self.text = _INNER_DOT.sub("\u2024", _NUMBERING.sub(_blank, text))
        self.inherited = _INNER_DOT.sub("\u2024", inherited)
        self._low = f"{self.text}\n{self.inherited}".lower()
        self._stems: dict[Kind, bool] = {}
        self._text: dict[re.Pattern[str], re.Match[str] | None] = {}
        self._inherited: dict[re.Pattern[str], re.Match[str] | None] = {}

    def here(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match in the segment's own text."""
        if pattern not in self._text:
            self._text[pattern] = pattern.search(self.text)
        return self._text[pattern]

    def passes(self, gate: re.Pattern[str] | tuple[str, ...]) -> bool:
        """Whether the gate of a lexicon is found in either text."""
        if isinstance(gate, tuple):
            return not gate or any(word in self._low for word in gate)
        return self.here(gate) is not None or self.above(gate) is not None

    def may_speak_of(self, kind: Kind) -> bool:
        """Whether a beginning of a word that the kind needs is there at all."""
        if kind not in self._stems:
            stems = STEMS.get(kind)
            self._stems[kind] = stems is None or any(stem in self._low for stem in stems)
        return self._stems[kind]

    def above(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match in headings, stem and header."""
        if pattern not in self._inherited:
            self._inherited[pattern] = pattern.search(self.inherited)
        return self._inherited[pattern]


def candidates(
    looking: Looking, lexicon: Lexicon, has_figure: Callable[[Dimension], bool]
) -> tuple[Candidate, ...]:
    """The kinds found, one candidate each (of the heaviest cue that fits), in the order of the cues."""
    if not looking.passes(lexicon.gate):
        return ()
    best: dict[Kind, Candidate] = {}
    for one in lexicon.cues:
        if not looking.may_speak_of(one.cue.kind):
            continue
        known = best.get(one.cue.kind)
        if known is not None and (
            known.weight >= one.cue.weight and not (known.figure and not one.cue.figure)
        ):
            continue
        found = _fits(one, looking, has_figure)
        if found is None:
            continue
        if known is not None and known.weight >= one.cue.weight:
            best[one.cue.kind] = replace(known, figure="")
        else:
            best[one.cue.kind] = found if known is None or known.figure else replace(found, figure="")
    return _settled(best, looking)


def _fits(one: _Compiled, looking: Looking, has_figure: Callable[[Dimension], bool]) -> Candidate | None:
    cue = one.cue
    if cue.blocks and looking.segment.block.kind not in cue.blocks:
        return None
    matches = _all_here(one, looking)
    if matches is None or not all(looking.above(pattern) for pattern in one.context):
        return None
    elsewhere = [pattern for pattern in one.either if looking.here(pattern) is None]
    if not all(looking.above(pattern) for pattern in elsewhere) or _forbidden(one, looking):
        return None
    if cue.figure and not has_figure(_dimension(cue)):
        return None
    inherited = bool(one.context or elsewhere)
    anchor = max(matches, key=lambda match: match.start()) if matches else None
    return Candidate(
        kind=cue.kind,
        weight=cue.weight,
        start=min((match.start() for match in matches), default=0),
        end=anchor.end() if anchor is not None else 0,
        figure=cue.figure,
        inherited=inherited,
    )


def _dimension(cue: KindCue) -> Dimension:
    """A number of copies or a stretch of days is a figure of keeping, and of nothing else."""
    return "time" if cue.figure == "duration" and cue.kind != "retention" else cue.figure


def _all_here(one: _Compiled, looking: Looking) -> list[re.Match[str]] | None:
    matches: list[re.Match[str]] = []
    for pattern in one.text:
        match = looking.here(pattern)
        if match is None:
            return None
        matches.append(match)
    return matches


def _forbidden(one: _Compiled, looking: Looking) -> bool:
    return any(looking.here(pattern) for pattern in one.never) or any(
        looking.above(pattern) for pattern in one.never_context
    )


EXCLUDES: Mapping[Kind, tuple[Kind, ...]] = MappingProxyType(
    {
        "backup_disclaimer": (
            "backup_scope",
            "backup_frequency",
            "backup_monitoring",
            "restore_responsibility",
            "encryption",
            "restore_test",
            "immutability",
        ),
        "retention": ("backup_scope", "data_deletion"),
        "immutability": ("data_deletion", "backup_scope", "backup_disclaimer"),
        "offsite_copy": ("backup_scope",),
        "restore_test": ("restore_time", "restore_responsibility", "backup_monitoring", "backup_scope"),
        "rto": ("restore_time", "restore_responsibility", "dr_plan"),
        "rpo": ("restore_time", "restore_responsibility"),
        "restore_time": ("restore_responsibility",),
        "backup_monitoring": ("backup_scope",),
        "dr_plan": ("restore_responsibility",),
        "dr_test": ("restore_test", "restore_responsibility", "backup_scope", "backup_monitoring"),
    }
)
"""What a kind takes the words of, unless the other has a heavier cue."""
_OBJECTIVES = re.compile(r"\bpoint\s+objectives?\b", re.IGNORECASE)
_PLAIN = 2
_TESTED = r"(?:test|exercis|drill|rehears|simulat|validat)"


@cache
def _plans() -> re.Pattern[str]:
    """A verb of planning whose object is the plan and not its test."""
    return _pattern(
        rf"\b(?:maintain|develop|establish|implement|prepar|keep|have|has|updat|submit|adopt|creat|provid|writ)\w*\s+(?:(?!{_TESTED})[\w'(),/-]+\s+){{0,8}}?{CONTINUITY}(?!\s+{_TESTED})"
        rf"|{CONTINUITY}[^.;]{{0,40}}\b(?:planning|in\s+place|maintained|developed|established|implemented|prepared|updated|adopted)\b"
    )


def _settled(best: Mapping[Kind, Candidate], looking: Looking) -> tuple[Candidate, ...]:
    dropped: set[Kind] = set()
    for kind, found in best.items():
        for other in EXCLUDES.get(kind, ()):
            if other in best and best[other].weight <= found.weight:
                dropped.add(other)
    if "backup_frequency" in best and (
        best["backup_frequency"].figure or best["backup_frequency"].weight > _PLAIN
    ):
        dropped.add("backup_scope")
    if "backup_disclaimer" in best and "retention" in best and not best["retention"].figure:
        dropped.add("retention")
    if "dr_plan" in best:
        planned = _plans().search(looking.text) is not None
        if "dr_test" in best and not planned:
            dropped.add("dr_plan")
        if planned and _OBJECTIVES.search(looking.text) is not None:
            dropped.discard("dr_plan")
    return tuple(found for kind, found in best.items() if kind not in dropped)


def _is_glossed(segment: Segment) -> bool:
    return bool(segment.headings) and _pattern(GLOSSARY).search(segment.headings[-1]) is not None


def without_traps(
    found: tuple[Candidate, ...], looking: Looking, has_figure: Callable[[], bool]
) -> tuple[Candidate, ...]:
    """The core kinds found, but for those that their words only look like."""
    if not found or any(looking.here(_pattern(one)) for one in NOTHING):
        return ()
    defines = looking.here(_pattern(DEFINES)) or _is_glossed(looking.segment)
    if defines and not has_figure():
        return ()
    return tuple(
        one for one in found if not any(looking.here(_pattern(trap)) for trap in TRAPS.get(one.kind, ()))
    )


_DUTY = re.compile(r"\b(?:responsible\s+for|shall|must|should|agrees?\s+to|required\s+to)\b", re.IGNORECASE)


def leaves_backups(segment: Segment, text: str) -> bool:
    """Whether a copy that the customer owes is one that nobody else promises; not so in a table of tasks."""
    return segment.block.kind != "row" and _DUTY.search(text) is not None


_PREDICATE = re.compile(
    r"\b(?:shall|will|must|should|may|might|can|cannot|is|are|was|were|be|been|being|has|have|had|do|does|did|agrees?|"
    r"undertakes?|covenants?|warrants?|represents?|ensures?|provides?|performs?|maintains?|keeps?|stores?|takes?|makes?|"
    r"creates?|runs?|retains?|restores?|recovers?|offers?|includes?|covers?|uses?|supports?|guarantees?|achieves?|commits?|"
    r"deletes?|destroys?|erases?|returns?|delivers?|backs?|tests?|monitors?|verif(?:y|ies)|encrypts?|occurs?|remains?|"
    r"depends?|requires?|allows?|enables?|protects?|replicates?|helps?|needs?|applies|apply|continues?|expires?|exceeds?|"
    r"equals?|targets?|aims?|strives?|wird|werden|sind|ist|muss|kann|est|sont|sera|seront|doit|peut)\b",
    re.IGNORECASE,
)
_TITLE = re.compile(r"^\W*\d{1,2}(?:\.\d{1,2}){0,3}[.)]\s+(?:[A-Z][\w-]+\s*)(?:[\w&/-]+\s*){0,2}\.\s*$")
"""A numbered title that ends with a full stop: "5. Business continuity."."""
_LABEL = re.compile(r"^\W*[\w ()/-]{2,40}:\W{0,6}\w")
"""A label and what stands behind it: "RPO: near zero"."""
_SENTENCE = 5
_LISTED = frozenset({"item", "row", "footnote"})


def promises(segment: Segment, text: str, *, figure: bool) -> bool:
    """Whether it can be a statement: it has a predicate, or is a row, an item, or a phrase with a figure."""
    if segment.example or is_question(text) or (not figure and _TITLE.match(text)):
        return False
    if segment.block.kind in _LISTED or figure:
        return True
    if len(text.split()) < _SENTENCE and not _LABEL.match(text) and text.rstrip()[-1:] not in ".;":
        return False  # a title
    if segment.stem or _LABEL.match(text):
        return True
    if _PREDICATE.search(text):
        return True
    return text.rstrip().endswith((".", ";")) and len(text.split()) >= _SENTENCE
