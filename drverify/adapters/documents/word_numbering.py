"""Clause numbers of a DOCX as the word processor shows them: numbering.xml and the styles, counted.

Source: ECMA-376 part 1, 17.9 (numbering) and 17.7 (styles).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from drverify.adapters.documents.counting import letters, ordinal, roman

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FORMATS: Mapping[str, Callable[[int], str]] = {
    "lowerLetter": letters,
    "upperLetter": lambda number: letters(number).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda number: roman(number).upper(),
    "decimalZero": lambda number: f"{number:02d}",
    "ordinal": ordinal,
}
_LEVELS = 9
_MAX_CHAIN = 20


def value(element: "etree._Element | None", default: str = "") -> str:
    """Attribute `w:val`."""
    return default if element is None else str(element.get(f"{W}val", default))


def whole(text: str, default: int = 0) -> int:
    """A whole number, the default for what is none."""
    return int(text) if re.fullmatch(r"-?\d{1,6}", text) else default


def is_on(element: "etree._Element | None") -> bool | None:
    """A switch such as `w:strike`; None where it is not set."""
    return None if element is None else value(element, "true") not in {"0", "false", "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What a paragraph or character style says of itself and what it inherits."""

    name: str = ""
    outline: int | None = None
    number_id: str | None = None
    number_level: int | None = None
    hidden: bool | None = None
    struck: bool | None = None


class Styles:
    """Styles by id, inheritance resolved."""

    def __init__(self, root: "etree._Element | None") -> None:
        self._own: dict[str, etree._Element] = {}
        self._known: dict[str, Style] = {}
        self.default = ""
        for element in [] if root is None else root.findall(f"{W}style"):
            identifier = element.get(f"{W}styleId", "")
            self._own.setdefault(identifier, element)
            if element.get(f"{W}type") == "paragraph" and element.get(f"{W}default") in {"1", "true"}:
                self.default = identifier

    def get(self, identifier: str) -> Style:
        """The style of that id; an unknown one says nothing."""
        if identifier not in self._known:
            self._known[identifier] = self._resolve(identifier)
        return self._known[identifier]

    def _resolve(self, identifier: str) -> Style:
        found: dict[str, object] = {}
        name = ""
        for _ in range(_MAX_CHAIN):
            element = self._own.get(identifier)
            if element is None:
                break
            name = name or value(element.find(f"{W}name"))
            for key, given in _said(element).items():
                found.setdefault(key, given)
            identifier = value(element.find(f"{W}basedOn"))
        return Style(name=name, **found)  # type: ignore[arg-type]


def _said(element: "etree._Element") -> dict[str, object]:
    said: dict[str, object] = {}
    outline = element.find(f"{W}pPr/{W}outlineLvl")
    if outline is not None:
        said["outline"] = whole(value(outline), _LEVELS)
    numbered = element.find(f"{W}pPr/{W}numPr")
    if numbered is not None:
        if numbered.find(f"{W}numId") is not None:
            said["number_id"] = value(numbered.find(f"{W}numId"))
        if numbered.find(f"{W}ilvl") is not None:
            said["number_level"] = whole(value(numbered.find(f"{W}ilvl")))
    for key, tags in (("hidden", ("vanish", "webHidden")), ("struck", ("strike", "dstrike"))):
        switches = [is_on(element.find(f"{W}rPr/{W}{tag}")) for tag in tags]
        if any(switch is not None for switch in switches):
            said[key] = any(switches)
    return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level of a list."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    legal: bool = False
    restart: int | None = None
    style: str = ""


@dataclass(slots=True)
class _Numbers:
    levels: list[Level]
    counters: str
    """Key of the counters, shared by the lists of one abstract definition."""
    starts: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """The number of one paragraph."""

    text: str
    level: int
    form: str


