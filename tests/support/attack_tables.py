"""A row of an attack table, and how both verifiers are held against it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.attacks import Shown, by_drverify, by_the_file

REFUSED, INCOMPLETE, WRONG, HOLDS = 12, 11, 2, 0


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack of the threat model; those of number 0 are nobody's: what must not be refused."""

    number: int
    what: str
    way: Callable[..., Shown]
    code: int
    by: str
    """The finding of `drverify audit`, or words of its refusal."""
    also: str
    """Words of the second verifier."""

    def __str__(self) -> str:
        """How a test is called that carries it out."""
        return f"{self.number:02d} {self.what}"


def named_by_both(attack: Attack, shown: Shown, place: Path) -> None:
    """Ask both verifiers as their users do: they give the same exit code, and each the reason of the row."""
    first, second = by_drverify(shown, place), by_the_file(shown, place)
    assert (first.code, second.code) == (attack.code, attack.code), (first.text, second.text)
    assert attack.by in first.found or attack.by in first.text, first.text
    assert attack.also in second.text
