import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drverify.adapters.doors import durations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("4h", timedelta(hours=4)),
        ("30d", timedelta(days=30)),
        ("250ms", timedelta(milliseconds=250)),
        ("2w", timedelta(weeks=2)),
        ("1h30m", timedelta(minutes=90)),
        ("0s", timedelta(0)),
    ],
)
def test_reads(text: str, expected: timedelta) -> None:
    assert durations.looks_like(text)
    assert durations.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "s", "90", "1.5h", "30m1h", "1h1h", "-5s", "5 s", "5S", "4h\n", "10y", "٣s"]
)
def test_refuses(text: str) -> None:
    assert not durations.looks_like(text)
    assert re.search(durations.PATTERN, text) is None or text.endswith("\n")
    with pytest.raises(ValueError, match="not a duration"):
        durations.parse(text)


def test_refuses_a_century_and_more() -> None:
    assert durations.parse("36525d") == durations.LONGEST
    with pytest.raises(ValueError, match="hundred years"):
        durations.parse("36526d")
    with pytest.raises(ValueError, match="hundred years"):
        durations.parse("999999999w")


@given(st.integers(min_value=0, max_value=int(durations.LONGEST.total_seconds()) * 1000))
def test_written_and_read_again(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert durations.parse(durations.show(duration)) == duration
