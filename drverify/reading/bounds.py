"""What stands around a figure: how it is bounded ("no later than", "or more") and how it is hedged ("typically")."""

import re
from dataclasses import dataclass
from types import MappingProxyType

from drverify.model.quantity import Comparator
from drverify.reading.tokens import BREAK, WORD, Tokens, words

_FILLER = (
    "a|an|the|of|any|period|periods|time|total|within|in|for|to|be|is|are|it|by|next|first|following|further|"
    "additional|another|every|once|each|one|twice|per|target|about|approximately|and|:|=|last|previous|same|their|"
    "its|window|duration|interval|intervals|frequency|value|level|retention|availability|uptime|amount|uninterrupted|"
    'rolling|equal|\\(|"|\u201c|~'
)
_NEGATED = r"(?:not|never|no|cannot|n't|t|without)(?: \w+){0,2}?"
_BEFORE: tuple[tuple[Comparator, str], ...] = (
    (
        "<=",
        r"(?:no|not) more (?:frequently|often) than|no (?:later|more|longer|greater|higher|slower|further|larger|worse) (?:than|then)"
        r"|not? (?:be )?(?:later|more|longer|greater|higher|further|older) than"
        rf"|{_NEGATED} (?:exceed|exceeds|exceeding|exceeded|surpass|surpassing)"
        rf"|{_NEGATED} (?:be |last |take |extend |remain )?(?:(?:for|by) )?(?:more|longer|greater|later|older) than"
        r"|{neg} (?:be )?in excess of".replace("{neg}", _NEGATED)
        + r"|at (?:the )?(?:most|latest|maximum)|at the very (?:most|latest)|up to(?: and including)?|upto"
        r"|max(?:imum)?(?: [a-z]+){0,4}? (?:of|is|:|=|be)|maximum|max|max \.|capped at|limited to|within|inside|on or before|less than or equal to|\u2264|< =|= <|\u2a7d"
        r"|or less than|as (?:much|long|many) as|not to exceed|a ceiling of|ceiling of|upper limit of",
    ),
    (
        ">=",
        r"(?:no|not) less (?:frequently|often) than|no (?:less|fewer|earlier|sooner|shorter|lower|nearer|closer) than"
        r"|not? (?:be )?(?:less|fewer|earlier|sooner|shorter|lower|closer) than"
        rf"|{_NEGATED} (?:be |last |fall |drop |go )?(?:for )?(?:less|fewer|shorter|lower|below|under)(?: than)?"
        r"|at (?:the )?(?:least|minimum)|at a minimum(?: of)?|at the very least|min(?:imum)?(?: [a-z]+){0,4}? (?:of|is|:|=|be)|minimum|min|min \.|a floor of"
        r"|greater than or equal to|equal to or (?:greater|more|higher) than|\u2265|> =|= >|\u2a7e"
        r"|meets? or exceeds?|equals? or exceeds?|a minimum",
    ),
    (
        ">",
        r"more (?:frequently|often) than|(?:more|greater|longer|higher|later|older|better|further) than|exceeds?|exceeding|exceeded|in excess of"
        r"|over(?! (?:a|an|the|any|each|every|that|this|its|time|period))|above|beyond|>|surpass(?:es|ing)?|upwards of",
    ),
    (
        "<",
        r"less (?:frequently|often) than|(?:less|fewer|shorter|lower|sooner|earlier|faster|smaller|worse|younger) than|under|below|<|quicker than",
    ),
    (
        "~",
        r"approximately|approx|approx \.|about|around|roughly|circa|ca|ca \.|c \.|~|\u2248|\u223c|nearly|almost|close to",
    ),
)
_BEHIND: tuple[tuple[Comparator, str], ...] = (
    (
        ">=",
        r"or (?:more|greater|higher|above|better|longer|over)|and (?:more|above|higher|over|better|longer|up)",
    ),
    (
        ">=",
        r"\+(?! \d)|(?:as )?(?:a )?min(?:imum)?\b(?! of)|at (?:the )?(?:least|minimum)\b(?! \d)|at a minimum|upwards",
    ),
    (
        "<=",
        r"or (?:less|fewer|lower|below|under|sooner|earlier|faster|shorter|better than that)|and (?:less|below|under)",
    ),
    ("<=", r"(?:as )?(?:a )?max(?:imum)?\b(?! of)|at (?:the )?(?:most|latest)\b(?! \d)|tops"),
    ("~", r"or so\b|approximately\b|approx\b"),
)
_BEFORE_ALL = re.compile(
    "(?:^| )(?:" + "|".join(f"(?P<k{i}>{pattern})" for i, (_, pattern) in enumerate(_BEFORE)) + ")"
    rf"(?P<rest>(?: (?:{_FILLER}))*) $"
)
_BEHIND_ALL = re.compile(
    "(?: [()\\]])?(?:" + "|".join(f"(?P<k{i}> (?:{pattern}))" for i, (_, pattern) in enumerate(_BEHIND)) + ")"
)
_REACH_BEFORE, _REACH_BEHIND = 12, 5
_STOPS = frozenset(".;?!")

