"""Collects what an audit finds and what held, in the order in which it was looked at."""

from collections.abc import Iterator
from contextlib import contextmanager

from drverify.auditing.codes import CODES
from drverify.errors import EvidenceError
from drverify.model.audit import AuditFinding, Weight

LONGEST = 500
"""Characters of a sentence: it may quote what a stranger wrote."""


class Findings:
    """Findings by the table of codes, and sentences about what held."""

    def __init__(self) -> None:
        self._found: list[AuditFinding] = []
        self._held: list[str] = []

    def add(self, code: str, what: str = "", where: str = "") -> None:
        """Add a finding: the table's sentence, and what it is in this case."""
        kind = CODES[code]
        said = (f"{kind.sentence} ({what})" if what else kind.sentence)[:LONGEST]
        self._found.append(AuditFinding(code=code, weight=kind.weight, what=said, where=where))

    def hold(self, sentence: str) -> None:
        """Say what was checked and held."""
        self._held.append(sentence)

    @contextmanager
    def refusing(self, code: str, where: str = "") -> Iterator[None]:
        """Make a finding of an EvidenceError, and go on."""
        try:
            yield
        except EvidenceError as error:
            self.add(code, str(error), where)

    def count(self, code: str) -> int:
        """How often a code was found."""
        return sum(one.code == code for one in self._found)

    @property
    def refused(self) -> bool:
        """Whether something does not hold."""
        return any(one.weight is Weight.REFUSED for one in self._found)

    @property
    def held(self) -> tuple[str, ...]:
        """What held."""
        return tuple(self._held)

    @property
    def ordered(self) -> tuple[AuditFinding, ...]:
        """All findings, the gravest first, those of a weight in the order in which they were found."""
        order = list(Weight)
        return tuple(sorted(self._found, key=lambda one: order.index(one.weight)))
