"""Whom rules let in, and what that allows."""

import pytest

from drverify.model.account import Account, Claims, Rule, matching, viewer_by_rules, viewer_of

SOMEBODY = Claims(subject="1", email="dora@acme.example", groups=frozenset({"staff"}))


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        (Rule(claim="subject", value="1", role="reader"), True),
        (Rule(claim="subject", value="01", role="reader"), False),
        (Rule(claim="email", value="Dora@Acme.example", role="reader"), True),
        (Rule(claim="email", value="", role="reader"), False),
        (Rule(claim="group", value="staff", role="reader"), True),
        (Rule(claim="group", value="Staff", role="reader"), False),
    ],
)
def test_a_rule_names_what_the_issuer_says(rule: Rule, holds: bool) -> None:
    assert bool(matching([rule], SOMEBODY)) is holds


def test_an_address_that_nobody_verified_is_no_address() -> None:
    nobody = Claims(subject="1", email="", groups=frozenset())
    assert matching([Rule(claim="email", value="", role="operator")], nobody) == ()


def test_rules_add_up_and_none_lets_nobody_in() -> None:
    acme = Rule(claim="group", value="a", role="customer", agreements=("acme",))
    harbour = Rule(claim="group", value="b", role="customer", agreements=("harbour",))
    both = viewer_by_rules("oidc:1", [acme, harbour])
    assert both is not None
    assert both.agreements == {"acme", "harbour"}
    assert not both.may_act
    reader = viewer_by_rules("oidc:1", [acme, Rule(claim="group", value="c", role="reader")])
    assert reader is not None
    assert reader.agreements is None
    assert not reader.may_act
    assert viewer_by_rules("oidc:1", []) is None


@pytest.mark.parametrize(
    ("role", "sees", "acts"), [("operator", True, True), ("reader", True, False), ("customer", False, False)]
)
def test_what_a_role_may(role: str, sees: bool, acts: bool) -> None:
    viewer = viewer_of(Account(name="x", role=role, agreements=("mine",) if role == "customer" else ()))  # type: ignore[arg-type]
    assert (viewer.sees("anothers"), viewer.may_act) == (sees, acts)
    assert viewer.sees("mine")
