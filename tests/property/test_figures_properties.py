"""Figures written in many ways are read back; anything else is read without fault, in its own characters, in time."""

import time
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drverify.reading.columns import HeaderUnit, bare_numbers, header_unit
from drverify.reading.quantities import Found, quantities

ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spelt(number: int, hyphen: str = "-", conjunction: str = " and ") -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (hyphen + ONES[number % 10] if number % 10 else "")
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    rest = spelt(number % size, hyphen, conjunction) if number % size else ""
    joint = conjunction if rest and number % size < 100 else " "
    return f"{spelt(number // size, hyphen, conjunction)} {name}" + (joint + rest if rest else "")


UNITS = {
    "second": ["seconds", "secs"],
    "minute": ["minutes", "min", "mins", "Minutes", "-minute"],
    "hour": ["hours", "hrs", "h", "HOURS", "consecutive hours", "-hour"],
    "day": ["days", "calendar days", "consecutive calendar days", "-day", "Days"],
    "week": ["weeks", "consecutive weeks", "-week"],
    "month": ["months", "calendar months", "-month"],
    "quarter": ["calendar quarters"],
    "year": ["years", "-year", "yrs"],
    "business_hour": ["business hours", "working hours", "Service Hours"],
    "business_day": ["Business Days", "working days", "consecutive working days", "full Business Days"],
    "percent": ["%", "per cent", "percent"],
    "km": ["km", "kilometres", "kilometers"],
    "mile": ["miles"],
}
BOUNDS = {
    "=": ["exactly ", "equals "],
    "<=": [
        "within ",
        "no later than ",
        "at most ",
        "up to ",
        "not to exceed ",
        "a maximum of ",
        "no more than ",
        "\u2264 ",
    ],
    ">=": ["at least ", "no less than ", "a minimum of ", "not less than ", "\u2265 ", "no fewer than "],
    "<": ["less than ", "under ", "fewer than ", "< "],
    ">": ["more than ", "exceeding ", "in excess of ", "longer than ", "> "],
    "~": ["approximately ", "about ", "roughly ", "~"],
}
BEFORE = [
    "",
    "The Provider shall restore the service ",
    "RTO: ",
    "(",
    "Backups | ",
    "It is agreed that\n",
    "\u201c",
]
BEHIND = ["", ".", " after the incident.", ")", " | next", ";\nthen", ", and", "\u201d"]


@st.composite
def numbers(draw: st.DrawFn) -> tuple[Decimal, str]:
    """A number and one way to write it."""
    value = draw(st.integers(0, 1890) | st.integers(2101, 9999))
    hyphen, joint = draw(st.sampled_from(["-", " ", "\u2011"])), draw(st.sampled_from([" and ", " "]))
    said = spelt(value, hyphen, joint)
    said = draw(st.sampled_from([said, said.capitalize(), said.upper()]))
    form = draw(st.sampled_from(["digits", "grouped", "words", "both", "reverse", "tight"]))
    written = {
        "digits": str(value),
        "grouped": f"{value:,}",
        "words": said,
        "both": f"{said} ({value})",
        "reverse": f"{value} ({said})",
        "tight": f"{said}({value})",
    }
    return Decimal(value), written[form]


@st.composite
def phrases(draw: st.DrawFn) -> tuple[str, Decimal, str, str]:
    """A sentence with one figure: text, value, unit, comparator."""
    value, written = draw(numbers())
    unit = draw(st.sampled_from(sorted(UNITS)))
    spelling = draw(st.sampled_from(UNITS[unit]))
    bound = draw(st.sampled_from(sorted(BOUNDS)))
    assume(not (unit == "percent" and value > 100))
    assume(not (spelling == "-day" and value == 0))  # a zero-day is something else
    gap = "" if spelling.startswith("-") else draw(st.sampled_from([" ", "\u00a0", "\n"]))
    figure = written + gap + spelling
    before, behind = draw(st.sampled_from(BEFORE)), draw(st.sampled_from(BEHIND))
    text = (
        before + draw(st.sampled_from(BOUNDS[bound])) + figure + (" " if spelling[0] == "-" else "") + behind
    )
    return text, value, unit, bound


