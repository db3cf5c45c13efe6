"""The words of an annex's pages: figures as people read them, and strangers' text made harmless.

Names, quotes and reasons come from an agreement, an inventory or a restored system. What a reader cannot
see, or what would make him read something else than is written (control characters, and the ones that turn
the direction of text round), is shown by its number. What is too long for a page is cut, and says so.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from drverify.annex.lines import Metric
from drverify.annex.model import NotTested
from drverify.model.audit import SlotState
from drverify.model.drill import PhaseName
from drverify.model.duration import exact, human

MAX_NAME, MAX_TEXT, MAX_QUOTE = 120, 400, 4000
NONE = "\u2013"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
"""In every locale."""
_LONG_WORD = re.compile(r"[^\s\u200b]{32,}")
_UNIT = re.compile(r"(?<=\d) (?=(?:d|h|min|s|ms)\b)")
_DIGEST = re.compile(r"[0-9a-f]{64}(\.png)?", re.ASCII)
_PIECE = 8
_TURNING = {*map(chr, (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))}
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {"\u00ad", "\u200b", "\u200c", "\u200d"}

METRICS: dict[Metric, str] = {
    "rpo": "Data loss (RPO)",
    "rto": "Recovery time (RTO)",
    "backup-frequency": "Time between backups",
    "restore-test-frequency": "Time between restore tests",
    "retention": "Retention",
    "application-validation": "Application shown to work",
}
SLOTS: dict[SlotState, str] = {
    SlotState.FINISHED: "has a result",
    SlotState.FAILED: "begun, no result: counts as failed",
    SlotState.VOIDED: "voided by both parties",
    SlotState.NOT_STARTED: "never begun: counts as missed",
    SlotState.DUE: "not due yet",
}
COLUMNS: dict[Metric, str] = {
    "rpo": "RPO",
    "rto": "RTO",
    "backup-frequency": "Backups",
    "restore-test-frequency": "Tests",
    "retention": "Retention",
    "application-validation": "Application",
}
PHASES: dict[PhaseName, str] = {
    PhaseName.SELECT: "select",
    PhaseName.PROVISION: "provision",
    PhaseName.RESTORE: "restore",
    PhaseName.REBUILD: "rebuild",
    PhaseName.ADAPT: "adapt",
    PhaseName.ISOLATE: "isolate",
    PhaseName.AWAIT: "await",
    PhaseName.FIRST_BOOT: "first-boot",
    PhaseName.SHUTDOWN: "shutdown",
    PhaseName.BOOT: "boot",
    PhaseName.CONFIGURE: "configure",
    PhaseName.APPLICATION: "application",
    PhaseName.PROBE: "probe",
}
"""The phases that a recovery takes; taking the sandbox down is none."""
NOT_TESTED: dict[NotTested, str] = {
    NotTested.NO_DRILL: "Promises that no drill of the period was judged by",
    NotTested.NO_SLOT: "Workloads that the schedule of the period does not name",
    NotTested.NOT_DRILLED: "Workloads without a drill with a result",
    NotTested.NOT_TESTABLE: "Clauses that a drill cannot test",
    NotTested.OPEN_POINT: "Points that the agreement leaves open",
    NotTested.PROBE: "Probes that do not decide",
    NotTested.BEYOND: "What no restore in a sandbox can show",
}


def joined(text: str) -> str:
    """Numbers kept on one line with their units."""
    return _UNIT.sub("\u00a0", text)


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """One line of a stranger's text, harmless and not longer than `limit` characters."""
    return _cut(" ".join(_shown(text).split()), limit, len(text))


def quoted(text: str) -> str:
    """A clause: its lines are kept."""
    lines = (" ".join(line.split()) for line in _shown(text).split("\n"))
    return _cut("\n".join(lines).strip(), MAX_QUOTE, len(text))


def name(text: str) -> str:
    """A name of something."""
    return clean(text, MAX_NAME)


def _shown(text: str) -> str:
    return "".join(map(_visible, text.replace("\r\n", "\n")))


def _visible(character: str) -> str:
    if character in "\n\t ":
        return character
    if character in _JOINERS:
        return ""
    if character in _TURNING or unicodedata.category(character) in _UNSEEN:
        return numbered(character)
    return character


def numbered(character: str) -> str:
    """A character by its number."""
    return f"<U+{ord(character):04X}>"


def _cut(text: str, limit: int, length: int) -> str:
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\u2026 (cut; {length} characters, all of them in the JSON)"


def breakable(text: str) -> str:
    """The text with places where a long word may be broken; digests stay whole, for they are copied."""
    return _LONG_WORD.sub(lambda found: _pieces(found.group()), text)


def _pieces(word: str) -> str:
    if _DIGEST.fullmatch(word):
        return word
    return "\u200b".join(word[at : at + _PIECE] for at in range(0, len(word), _PIECE))


def span(value: timedelta | None) -> str:
    """A measured time span."""
    return NONE if value is None else joined(human(value))


def limit(value: timedelta | None, *, at_least: bool = False) -> str:
    """A promised one."""
    if value is None:
        return NONE
    return joined(f"\u2265\u00a0{exact(value)}" if at_least else f"\u2264\u00a0{exact(value)}")


def day(value: date | datetime | None) -> str:
    """A day, as in a letter."""
    return NONE if value is None else f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def instant(value: datetime | None) -> str:
    """A day and a time."""
    return NONE if value is None else f"{value:%Y-%m-%d %H:%M} UTC"


def count(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def per_cent(per_mille: int) -> str:
    """A share, from per mille."""
    whole, tenth = divmod(per_mille, 10)
    return f"{whole}.{tenth}\u00a0%" if tenth else f"{whole}\u00a0%"


def listed(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are."""
    more = len(names) - most
    return ", ".join(map(name, names[:most])) + (f" and {more:,} more" if more > 0 else "")
