"""What an auditor may demand: that time authorities stamped every start and every result in time. Pure.

Without the demand, a stamp that is missing or late is a note: an authority may have been down, and evidence
that held yesterday must not fail over it. So whoever hands over a bundle can take a stamp away that
contradicts it. An auditor who asks for stamps refuses that.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from drverify.auditing.checking import CheckedResult
from drverify.auditing.findings import Findings
from drverify.auditing.times import Times
from drverify.model.duration import exact, human
from drverify.sealing.codec import to_json

CODE = "not-stamped"
MOST = 20
"""Entries that are named one by one; of the rest there is a number."""


@dataclass(slots=True)
class Stamped:
    """Holds the entries of drills against the demand, if there is one."""

    within: timedelta | None
    """How late a stamp may be; None: nothing is demanded."""
    times: Times
    findings: Findings
    by: int = 1
    """How many different authorities have to have stamped an entry in time."""
    _starts: int = 0
    _results: int = 0
    _wrong: int = 0

    def start(self, index: int, drill: str) -> None:
        """Take a start whose signature holds; when its restore began is told by the result."""
        if self.within is None:
            return
        self._starts += 1
        if self.times.latest_of(index, self.by) is None:
            self._add(self._unstamped, f"start of drill {drill}, entry {index}")

    def result(self, index: int, begun: int | None, result: CheckedResult) -> None:
        """Take a result that holds by itself, and the entry of its start if that is known."""
        if self.within is None:
            return
        self._results += 1
        what = f"result of drill {result.drill}, entry {index}"
        if self.times.latest_of(index, self.by) is None:
            self._add(self._unstamped, what)
        else:
            self._late(index, result.ended_at, "the drill ended", what)
        if begun is not None:
            what = f"start of drill {result.drill}, entry {begun}"
            self._late(begun, result.restored_at or result.ended_at, "the restore began", what)

    def end(self) -> None:
        """Say what held, or how many more entries did not."""
        if self.within is None:
            return
        if self._wrong > MOST:
            self.findings.add(CODE, f"and {self._wrong - MOST} more starts and results")
        if not self._wrong:
            who = "trusted time authorities" if self.by == 1 else f"{self.by} trusted time authorities each"
            self.findings.hold(
                f"{who} stamped {self._starts} starts and {self._results} results, "
                f"none later than {exact(self.within)} after restore began or drill ended, by the record"
            )

    def _late(self, index: int, at: datetime, event: str, what: str) -> None:
        latest = self.times.latest_of(index, self.by)
        if self.within is not None and latest is not None and latest - at > self.within:
            after = f"{human(latest - at)} after {event} by the record"
            who = "" if self.by == 1 else f"by {self.by} authorities "
            self._add(f"stamped {who}at {to_json(latest)} at the earliest, {after}", what)

    @property
    def _unstamped(self) -> str:
        few = "no trusted authority" if self.by == 1 else f"fewer than {self.by} trusted authorities"
        return f"{few} stamped it"

    def _add(self, what: str, where: str) -> None:
        self._wrong += 1
        if self._wrong <= MOST:
            self.findings.add(CODE, what, where)