@settings(max_examples=500, deadline=None)
@given(phrases())
def test_a_figure_is_read_back(phrase: tuple[str, Decimal, str, str]) -> None:
    text, value, unit, bound = phrase
    found = quantities(text)
    assert len(found) == 1, found
    one = found[0]
    assert one.quantity is not None
    assert (one.quantity.value, one.quantity.unit, one.quantity.upper) == (value, unit, None)
    assert one.comparator == bound
    assert one.clock == ("business" if unit.startswith("business") else "elapsed")


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 400),
    st.integers(1, 400),
    st.sampled_from(["hours", "days", "Business Days", "minutes", "months"]),
)
def test_ranges_are_read_back(low: int, more: int, unit: str) -> None:
    high = low + more
    for text in (
        f"{low}-{high} {unit}",
        f"{low} \u2013 {high} {unit}",
        f"between {low} and {high} {unit}",
        f"from {low} to {high} {unit}",
        f"{spelt(low)} ({low}) to {spelt(high)} ({high}) {unit}",
        f"between {low} {unit} and {high} {unit}",
    ):
        (one,) = quantities(text)
        assert one.quantity is not None
        assert (one.quantity.value, one.quantity.upper, one.comparator) == (low, high, "between")


@settings(max_examples=120, deadline=None)
@given(
    st.integers(1, 500), st.integers(1, 500), st.sampled_from(["hours", "days", "percent", "Business Days"])
)
def test_words_against_digits_give_both_and_no_value(said: int, written: int, unit: str) -> None:
    assume(said != written)
    (one,) = quantities(f"within {spelt(said)} ({written}) {unit}")
    assert one.quantity is None
    assert one.problem == "words_digits"
    assert {reading.value for reading in one.readings} == {said, written}


@settings(max_examples=120, deadline=None)
@given(st.integers(1, 96), st.sampled_from(["minute", "hour", "day", "week", "month", "year"]))
def test_intervals_are_read_back(count: int, unit: str) -> None:
    several = f"{count} {unit}s"
    for text, bound in (
        (f"every {several}", "="),
        (f"every {spelt(count)} ({count}) {unit}s", "="),
        (f"once every {several}", "="),
        (f"at least every {several}", "<="),
        (f"at least once in every {several}", "<="),
        (f"no less frequently than every {several}", "<="),
        (f"at {count}-{unit} intervals", "="),
    ):
        (one,) = quantities(text)
        assert one.quantity is not None
        assert (one.quantity.value, one.quantity.unit, one.role) == (count, unit, "interval"), text
        assert one.comparator == bound, text


PIECES = st.sampled_from(
    [
        *"()[]{}<>|*_-/.,:;%~+#$\u20ac\n\t\u2013\u2014\u2022\u25cf\u2588\u00bd\u00b2\u00a0\\`'\"",
        " ", " ", " ", "four", "4", "24", "99.9", "1,000", "(4)", "hours", "days", "business", "day", "month", "every",
        "each", "once", "twice", "a", "an", "half", "hundred", "thousand", "and", "to", "or", "between", "within",
        "at least", "no more than", "daily", "weekly", "bi-", "semi-", "copies", "backups", "zero", "RPO", "TBD", "XX",
        "[***]", "[\u25cf]", "___", "point", "nine", "nines", "per cent", "km", "next", "percent", "of the fees", "7",
        "Days", "1-3", "per", "year", "Section", "Tier", "h", "m", "30m", "24x7", "\n\n", "{{x}}", "###", "<b>", "</td>",
    ]
)  # fmt: skip
odd_texts = (
    st.lists(PIECES, max_size=40).map("".join)
    | st.lists(PIECES, max_size=40).map(" ".join)
    | st.text(max_size=200)
)


@settings(max_examples=500, deadline=None)
@given(odd_texts, st.integers(0, 10_000))
def test_any_text_is_read_in_its_own_characters(text: str, offset: int) -> None:
    found = quantities(text)
    assert found == quantities(text)
    for one in found:
        _is_sound(one, text)
    moved = quantities(text, offset=offset)
    assert [one.span.start - offset for one in moved] == [one.span.start for one in found]
    assert [one.span.end - offset for one in moved] == [one.span.end for one in found]
    assert [one.quantity for one in moved] == [one.quantity for one in found]


