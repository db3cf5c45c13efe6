"""Goes through entries and envelopes side by side. Pure.

The envelopes are a subset of the log's in the log's order, so that a line belongs to the next entry that
names its payload and its first signature. An envelope without an entry ends the walk: what comes after it
could belong anywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from drverify.auditing import layout
from drverify.auditing.checking import Line
from drverify.auditing.findings import Findings
from drverify.auditing.log import AuditedLog
from drverify.auditing.scope import Scope
from drverify.errors import EvidenceError
from drverify.transparency import leaf
from drverify.transparency.leaf import Leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One entry, and its envelope if that is in the bundle."""

    index: int
    leaf: Leaf
    line: Line | None

    @property
    def where(self) -> str:
        """How findings name it."""
        return f"entry {self.index}"


class Absent:
    """Entries of drills without an envelope; whether one was needed is known at the end."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def add(self, index: int) -> None:
        """Remember an entry; they come in order."""
        if self._spans and self._spans[-1][1] == index:
            self._spans[-1] = (self._spans[-1][0], index + 1)
        else:
            self._spans.append((index, index + 1))

    def needed(self, scope: Scope) -> Iterator[tuple[int, int]]:
        """Those [low, high) that the period needs."""
        for low, high in self._spans:
            first, last = max(low, scope.begin), min(high, scope.end)
            if first < last:
                yield first, last


def walk(log: AuditedLog, checked: Iterator[Line], findings: Findings) -> Iterator[Step]:
    """Every entry in order. What is wrong with entries or lines becomes a finding, and may end the walk."""
    lines = enumerate(checked, start=1)
    waiting: tuple[int, Line] | None = None
    ended = False
    with findings.refusing("unreadable", layout.ENVELOPES):
        for index, content in enumerate(log.entries()):
            if waiting is None and not ended:
                waiting = _next(lines)
                ended = waiting is None
            try:
                found = leaf.decode(content, what=f"entry {index}")
            except EvidenceError as error:
                findings.add("unknown-entry", str(error), f"entry {index}")
                continue
            if waiting is not None and waiting[1].key == (found.payload, found.signature, found.keyid):
                yield Step(index=index, leaf=found, line=waiting[1])
                waiting = None
            else:
                yield Step(index=index, leaf=found, line=None)
        if waiting is None and not ended:
            waiting = _next(lines)
        if waiting is not None:
            findings.add(
                "foreign-envelope",
                "its payload and signature are in no entry after those of the lines before it",
                f"{layout.ENVELOPES}, line {waiting[0]}",
            )


def _next(lines: Iterator[tuple[int, Line]]) -> tuple[int, Line] | None:
    """Read the next line; EvidenceError, naming it, when it is no envelope."""
    found = next(lines, None)
    if found is not None and found[1].flaw:
        raise EvidenceError(f"line {found[0]}: {found[1].flaw}")
    return found
