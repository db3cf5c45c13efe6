"""What stands around a figure: its bound ("no later than", "or more") and its hedge ("typically")."""

import re
from dataclasses import dataclass
from types import MappingProxyType

from drverify.model.quantity import Comparator
from drverify.reading.tokens import BREAK, Tokens, words

_FILLER = (
    r"(?:a|an|the|of|any|periods?|time|total|within|in|for|to|be|is|are|it|by|next|first|following|further|additional|"
    r"another|every|once|each|one|twice|per|target|about|approximately|and|:|=|last|previous|same|their|its|window|"
    r"duration|intervals?|frequency|value|level|retention|availability|uptime|amount|uninterrupted|rolling|equal|"
    '[("\u201c~])'
)
"""Words that may stand between a bound and its figure."""
_CLOSE_FILLER = "(?:a|an|the|of|total|period|about|approximately|every|once|twice|each|another|[(~])"
"""The few behind "more than", "over" or "below", which mean other things further away."""
_NOT = r"(?:not|never|no|cannot|n't|t|without)(?: \w+){0,2}?"
_LATER = "(?:later|more|longer|greater|higher|slower|further|larger|worse|older)"
_LESS = "(?:less|fewer|earlier|sooner|shorter|lower|nearer|closer)"
_MOST = "(?: [a-z]+){0,4}? (?:of|is|:|=|be)"
_AT_MOST = (
    "(?:no|not) more (?:frequently|often) than",
    f"(?:no|not|not be) {_LATER} (?:than|then)",
    f"{_NOT} (?:exceed|exceeds|exceeding|exceeded|surpass|surpassing)",
    f"{_NOT} (?:be |last |take |extend |remain )?(?:(?:for|by) )?{_LATER} than",
    f"{_NOT} (?:be )?in excess of",
    r"(?:not|never) (?:\w+ ){1,8}by more than",
    "at (?:the )?(?:very )?(?:most|latest|maximum)",
    "up to(?: and including)?",
    "upto",
    f"max(?:imum)?{_MOST}",
    r"maximum|max(?: \.)?",
    "capped at|limited to|within|inside|on or before",
    "less than or equal to|equal to or (?:less|fewer|lower) than|\u2264|\u2a7d|< =|= <",
    "(?:a )?ceiling of|upper limit of",
)
_AT_LEAST = (
    "(?:no|not) less (?:frequently|often) than",
    f"(?:no|not|not be) {_LESS} than",
    f"{_NOT} (?:be |last |fall |drop |go )?(?:for )?(?:less|fewer|shorter|lower|below|under)(?: than)?",
    "at (?:the )?(?:very )?(?:least|minimum)",
    "at a minimum(?: of)?",
    f"min(?:imum)?{_MOST}",
    r"minimum|min(?: \.)?",
    "(?:a )?floor of|lower limit of|upwards of",
    "greater than or equal to|equal to or (?:greater|more|higher) than|\u2265|\u2a7e|> =",
    "(?:meets?|equals?) or exceeds?|equal to or exceeding",
)
_ABOUT = (
    r"approx(?:imately)?(?: \.)?|about|around|roughly|circa|ca(?: \.)?|[~\u2248\u223c]",
    "nearly|almost|close to",
)
_MORE = (
    "more (?:frequently|often) than",
    "(?:more|greater|longer|higher|later|older|better|further) than",
    "exceeds?|exceeding|exceeded|in excess of|surpass(?:es|ing)?|above|beyond|>",
    "over(?! (?:a|an|the|any|each|every|that|this|its|time|period))",
)
_FEWER = (
    "less (?:frequently|often) than",
    "(?:less|fewer|shorter|lower|sooner|earlier|faster|smaller|worse|younger|quicker) than",
    "under|below|<",
)
_FAR: tuple[tuple[Comparator, tuple[str, ...]], ...] = (("<=", _AT_MOST), (">=", _AT_LEAST), ("~", _ABOUT))
_CLOSE: tuple[tuple[Comparator, tuple[str, ...]], ...] = ((">", _MORE), ("<", _FEWER))
# A sign behind a figure bounds it the other way round: "95 % \u2264 availability".
_AFTER: tuple[tuple[Comparator, tuple[str, ...]], ...] = (
    (
        ">=",
        (
            "or (?:more|greater|higher|above|better|longer|over)",
            "and (?:more|above|higher|over|better|longer|up)",
            r"\+(?! \d)",
            r"(?:as )?(?:a )?min(?:imum)?\b(?! of)",
            r"at (?:the )?(?:least|minimum)\b(?! \d)",
            "at a minimum|upwards|\u2264|\u2a7d|< =",
        ),
    ),
    (
        "<=",
        (
            "or (?:less|fewer|lower|below|under|sooner|earlier|faster|shorter|better than that)",
            "and (?:less|below|under)",
            r"(?:as )?(?:a )?max(?:imum)?\b(?! of)",
            r"at (?:the )?(?:most|latest)\b(?! \d)",
            "tops|\u2265|\u2a7e|> =",
        ),
    ),
    ("~", (r"or so\b|approximately\b|approx\b",)),
)
_NAMES: MappingProxyType[str, Comparator] = MappingProxyType(
    {"most": "<=", "least": ">=", "about": "~", "more": ">", "fewer": "<"}
)
_GROUPS = {meaning: name for name, meaning in _NAMES.items()}