_HEDGES = words(
    "typically typical usually generally normally ordinarily nominally nominal target targets targeted targeting "
    "goal goals aim aims aimed aiming estimated estimate estimates expected expects anticipated anticipates average averages "
    "median mostly approximately approx approximate about around roughly circa ca often commonly ideally indicative "
    "indicatively projected endeavour endeavours endeavor endeavors strive strives attempt attempts efforts effort "
    "desired preferably customarily nearly almost tentatively tentative"
)
_CLOSE_HEDGES = words("about around roughly circa ca nearly almost approx approximately")
"""Only right before the figure: "around the clock" and "information about" hedge nothing."""
_HEDGE_REACH = 12
_HEDGE_BEHIND = MappingProxyType(
    {
        ("on", "average"): "on average",
        ("in", "most", "cases"): "in most cases",
        ("or", "so"): "or so",
        ("if", "possible"): "if possible",
        ("where", "possible"): "where possible",
        ("wherever", "possible"): "wherever possible",
        ("when", "possible"): "when possible",
        ("whenever", "possible"): "whenever possible",
        ("as", "a", "target"): "as a target",
        ("as", "a", "goal"): "as a goal",
        ("target",): "target",
        ("(", "target", ")"): "target",
        ("(", "typical", ")"): "typical",
        ("typically",): "typically",
        ("typical",): "typical",
        ("approximately",): "approximately",
        ("(", "approximately", ")"): "approximately",
        ("(", "estimated", ")"): "estimated",
        ("(", "est"): "est",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """A word or phrase beside a figure, with its tokens (`stop` is behind the last one)."""

    meaning: str
    first: int
    stop: int


FLIPPED: MappingProxyType[Comparator, Comparator] = MappingProxyType(
    {"<=": ">=", "<": ">", ">=": "<=", ">": "<", "=": "=", "~": "~", "between": "between"}
)
"""A bound on how often, as a bound on the interval: "at least daily" is an interval of a day or less."""


def sentence_before(row: Tokens, at: int, reach: int, *, floor: int = 0) -> int:
    """The first token, up to `reach` back and no further than `floor`, in the same sentence and cell."""
    first = at
    while first > floor and at - first < reach:
        if row.kind[first - 1] == BREAK or _ends(row, first - 1):
            break
        first -= 1
    return first


def _ends(row: Tokens, at: int) -> bool:
    word = row.low[at]
    if word not in _STOPS:
        return False
    return not (word == "." and row.word(at - 1) in ("max", "min", "approx", "ca", "no", "c", "e", "i", "g"))


def comparator(row: Tokens, first: int, stop: int, *, floor: int = 0) -> tuple[Comparator, Around | None]:
    """How the figure of tokens `first` to `stop` (exclusive) is bounded: `=` when nothing says so."""
    begin = sentence_before(row, first, _REACH_BEFORE, floor=floor)
    words = row.low[begin:first]
    match = _BEFORE_ALL.search(" ".join(words) + " ") if words else None
    before = _which(match, _BEFORE) if match else None
    if before and match and before[0] not in ("~",):
        return before[0], _place(match.start(before[1]), match.end(before[1]), words, begin)
    behind = row.low[stop : min(row.count, stop + _REACH_BEHIND)]
    found = _BEHIND_ALL.match(" " + " ".join(behind)) if behind else None
    after = _which(found, _BEHIND) if found else None
    if after and found:
        return after[0], _place(found.start(after[1]), found.end(after[1]) - 1, behind, stop)
    if before and match:
        return before[0], _place(match.start(before[1]), match.end(before[1]), words, begin)
    return "=", None


def _which(
    match: "re.Match[str]", table: tuple[tuple[Comparator, str], ...]
) -> tuple[Comparator, str] | None:
    for i, (meaning, _) in enumerate(table):
        if match.group(f"k{i}") is not None:
            return meaning, f"k{i}"
    return None


def _place(start: int, end: int, words: list[str], begin: int) -> Around:
    """Tokens that cover characters `start` to `end` of the joined words."""
    position, first, stop = 0, begin, begin
    for i, word in enumerate(words):
        if position <= start:
            first = begin + i
        if position < end:
            stop = begin + i + 1
        position += len(word) + 1
    return Around(meaning="", first=first, stop=max(stop, first + 1))


def hedge(row: Tokens, first: int, stop: int, *, floor: int = 0) -> Around | None:
    """The nearest word that takes the figure's firmness away, in the same sentence."""
    for words, meaning in _HEDGE_BEHIND.items():
        if tuple(row.low[stop : stop + len(words)]) == words:
            return Around(meaning=meaning, first=stop, stop=stop + len(words))
    begin = sentence_before(row, first, _HEDGE_REACH, floor=floor)
    for at in range(first - 1, begin - 1, -1):
        word = row.low[at]
        if row.kind[at] == WORD and word in _HEDGES and (word not in _CLOSE_HEDGES or first - at <= 3):
            return Around(meaning=word, first=at, stop=at + 1)
        if word in ("~", "\u2248", "\u223c") and first - at <= 1:
            return Around(meaning=word, first=at, stop=at + 1)
    return None