class Numbering:
    """Counts the paragraphs of the document in order."""

    def __init__(self, root: "etree._Element | None", styles: Styles) -> None:
        self._styles = styles
        self._abstract: dict[str, etree._Element] = {}
        self._nums: dict[str, etree._Element] = {}
        self._ready: dict[str, _Numbers | None] = {}
        self._counts: dict[str, list[int | None]] = {}
        if root is not None:
            for element in root.findall(f"{W}abstractNum"):
                self._abstract.setdefault(element.get(f"{W}abstractNumId", ""), element)
            for element in root.findall(f"{W}num"):
                self._nums.setdefault(element.get(f"{W}numId", ""), element)

    def next(self, number_id: str, level: int | None, style: str) -> Numbered | None:
        """Count one paragraph of list `number_id`; None if it shows no number."""
        numbers = self._of(number_id)
        if numbers is None:
            return None
        if level is None:
            level = next((at for at, known in enumerate(numbers.levels) if known.style == style), 0)
        level = max(0, min(level, len(numbers.levels) - 1))
        counts = self._counts.setdefault(numbers.counters, [None] * _LEVELS)
        if level in numbers.starts:
            counts[level] = numbers.starts.pop(level) - 1
        for upper in range(level):
            if counts[upper] is None:
                counts[upper] = numbers.levels[upper].start
        before = counts[level]
        counts[level] = numbers.levels[level].start if before is None else before + 1
        for lower in range(level + 1, min(_LEVELS, len(numbers.levels))):
            restart = numbers.levels[lower].restart
            if restart is None or (restart != 0 and level < restart):
                counts[lower] = None
        shown = numbers.levels[level]
        return Numbered(text=_shown(numbers.levels, counts, level), level=level, form=shown.form)

    def _of(self, number_id: str) -> _Numbers | None:
        if number_id not in self._ready:
            self._ready[number_id] = self._resolve(number_id)
        return self._ready[number_id]

    def _resolve(self, number_id: str) -> _Numbers | None:
        num = self._nums.get(number_id)
        if num is None:
            return None
        abstract_id = value(num.find(f"{W}abstractNumId"))
        abstract = self._abstract.get(abstract_id)
        linked = value(abstract.find(f"{W}numStyleLink")) if abstract is not None else ""
        if linked:
            other = self._nums.get(self._styles.get(linked).number_id or "")
            abstract_id = value(other.find(f"{W}abstractNumId")) if other is not None else abstract_id
            abstract = self._abstract.get(abstract_id, abstract)
        if abstract is None:
            return None
        levels = [Level() for _ in range(_LEVELS)]
        _set_levels(levels, abstract)
        numbers = _Numbers(levels, abstract_id)
        for override in num.findall(f"{W}lvlOverride"):
            at = whole(override.get(f"{W}ilvl", ""), -1)
            _set_levels(levels, override)
            start = override.find(f"{W}startOverride")
            if start is not None and 0 <= at < _LEVELS:
                numbers.starts[at] = whole(value(start), 1)
        return numbers


def _set_levels(levels: list[Level], parent: "etree._Element") -> None:
    for element in parent.findall(f"{W}lvl"):
        at = whole(element.get(f"{W}ilvl", ""), -1)
        if not 0 <= at < len(levels):
            continue
        restart = element.find(f"{W}lvlRestart")
        levels[at] = Level(
            start=whole(value(element.find(f"{W}start")), 1),
            form=value(element.find(f"{W}numFmt"), "decimal"),
            text=value(element.find(f"{W}lvlText")),
            legal=bool(is_on(element.find(f"{W}isLgl"))),
            restart=None if restart is None else whole(value(restart)),
            style=value(element.find(f"{W}pStyle")),
        )


def _shown(levels: list[Level], counts: list[int | None], level: int) -> str:
    shown = levels[level]
    if shown.form in {"bullet", "none"}:
        return "" if shown.form == "bullet" else re.sub(r"%\d", "", shown.text).strip()

    def one(found: re.Match[str]) -> str:
        at = int(found.group(1)) - 1
        if not 0 <= at <= level:
            return ""
        form = "decimal" if shown.legal else levels[at].form
        number = counts[at]
        return _FORMATS.get(form, str)(levels[at].start if number is None else number)

    text = re.sub(r"%([1-9])", one, shown.text).strip()
    return re.sub(r"[.:\u2013\u2014-]+$", "", text[:80]).strip()
