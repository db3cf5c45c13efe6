"""What is said of a plan that has nothing to do."""

import io
from datetime import UTC, date, datetime, timedelta

from rich.console import Console

from drverify.model.nights import Never, Night, NightPlan
from drverify.report.nights import show

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_nothing_due_still_tells_what_was_never_tried_and_where_to_look() -> None:
    begins = NOW.replace(hour=22)
    night = Night(evening=date(2026, 11, 24), begins=begins, ends=begins + timedelta(hours=8))
    lacks = Never(agreement="a", workload="shop", what="the oldest point", remedy="its turn comes")
    said = io.StringIO()
    show(
        Console(file=said, width=120),
        NightPlan(nights=(night,), planned=(), unplanned=(), seed="s", never=(lacks,)),
        NOW,
    )
    assert said.getvalue().splitlines() == [
        "no promise asks for a drill in these nights; `--nights N` looks further ahead",
        "never tried of shop: the oldest point (its turn comes)",
    ]
