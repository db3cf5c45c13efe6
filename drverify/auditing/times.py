"""When entries were in the log, by clocks that are not the provider's. Pure.

A token or a cosignature over a checkpoint says that every entry below it was there at that time, at the
latest. It says nothing about the earliest: an old checkpoint can be stamped today, and is, when an
authority was down yesterday. What cannot be earlier is an entry that repeats something which nobody knew
before: a drill whose challenge was made of a token that was fetched for it. Everything after it in the log
is younger, too.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from drverify.auditing import layout
from drverify.auditing.findings import Findings
from drverify.auditing.log import AuditedLog
from drverify.auditing.question import Question
from drverify.errors import EvidenceError
from drverify.sealing.stamps import CheckToken
from drverify.transparency import note

Marks = Sequence[tuple[int, datetime]]
"""(size, instant): the tree of that size was there at that instant, at the latest."""


class _Latest:
    """The earliest of the marks over each entry."""

    def __init__(self, marks: Marks) -> None:
        marks = sorted(marks)
        self.sizes = [size for size, _ in marks]
        self._instants = [at for _, at in marks]
        for place in reversed(range(len(marks) - 1)):
            self._instants[place] = min(self._instants[place], self._instants[place + 1])

    def of(self, index: int) -> datetime | None:
        place = bisect_right(self.sizes, index)
        return self._instants[place] if place < len(self.sizes) else None


class Times:
    """Bounds of every entry; earliest ones are learnt while the log is read."""

    def __init__(self, stamped: Mapping[str, Marks], cosigned: Marks = ()) -> None:
        """Take what each time authority says, and what cosigners say by clocks that nobody checks."""
        self._each = tuple(_Latest(marks) for marks in stamped.values())
        stamps = [mark for marks in stamped.values() for mark in marks]
        self._stamped = _Latest(stamps)
        self._vouched = _Latest([*stamps, *cosigned])
        self._known: list[tuple[int, datetime]] = []
        """Entries and instants, both rising: an entry is as young as the youngest before it."""

    def latest(self, index: int) -> datetime | None:
        """The entry was there by then, by a time authority; None when nothing shows it."""
        return self._stamped.of(index)

    def latest_of(self, index: int, count: int) -> datetime | None:
        """The entry was there by then, by so many time authorities, each by its own clock; None: by fewer."""
        found = sorted(at for one in self._each if (at := one.of(index)) is not None)
        return found[count - 1] if count <= len(found) else None

    def vouched(self, index: int) -> datetime | None:
        """The entry was there by then, by a time authority or a cosigner: nobody of the provider's."""
        return self._vouched.of(index)

    def earliest(self, index: int) -> datetime | None:
        """The entry was not there before; None when nothing shows it."""
        place = bisect_right(self._known, index, key=_index)
        return self._known[place - 1][1] if place else None

    def learn(self, index: int, at: datetime) -> None:
        """The entry, and every one after it, was not there before `at`."""
        place = bisect_right(self._known, index, key=_index)
        if place and self._known[place - 1][1] >= at:
            return
        first = place - 1 if place and self._known[place - 1][0] == index else place
        last = place
        while last < len(self._known) and self._known[last][1] <= at:
            last += 1
        self._known[first:last] = [(index, at)]

    @property
    def dated(self) -> int:
        """How many entries from the beginning were stamped by a time authority."""
        return max(self._stamped.sizes, default=0)


def _index(known: tuple[int, datetime]) -> int:
    return known[0]


def read_times(log: AuditedLog, question: Question, findings: Findings) -> Times:
    """Check every token in the bundle."""
    cosigned = [(log.stated.size, one.at) for one in log.signed if one.at is not None]
    tokens = list(_tokens(log, findings))
    stamped: list[tuple[int, datetime, str]] = []
    if question.check is not None:
        stamped += _checked(log, question, question.check, tokens, findings)
    elif tokens:
        for _, _, name in tokens:
            log.bundle.read(name, layout.LARGEST_TOKEN)
        findings.add("unread-time-stamps", f"{len(tokens)} time stamps", layout.TIMESTAMPS)
    if stamped:
        names = ", ".join(sorted({name for _, _, name in stamped}))
        sizes = len({size for size, *_ in stamped})
        findings.hold(f"{len(stamped)} time stamps over {sizes} of its checkpoints hold, by {names}")
    each: dict[str, list[tuple[int, datetime]]] = {}
    for size, at, name in stamped:
        each.setdefault(name, []).append((size, at))
    found = Times(each, cosigned)
    if found.dated < log.stated.size:
        findings.add("no-time-stamp", f"those from entry {found.dated} on")
    return found


def _tokens(log: AuditedLog, findings: Findings) -> Iterator[tuple[int, str, str]]:
    for count, name in enumerate(log.bundle.names(layout.TIMESTAMPS)):
        found = layout.token(name)
        if found is None or count >= layout.MOST_TOKENS:
            findings.add("unknown-file", where=name)
        elif found[0] not in log.older:
            findings.add("unreadable", "there is no checkpoint of that size that could be stamped", name)
        else:
            yield *found, name


def _checked(
    log: AuditedLog,
    question: Question,
    check: CheckToken,
    tokens: Sequence[tuple[int, str, str]],
    findings: Findings,
) -> Iterator[tuple[int, datetime, str]]:
    """(size, latest instant, authority) of each token that holds."""
    unknown: dict[str, int] = {}
    for size, authority, name in tokens:
        content = log.bundle.read(name, layout.LARGEST_TOKEN)
        roots = [one.certificate_der for one in question.trust.authorities if one.name == authority]
        if not roots:
            unknown[authority] = unknown.get(authority, 0) + 1
            continue
        try:
            over = log.bundle.read(f"{layout.CHECKPOINTS}{size}", note.MAX_BYTES)
            yield size, check(content, over, roots).latest, authority
        except EvidenceError as error:
            findings.add("bad-time-stamp", str(error), name)
    for authority, count in sorted(unknown.items()):
        findings.add("unknown-authority", f"{count} time stamps of {authority!r} were not checked")