def _is_sound(one: Found, text: str) -> None:
    assert 0 <= one.span.start < one.span.end <= len(text)
    for part in (one.bound_span, one.hedge_span):
        assert part is None or 0 <= part.start < part.end <= len(text)
    if one.unit_span is not None:
        assert one.span.start <= one.unit_span.start < one.unit_span.end <= one.span.end
    assert (one.quantity is None) <= bool(one.problem)
    assert bool(one.readings) <= (one.quantity is None)
    if one.quantity is None:
        return
    assert one.quantity.unit == one.unit
    assert one.quantity.value >= 0
    assert one.quantity.upper is None or one.quantity.upper > one.quantity.value
    assert (one.comparator == "between") == (one.quantity.upper is not None)
    if one.quantity.value == 0 and one.quantity.unit == "second":
        return  # "zero RPO": the unit is in the words beside it
    alone = quantities("within " + text[one.span.start : one.span.end])
    assert one.quantity in [other.quantity for other in alone], alone


@settings(max_examples=200, deadline=None)
@given(odd_texts)
def test_any_cell_is_read_in_its_own_characters(text: str) -> None:
    header = header_unit("RTO (hours)", offset=50_000)
    assert header is not None
    for one in bare_numbers(text, header=header):
        assert 0 <= one.span.start < one.span.end <= len(text)
        assert one.unit_span is not None or one.quantity is None
    header_unit(text)


@given(numbers())
def test_a_bare_number_takes_its_headers_unit(number: tuple[Decimal, str]) -> None:
    value, written = number
    header = header_unit("Retention in days", offset=7)
    assert isinstance(header, HeaderUnit)
    (one,) = bare_numbers(written, header=header, offset=100)
    assert one.quantity is not None
    assert (one.quantity.value, one.quantity.unit) == (value, "day")
    assert one.unit_span == header.span
    assert (one.span.start, one.span.end) == (100, 100 + len(written))


HOSTILE = [
    "1", "9,", "[", "(1", "1 ", "[*", "four (", "one or ", "1 hour ", "every ", "4-", "daily ", "[\u25cf]", "a half ",
    "between 1 and ", "one hundred and ", "1 hour to ", "two backup backup ", "<a ", "\n ", "_", "*", "\\_", "{{", "#",
    "twenty ", "nine point ", "1/2 ", "7 daily, ", "one thousand ", "1,000,", "24 hours a ", "not more than ", "max ",
    "no later than 4 hours ", "typically ", "99.9% ", "(", "<", "each month ", "Days 1-", "\u00bd", "next business ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    quantities(piece * 100)
    for _ in range(3):  # a machine that does others' work may be slow once
        taken = [seconds_for(piece * (size // len(piece))) for size in (5_000, 40_000)]
        if taken[1] < min(max(24 * taken[0], 1), 2):  # what takes quadratic time takes 64 times as long
            return
    pytest.fail(f"5,000 and 40,000 characters took {taken[0]:.3f} and {taken[1]:.3f} s of processor time")


@pytest.mark.parametrize("piece", ["1", "[", "]", "(1", "1 ", "[*", "9,", "(", "_"])
def test_long_rows_of_digits_and_brackets_are_read_at_once(piece: str) -> None:
    assert seconds_for(piece * (200_000 // len(piece))) < 3  # a second on an idle machine


def test_a_megabyte_of_ordinary_text_is_read_at_once() -> None:
    sentence = (
        "The Provider shall keep the Recovery Points of every Covered System in a place that is separate from the "
        "Primary Site, shall protect them against change and deletion by anybody, and shall restore the system on "
        "request of the Customer, who states the point in time, within four (4) hours after the request.\n\n"
    )
    assert len(quantities(sentence)) == 1
    assert seconds_for(sentence * (1_000_000 // len(sentence))) < 3  # a third of a second on an idle machine


def seconds_for(text: str) -> float:
    """Of processor time."""
    begin = time.process_time()
    quantities(text)
    return time.process_time() - begin
