"""One number with its unit, said once or twice: "4 hours", "[99.5]%", "thirty days (30)", "ten (10%)"."""

from dataclasses import dataclass, replace
from decimal import Decimal

from drverify.model.quantity import Quantity, Unit, equal
from drverify.reading.draft import Draft, Problem, Role
from drverify.reading.numbers import Number, agreed, number
from drverify.reading.tokens import NUMBER, WORD, Tokens
from drverify.reading.units import UnitAt, business_behind, unit

_PER_CENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """A number, with its unit where one follows."""

    first: int
    read: Number
    named: UnitAt | None
    stop: int
    """The token behind both."""
    bracketed: bool = False
    """Whether number or figure stands in brackets, as a template's does."""
    plus: bool = False
    """Whether a plus stands between number and unit ("30+ days")."""

    @property
    def value(self) -> Decimal | None:
        """The value with this unit, None when it is disputed or has no unit."""
        return settle(self.read, self.named.unit)[0] if self.named else None


def single(row: Tokens, at: int, read: Number | None = None) -> Single | None:
    """The number at a token, unless it is given, with its unit, also when both are said again in brackets."""
    read = read or number(row, at)
    if read is None:
        return None
    once = _once(row, at, read)
    if once.named is None:
        return _inside(row, once) or once
    return _again(row, once)


def _once(row: Tokens, at: int, read: Number) -> Single:
    first, stop, bracketed, plus = at, read.stop, False, False
    if row.word(at - 1) in ("[", "<") and row.word(stop) in ("]", ">"):
        first, stop, bracketed = at - 1, stop + 1, True
    if row.word(stop) == "+" and row.sort(stop + 1) != NUMBER:
        stop, plus = stop + 1, True
    found = unit(row, stop)
    if found is None:
        return Single(first=first, read=read, named=None, stop=stop, bracketed=bracketed)
    found = business_behind(row, found.stop, found) or found
    stop = found.stop
    if row.word(at - 1) == "[" and row.word(stop) == "]" and not bracketed:
        first, stop, bracketed = at - 1, stop + 1, True
    return Single(first=first, read=read, named=found, stop=stop, bracketed=bracketed, plus=plus)


def _again(row: Tokens, one: Single) -> Single:
    """Take in the same figure said again: "thirty days (30)", "ninety percent (90%)", "24 hours (1 day)"."""
    read = number(row, one.stop + 1) if row.word(one.stop) in ("(", "[") else None
    if read is None or read.disputed or one.named is None or one.value is None:
        return one
    other = _once(row, one.stop + 1, read)
    named = other.named or one.named
    value = settle(read, named.unit)[0]
    if value is None or row.word(other.stop) not in (")", "]"):
        return one
    if equal(Quantity(value=one.value, unit=one.named.unit), Quantity(value=value, unit=named.unit)):
        return replace(one, stop=other.stop + 1)
    in_words = [row.kind[said.stop - 1] == WORD for said in (one.read, read)]
    if named.unit != one.named.unit or in_words[0] == in_words[1]:
        return one
    return replace(one, read=agreed(one.read, read, other.stop + 1), stop=other.stop + 1)


def _inside(row: Tokens, one: Single) -> Single | None:
    """A figure said whole in brackets behind its words: "ten (10%) percent", "four (4 hours)"."""
    if row.word(one.stop) != "(" or row.kind[one.stop - 1] != WORD or row.kind[one.stop + 1] != NUMBER:
        return None
    read = number(row, one.stop + 1)
    other = _once(row, one.stop + 1, read) if read else None
    if other is None or other.named is None or row.word(other.stop) != ")":
        return None
    again = unit(row, other.stop + 1)
    stop = again.stop if again is not None and again.unit == other.named.unit else other.stop + 1
    return replace(one, read=agreed(one.read, other.read, stop), named=other.named, stop=stop)


def draft_of(one: Single, named: UnitAt, *, stop: int = 0) -> Draft:
    """The figure of a number and a unit (its own, or the one that it shares), up to token `stop`."""
    value, problem, readings = settle(one.read, named.unit)
    if one.bracketed and not problem:
        problem = "placeholder"
    return Draft(
        first=one.first, stop=stop or one.stop, role=role_of(named.unit), unit=named.unit,
        unit_first=named.first, unit_stop=named.stop, value=value, problem=problem, readings=readings,
        comparator=">=" if one.plus else None,
    )  # fmt: skip


def settle(read: Number, named: Unit) -> tuple[Decimal | None, Problem, tuple[Quantity, ...]]:
    """The number's value with a unit; None with the readings when words and digits disagree.

    "99,999 %" is a decimal comma, for no promise is of 99999 per cent; "1,000 hours" is a thousand.
    """
    if read.disputed:
        both = tuple(Quantity(value=one, unit=named) for one in (read.value, *read.other))
        return None, "words_digits", both
    if read.other and named == "percent" and read.value > _PER_CENT:
        return read.other[0], "", ()
    return read.value, "", ()


def role_of(named: Unit) -> Role:
    """What a figure with a unit is, unless its wording says more."""
    if named == "percent":
        return "percent"
    if named in ("km", "mile"):
        return "distance"
    return "count" if named == "count" else "duration"
