from datetime import timedelta

import pytest

from drverify.model.duration import exact, human, whole_ms_up

MS, SEC = timedelta(milliseconds=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("span", "words", "all_words"),
    [
        (timedelta(hours=4), "4 h", "4 h"),
        (timedelta(minutes=90), "1 h 30 min", "1 h 30 min"),
        (timedelta(days=30), "30 d", "30 d"),
        (134 * SEC + 250 * MS, "2 min 14 s", "2 min 14 s 250 ms"),
        (timedelta(hours=25, minutes=59), "1 d 1 h", "1 d 1 h 59 min"),
        (14 * SEC + 999 * MS, "14 s", "14 s 999 ms"),
        (9 * SEC + 999 * MS, "9 s 999 ms", "9 s 999 ms"),
        (740 * MS, "740 ms", "740 ms"),
        (timedelta(0), "0 s", "0 s"),
        (timedelta(microseconds=400), "0 s", "0 s"),
        (-timedelta(microseconds=400), "0 s", "0 s"),
        (-90 * SEC, "-1 min 30 s", "-1 min 30 s"),
    ],
)
def test_words(span, words, all_words):
    assert human(span) == words
    assert exact(span) == all_words


@pytest.mark.parametrize(("us", "ms"), [(0, 0), (1, 1), (1000, 1), (1001, 2), (-1, 0), (-1001, -1)])
def test_rounding_up_never_makes_a_loss_smaller(us, ms):
    assert whole_ms_up(timedelta(microseconds=us)) == ms * MS
