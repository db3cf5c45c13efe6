"""What a person decides is applied exactly, recorded with what was read before, or refused with advice."""

from dataclasses import replace
from decimal import Decimal

import pytest

from drverify.agreements.decisions import add, decide
from drverify.errors import InputError
from drverify.model.contract import Contract, Correction, Provision, ProvisionId
from drverify.model.decision import Addition, Decision
from drverify.model.document import DocumentId, Text
from tests.support import records
from tests.support.records import HOUR

ID = ProvisionId("rpo-shop")


def proposal(**changes: object) -> Contract:
    one = replace(records.provision("5.1", "rpo", HOUR), review="open", **changes)
    return replace(records.contract(), accepted=None, provisions=(one,))


def decided(*changes: tuple[str, str], verdict: str = "correct", reason: str = "", **of: object) -> Provision:
    decision = Decision(id=ID, verdict=verdict, changes=changes, reason=reason)
    return decide(proposal(**of), decision).provisions[0]


def refusal(*changes: tuple[str, str], verdict: str = "correct", reason: str = "", **of: object) -> str:
    with pytest.raises(InputError) as caught:
        decided(*changes, verdict=verdict, reason=reason, **of)
    return f"{caught.value}\n{caught.value.hint}"


def test_accept_and_reject() -> None:
    assert decided(verdict="accept").review == "accepted"
    rejected = decided(verdict="reject", reason="an example")
    assert (rejected.review, rejected.remark) == ("rejected", "an example")
    assert "needs its reason" in refusal(verdict="reject")
    assert "only asks what it says" in refusal(verdict="accept", status="needs_review", why="4 or 8 hours")
    assert "`correct` does" in refusal(("party", "customer"), verdict="accept")
    assert "needs what it changes" in refusal()


@pytest.mark.parametrize(
    ("text", "value", "upper", "unit", "comparator"),
    [
        ("<= 4 hour", "4", None, "hour", "<="),
        ("4 hours", "4", None, "hour", "="),
        (">=30 days", "30", None, "day", ">="),
        ("99.5 %", "99.5", None, "percent", "="),
        ("between 2 and 4 day", "2", "4", "day", "between"),
        ("2-4 days", "2", "4", "day", "between"),
        ("< 8 business_hours", "8", None, "business_hour", "<"),
    ],
)
def test_figures(text: str, value: str, upper: str | None, unit: str, comparator: str) -> None:
    figure = decided(("figure", text)).figure
    assert figure is not None
    assert (figure.quantity.value, figure.quantity.unit) == (Decimal(value), unit)
    assert figure.quantity.upper == (Decimal(upper) if upper else None)
    assert figure.comparator == comparator
    assert figure.span == records.provision("5.1", "rpo", HOUR).figure.span


@pytest.mark.parametrize("text", ["", "soon", "4", "4 parsecs", "four hours", "-4 hours", "4 hours 5"])
def test_what_is_no_figure_is_refused(text: str) -> None:
    assert "expected a figure such as `<= 4 hour`" in refusal(("figure", text))


def test_a_correction_keeps_what_was_read_first() -> None:
    once = decided(("figure", "2 hour"), reason="see the annex")
    assert once.review == "corrected"
    assert once.corrections == (
        Correction(field="figure", read="<= 60 minute", accepted="= 2 hour", reason="see the annex"),
    )
    again = decide(
        replace(proposal(), provisions=(once,)),
        Decision(id=ID, verdict="correct", changes=(("figure", "none"),)),
    ).provisions[0]
    assert again.figure is None
    assert [(one.read, one.accepted) for one in again.corrections] == [("<= 60 minute", "none")]


def test_the_other_fields() -> None:
    one = decided(
        ("kind", "rto"), ("party", "customer"), ("systems", "shop, shop-files"), ("scope", "the shop"),
        ("slot.mode", "instant"), ("slot.stop", "application_validated"), ("clock", "business"), ("status", "vague"),
    )  # fmt: skip
    assert (one.kind, one.party, one.scope.systems, one.scope.text) == (
        "rto",
        "customer",
        ("shop", "shop-files"),
        "the shop",
    )
    assert (one.values("mode"), one.values("stop"), one.figure.clock) == (
        ("instant",),
        ("application_validated",),
        "business",
    )
    assert [change.field for change in one.corrections][:2] == ["kind", "party"]
    gone = decide(
        replace(proposal(), provisions=(one,)),
        Decision(id=ID, verdict="correct", changes=(("slot.mode", "none"), ("systems", "none"))),
    ).provisions[0]
    assert (gone.values("mode"), gone.scope.systems) == ((), ())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("kind", "rpoo"), "did you mean rpo?"),
        (("party", "me"), "party takes provider, customer"),
        (("colour", "red"), "there is no field 'colour'"),
        (("slot.mode", "fast"), "has no slot 'mode'"),
        (("slot.stop", "later"), "slot stop takes incident_start"),
    ],
)
def test_what_cannot_be_is_refused(change: tuple[str, str], said: str) -> None:
    assert said in refusal(change)


def test_no_such_provision_and_no_proposal() -> None:
    with pytest.raises(InputError, match="did you mean rpo-shop"):
        decide(proposal(), Decision(id=ProvisionId("rpo-shpo"), verdict="accept"))
    with pytest.raises(InputError, match="takes no decisions"):
        decide(records.contract(), Decision(id=ID, verdict="accept"))


def addition(**changes: object) -> Addition:
    made = Addition(
        id=ProvisionId("rto-6.1"),
        kind="rto",
        section="6.1",
        quote=records.QUOTES["6.1"],
        figure="<= 4 hour",
        figure_quote="four (4) hours",
        changes=(("systems", "shop"), ("party", "provider")),
        reason="the reader missed it",
    )
    return replace(made, **changes)


TEXTS = {
    DocumentId("agreement"): Text(
        name="agreement.md",
        format="md",
        sha256=records.digest(records.DOCUMENT),
        content=records.DOCUMENT.decode(),
        blocks=(),
    )
}


def test_what_was_missed_can_be_added_and_added_again() -> None:
    once = add(proposal(), addition(), TEXTS)
    made = once.provisions[-1]
    assert (made.origin, made.review, made.scope.systems, made.party) == (
        "person",
        "accepted",
        ("shop",),
        "provider",
    )
    assert made.citation == replace(records.cited("6.1"), heading="")
    assert TEXTS[DocumentId("agreement")].of(made.figure.span) == "four (4) hours"
    again = add(once, addition(figure="<= 5 hour"), TEXTS)
    assert [one.id for one in again.provisions] == [ID, "rto-6.1"]
    assert again.provisions[-1].figure.quantity.value == 5


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": ID}, "was read from the document and need not be added"),
        ({"quote": "no such words"}, "does not stand in the document"),
        ({"quote": "one (1) hour"}, "stands there more than once"),
        ({"figure_quote": "five"}, "does not stand in the document"),
        ({"document": "annex"}, "there is no document 'annex'"),
    ],
)
def test_an_addition_that_does_not_fit_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        add(proposal(), addition(**changes), TEXTS)
