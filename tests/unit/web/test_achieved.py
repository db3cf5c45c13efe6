"""What is measured is said with what time is allowed besides, wherever a figure stands."""

from datetime import timedelta

from drverify.model.obligation import ObligationId
from drverify.model.result import Judged
from drverify.model.verdict import Outcome
from drverify.web.pages.rendering import _environment

HOUR = timedelta(hours=1)


def said(achieved: timedelta | None, allowance: timedelta) -> str:
    one = Judged(
        obligation=ObligationId("rto"),
        outcome=Outcome.MET,
        limit=4 * HOUR,
        achieved=achieved,
        allowance=allowance,
    )
    template = _environment().from_string('{% from "macros.html" import achieved %}{{ achieved(one) }}')
    return template.render(one=one).replace("\xa0", " ")


def test_a_figure_says_what_is_allowed_besides() -> None:
    assert said(2 * HOUR, HOUR) == '2 h <span class="small">+ 1 h allowed</span>'
    assert said(2 * HOUR, timedelta(0)) == "2 h"
    assert said(None, HOUR) == "\N{EN DASH}", "of what was not measured nothing is added up"