def _alternatives(table: tuple[tuple[Comparator, tuple[str, ...]], ...]) -> str:
    """One group for each meaning, in the table's order."""
    groups = (f"(?P<{_GROUPS[meaning]}>{'|'.join(patterns)})" for meaning, patterns in table)
    return f"(?:{'|'.join(groups)})"


_BEFORE = re.compile(
    rf"(?:^| )(?:{_alternatives(_FAR)}(?: {_FILLER})*|{_alternatives(_CLOSE)}(?: {_CLOSE_FILLER})*) $"
)
_BEHIND = re.compile(rf"(?: [()\]])? {_alternatives(_AFTER)}")
_REACH_BEFORE, _REACH_BEHIND = 12, 5
_SIGNS = frozenset("~\u2248\u223c")
_STOPS = frozenset(".;?!")

_HEDGES: MappingProxyType[str, int] = MappingProxyType(
    {
        **dict.fromkeys(
            words(
                "typically usually generally normally ordinarily nominally mostly commonly ideally "
                "indicatively aim aims aimed aiming endeavour endeavours endeavor endeavors strive "
                "strives attempt attempts efforts effort preferably customarily tentatively expects "
                "anticipates"
            ),
            14,
        ),
        **dict.fromkeys(
            words(
                "target targets targeted targeting goal goals typical nominal estimated estimate "
                "estimates expected anticipated average averages median approximate indicative "
                "projected desired tentative"
            ),
            6,
        ),
        **dict.fromkeys(words("about around roughly circa ca nearly almost approx approximately"), 3),
    }
)
"""How many words before the figure one of these still takes its firmness away.

"Around the clock" and "information about" hedge nothing, so those have to stand right before it.
"""
_HEDGE_REACH = max(_HEDGES.values())
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


_BEHIND_BY_WORD: MappingProxyType[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {word: tuple(one for one in _HEDGE_BEHIND if one[0] == word) for word, *_ in _HEDGE_BEHIND}
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
    ahead = row.low[begin:first]
    before = _BEFORE.search(" ".join(ahead) + " ") if ahead else None
    if before and before.lastgroup and _meaning(before) != "~":
        return _meaning(before), _place(before, ahead, begin, 0)
    behind = row.low[stop : min(row.count, stop + _REACH_BEHIND)]
    after = _BEHIND.match(" " + " ".join(behind)) if behind else None
    if after:
        return _meaning(after), _place(after, behind, stop, 1)
    if before:
        return "~", _place(before, ahead, begin, 0)
    return "=", None


def _meaning(match: re.Match[str]) -> Comparator:
    return _NAMES[match.lastgroup or "about"]


def _place(match: re.Match[str], ahead: list[str], begin: int, lead: int) -> Around:
    """The tokens of a match in words joined by spaces, behind `lead` further characters."""
    start, end = match.start(match.lastgroup or 0) - lead, match.end(match.lastgroup or 0) - lead
    position, first, stop = 0, begin, begin
    for at, word in enumerate(ahead, begin):
        if position <= start:
            first = at
        if position < end:
            stop = at + 1
        position += len(word) + 1
    return Around(meaning=match.group(match.lastgroup or 0), first=first, stop=max(stop, first + 1))


def hedge(row: Tokens, first: int, stop: int, *, floor: int = 0) -> Around | None:
    """The nearest word that takes the figure's firmness away, in the same sentence."""
    for phrase in _BEHIND_BY_WORD.get(row.low[stop], ()):
        if tuple(row.low[stop : stop + len(phrase)]) == phrase:
            return Around(meaning=_HEDGE_BEHIND[phrase], first=stop, stop=stop + len(phrase))
    begin = sentence_before(row, first, _HEDGE_REACH, floor=floor)
    for at in range(first - 1, begin - 1, -1):
        word = row.low[at]
        if first - at <= _HEDGES.get(word, 1 if word in _SIGNS else 0):
            return Around(meaning=word, first=at, stop=at + 1)
    return None
