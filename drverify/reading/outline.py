"""What a document is: title, parties, date, number, what it names and does not supply."""

import re
from dataclasses import dataclass, field
from datetime import date

from drverify.model.contract import Parties, System
from drverify.model.document import Text
from drverify.reading.parties import roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The frame of a document; what it does not say is empty."""

    title: str = ""
    parties: Parties = field(default_factory=Parties)
    effective: date | None = None
    number: str = ""
    """The agreement's own number, as printed."""
    missing: tuple[str, ...] = ()
    """Exhibits, schedules and plans that it names and that are not part of its text."""
    systems: tuple[System, ...] = ()


_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = "|".join(_MONTHS)
_DATE = (
    rf"(?:(?P<m1>{_MONTH})\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s*(?P<y1>\d{{4}})"
    rf"|(?P<d2>\d{{1,2}})\s*(?:st|nd|rd|th)?\s*(?:day\s+)?(?:of\s+)?(?P<m2>{_MONTH})\s*,?\s*(?P<y2>\d{{4}})"
    r"|(?P<y3>\d{4})-(?P<m3>\d{2})-(?P<d3>\d{2}))"
)
_EFFECTIVE = re.compile(
    rf"(?:effective\s+(?:date|as\s+of)|as\s+of|dated(?:\s+as\s+of)?|entered\s+into\s+(?:on|as\s+of)|made\s+(?:on|as\s+of)|commenc\w+\s+(?:date|on)|executed\s+as\s+of|in\s+force\s+from|valid\s+from)[^.\n]{{0,40}}?\b{_DATE}",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\b(?:agreement|contract|master\s+agreement|msa|reference|document)\s*(?:number|no\.?|nr\.?|#|id|ref\w*)\s*[:.#]?\s*([A-Z0-9][A-Z0-9./_-]{2,30})",
    re.IGNORECASE,
)
_ANNEX = re.compile(
    r"\b((?:Exhibit|Schedule|Annex|Appendix|Attachment|Anlage|Annexe)\s+(?:[A-Z]{1,2}(?:-?\d{1,2})?|\d{1,2}(?:\.\d{1,2})?(?:-[A-Z])?))\b"
)
_PLAN = re.compile(
    r"\b((?:Disaster\s+Recovery|Business\s+Continuity|Backup(?:\s+and\s+Recovery)?|Exit|DR|BCP|Contingency)\s+(?:Plan|Policy|Procedures?))\b"
)
_SYSTEM_HEAD = re.compile(
    r"(?i)(?:(?:covered|managed|protected|supported)\s+)?(?:systems?|servers?|hosts?|machines?|vms?|virtual\s+(?:machines?|servers?)|hostname)(?:\s+name)?$"
)
_TOLD_HEAD = re.compile(
    r"(?i)\b(?:what\s+it\s+is|role|model|tier|plan|address|description|copied|function|purpose|type|environment|workload|operating\s+system|class)\b"
)
_KINDS_OF_SYSTEMS = tuple(
    (kind, re.compile(rf"(?i)\b(?:{words})\b"))
    for kind, words in (
        ("cluster", "clusters?"),
        ("firewall", "firewalls?"),
        ("switch", "switch(?:es)?"),
        ("backup_repository", "backup (?:server|repository|datastore)"),
        ("file_set", "file share|files|documents|pictures"),
        ("vm", "virtual (?:machines?|servers?)|vms?|container"),
        ("database", "databases?"),
        ("application", "applications?"),
        ("storage", "storage|nas|san"),
        ("host", "servers?|hosts?|hypervisors?"),
    )
)
"""The first that the description speaks of."""
_HEAD = 8_000
_LONGEST_TITLE = 120


def outline(text: Text) -> Outline:
    """The frame of the document."""
    return Outline(
        title=_title(text),
        parties=roles(text).names,
        effective=_effective(text.content[:_HEAD]),
        number=_number(text.content[:_HEAD]),
        missing=_missing(text),
        systems=_systems(text),
    )


def _systems(text: Text) -> tuple[System, ...]:
    """The rows of tables whose head names systems and says what they are."""
    found: list[System] = []
    column: int | None = None
    table: int | None = None
    for block in text.blocks:
        if block.kind == "header-row":
            heads = [_tidy(text.of(cell)) for cell in block.cells]
            named = [at for at, head in enumerate(heads) if _SYSTEM_HEAD.match(head)]
            told = any(_TOLD_HEAD.search(head) for head in heads)
            column, table = (named[0] if named and told else None), block.table
        elif (
            block.kind == "row" and column is not None and block.table == table and column < len(block.cells)
        ):
            cell = block.cells[column]
            name = _tidy(text.of(cell))
            if name and not any(name == one.name for one in found):
                rest = "; ".join(_tidy(text.of(other)) for at, other in enumerate(block.cells) if at > column)
                found.append(System(name=name, kind=_kind_of(rest), description=rest[:200], span=cell))
    return tuple(found)


def _kind_of(description: str) -> str:
    return next((kind for kind, words in _KINDS_OF_SYSTEMS if words.search(description)), "")


def _tidy(words: str) -> str:
    return " ".join(words.split()).strip("`* ")


def _title(text: Text) -> str:
    for block in text.blocks[:12]:
        words = " ".join(text.of(block.span).split()).strip("# *")
        if block.kind == "heading" and not re.match(r"(?i)exhibit\s+[\d.]+$", words):
            return words[:160]
    for block in text.blocks[:12]:
        words = " ".join(text.of(block.span).split())
        if (
            re.search(r"(?i)\b(?:agreement|contract|addendum|terms|policy|schedule)\b", words)
            and len(words) <= _LONGEST_TITLE
        ):
            return words
    return ""


def _effective(head: str) -> date | None:
    for match in _EFFECTIVE.finditer(head):
        for at in ("1", "2", "3"):
            if match[f"y{at}"]:
                month = match[f"m{at}"].lower()
                number = int(month) if month.isdigit() else _MONTHS.index(month) + 1
                try:
                    return date(int(match[f"y{at}"]), number, int(match[f"d{at}"]))
                except ValueError:
                    continue
    return None


def _number(head: str) -> str:
    for match in _NUMBER.finditer(head):
        if any(letter.isdigit() for letter in match[1]):
            return match[1].rstrip(".")
    return ""


def _missing(text: Text) -> tuple[str, ...]:
    """Named, and no heading of the text begins with its name."""
    starts = [
        " ".join(text.of(block.span).split()).strip("#*_ ").lower()[:60]
        for block in text.blocks
        if block.kind in {"heading", "paragraph", "caption"}
    ]
    named: dict[str, str] = {}
    for match in _ANNEX.finditer(text.content):
        name = " ".join(match[1].split())
        named.setdefault(name.lower(), name)
    for match in _PLAN.finditer(text.content):
        name = " ".join(match[1].split())
        named.setdefault(name.lower(), name)
    return tuple(
        name
        for key, name in named.items()
        if not any(
            re.match(rf"{re.escape(key)}\b(?!\s+(?:of|to|shall|will|is|and)\b)", start) for start in starts
        )
    )
