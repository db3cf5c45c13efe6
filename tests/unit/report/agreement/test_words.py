"""What everybody sees: figures in words, and hostile characters that change nothing on the way out."""

from decimal import Decimal
from typing import get_args

import pytest

from drverify.model.contract import Kind, Status
from drverify.report.agreement.words import (
    KINDS,
    STATUSES,
    clean,
    clock_words,
    figure_words,
    measure,
    shorten,
)
from tests.support.proposals import provision, text_of

TEXT = text_of("Data is restored within 4 business hours, at 99.90% availability.")


def test_every_kind_and_status_has_words() -> None:
    assert set(KINDS) == set(get_args(Kind))
    assert set(STATUSES) == set(get_args(Status))


@pytest.mark.parametrize(
    ("value", "unit", "upper", "words"),
    [
        ("4", "hour", None, "4 hours"),
        ("1", "business_day", None, "1 business day"),
        ("99.90", "percent", None, "99.9 %"),
        ("100", "km", None, "100 km"),
        ("3", "count", None, "3"),
        ("30", "day", "60", "30 to 60 days"),
        ("1E+2", "day", None, "100 days"),
    ],
)
def test_a_measure_in_words(value: str, unit: str, upper: str | None, words: str) -> None:
    assert measure(Decimal(value), unit, None if upper is None else Decimal(upper)) == words


def test_a_figure_says_how_it_compares_and_on_which_clock() -> None:
    kept = provision(TEXT, TEXT.content, figure=("4", "business_hour", "<=", "4 business hours", "business"))
    share = provision(TEXT, TEXT.content, figure=("99.9", "percent", ">=", "99.90%"))
    assert (figure_words(kept.figure), clock_words(kept.figure)) == ("at most 4 business hours", "business")
    assert (figure_words(share.figure), clock_words(share.figure)) == ("at least 99.9 %", "")
    assert (figure_words(None), clock_words(None)) == ("", "")


def test_control_and_direction_characters_never_get_out_and_offsets_stay() -> None:
    hostile = "a\x1b[31mb\u202ec\u2066d\x00e\u00a0f\tg\nh\uf0b7"
    shown = clean(hostile)
    assert len(shown) == len(hostile)
    assert shown.isprintable()
    assert shown == "a�[31mb�c�d�e f g h•"
    assert clean("a\n\tb\x07", lines=True) == "a\n\tb�"


def test_shortening_cuts_at_a_word() -> None:
    assert shorten("one  two\nthree", 40) == "one two three"
    assert shorten("one two three, four five", 16) == "one two three…"
    assert len(shorten("x" * 99, 10)) == 10
