"""Whatever an agreement says, holding it against the rules ends, repeats itself, and calls nothing absent wrongly."""

from dataclasses import replace
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drverify.adapters.doors.rulebook import load_rules
from drverify.linting.lint import lint
from drverify.model.contract import Contract, Provision
from drverify.model.document import Remark
from drverify.model.quantity import Quantity
from drverify.model.rule import Finding, Rulebook, SystemFact
from drverify.model.slots import SLOTS
from tests.support.clauses import agreed, clause

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
UNITS = ("hour", "day", "month", "business_day", "percent", "count")
STATUSES = ("defined", "vague", "by_reference", "placeholder", "needs_review", "conflicting", "disclaimed")


@cache
def rules() -> Rulebook:
    return load_rules()


@st.composite
def clauses(draw, at: int = 0):
    kind = draw(st.sampled_from(sorted(SLOTS)))
    value = draw(st.integers(min_value=0, max_value=400))
    words = f"{at} {kind} {value} of shop within {draw(st.sampled_from(('business hours', 'all systems', 'the plan')))}"
    slots = []
    for name, values in SLOTS[kind].items():
        if draw(st.booleans()):
            slots.append((name, draw(st.sampled_from(values)) if values else "24 hours", ""))
    figure = (str(value), draw(st.sampled_from(UNITS)), draw(st.sampled_from(("<=", "=", ">="))), str(value))
    return clause(
        words, kind, status=draw(st.sampled_from(STATUSES)), slots=slots,
        figure=draw(st.sampled_from((None, figure))), scope=draw(st.sampled_from(("", "shop", "mail", "databases"))),
        party=draw(st.sampled_from(("provider", "customer", "unknown"))),
    )  # fmt: skip


@st.composite
def agreements(draw):
    number = draw(st.integers(min_value=0, max_value=8))
    return agreed(
        *(draw(clauses(at=at)) for at in range(number)), systems=draw(st.sampled_from(((), ("shop", "mail"))))
    )


FACTS = (
    SystemFact(name="shop", interval=Quantity(value=1, unit="day"), location="FRA-1"),  # type: ignore[arg-type]
    SystemFact(name="mail", backed_up=False, retention=Quantity(value=1, unit="month")),  # type: ignore[arg-type]
)


def found(contract: Contract, texts) -> tuple[Finding, ...]:
    return lint(contract, texts, rules(), FACTS)


@QUICK
@given(agreements())
def test_the_same_agreement_gives_the_same_findings(agreement) -> None:
    contract, texts = agreement
    first = found(contract, texts)
    assert first == found(contract, dict(reversed(texts.items())))
    assert len(set(first)) == len(first)


@QUICK
@given(agreements())
def test_every_citation_is_of_the_text(agreement) -> None:
    contract, texts = agreement
    for one in found(contract, texts):
        for cited in (one.nearest, *one.related):
            if cited is not None:
                assert texts[cited.document].of(cited.span) == cited.quote
        assert set(one.provisions) <= {provision.id for provision in contract.provisions}


@QUICK
@given(agreements())
def test_nothing_is_absent_from_a_document_that_could_not_be_read(agreement) -> None:
    contract, texts = agreement
    (source,) = contract.documents
    hidden = replace(source, remarks=(Remark(kind="no-text", detail="a picture", page=1),))
    assert "absent" not in {one.status for one in found(replace(contract, documents=(hidden,)), texts)}


@QUICK
@given(agreements(), st.data())
def test_a_further_provision_never_opens_a_gap(agreement, data) -> None:
    """But for rules that warn of clauses, that ask only of agreements with such clauses, or of layers."""
    contract, texts = agreement
    if not contract.provisions:
        return
    dropped = data.draw(st.integers(min_value=0, max_value=len(contract.provisions) - 1))
    fewer: tuple[Provision, ...] = (*contract.provisions[:dropped], *contract.provisions[dropped + 1 :])
    monotone = {
        one.id for one in rules().rules if one.family == "gap" and (one.any_of or one.all_of)
        and not one.against and not one.when.kinds and not any(want.per_system for want in (*one.any_of, *one.all_of))
    }  # fmt: skip
    before = {one.rule for one in found(replace(contract, provisions=fewer), texts)}
    after = {one.rule for one in found(contract, texts)}
    assert (after - before) & monotone == set()
