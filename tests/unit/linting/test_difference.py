"""A renewal against the agreement before it: what changed, what only moved, what is gone."""

from dataclasses import replace

import pytest

from drverify.linting.difference import Difference, difference
from drverify.model.contract import Parties
from tests.support.proposals import contract, provision, text_of

OLD = text_of(
    "# Backup\n"
    "The Provider backs up the databases daily.\n"
    "Daily backups are kept for 30 days.\n"
    "Weekly backups are kept for 8 weeks.\n"
    "# Recovery\n"
    "Data loss is limited to 4 hours.\n"
    "Service is restored within 8 hours of a declared disaster.\n"
)


def old_provisions(text=OLD):
    return [
        provision(
            text, "The Provider backs up the databases daily.", "backup_frequency", section="2.1",
            heading="Backup", figure=("1", "day", "=", "daily"), party="provider", scope="the databases",
        ),
        provision(
            text, "Daily backups are kept for 30 days.", "retention", section="2.2", heading="Backup",
            figure=("30", "day", ">=", "30 days"), slots=[("generation", "daily", "Daily")],
        ),
        provision(
            text, "Weekly backups are kept for 8 weeks.", "retention", section="2.3", heading="Backup",
            figure=("8", "week", ">=", "8 weeks"), slots=[("generation", "weekly", "Weekly")],
        ),
        provision(
            text, "Data loss is limited to 4 hours.", "rpo", section="3.1", heading="Recovery",
            figure=("4", "hour", "<=", "4 hours"), party="provider",
        ),
        provision(
            text, "Service is restored within 8 hours of a declared disaster.", "rto", section="3.2",
            heading="Recovery", figure=("8", "hour", "<=", "8 hours"),
            slots=[("start", "disaster_declared", "declared disaster")],
        ),
    ]  # fmt: skip


def compared(new_provisions, new_text=OLD, **fields) -> Difference:
    return difference(contract(OLD, old_provisions()), contract(new_text, new_provisions, **fields))


def one_change(result: Difference):
    (change,) = [change for change in result.changes if change.kind != "same"]
    return change


def with_quote(which: int, quote: str, **changes):
    provisions = old_provisions()
    cited = replace(provisions[which].citation, quote=quote)
    provisions[which] = replace(provisions[which], citation=cited, **changes)
    return provisions


def test_the_same_is_the_same_wherever_it_stands_in_the_file() -> None:
    shifted = text_of("# Renewal\n\n" + OLD.content)
    result = compared(old_provisions(shifted), shifted)
    assert {change.kind for change in result.changes} == {"same"}
    assert not result.is_promise_changed


def test_a_longer_limit_is_a_change_for_the_worse_and_a_shorter_one_for_the_better() -> None:
    for value, sense in (("6", "weaker"), ("1", "stronger")):
        text = text_of(OLD.content.replace("limited to 4 hours", f"limited to {value} hours"))
        new = old_provisions()
        new[3] = provision(
            text, f"Data loss is limited to {value} hours.", "rpo", section="3.1", heading="Recovery",
            figure=(value, "hour", "<=", f"{value} hours"), party="provider",
        )  # fmt: skip
        change = one_change(compared(new))
        assert (change.kind, change.fields, change.sense) == ("changed", ("figure", "words"), sense)


def test_other_words_for_the_same_figure_are_only_reworded() -> None:
    text = text_of("# Backup\nBackups of the databases are made by the Provider every 24 hours.")
    new = old_provisions()
    new[0] = provision(
        text, "Backups of the databases are made by the Provider every 24 hours.", "backup_frequency",
        section="2.1", heading="Backup", figure=("24", "hour", "=", "24 hours"), party="provider",
        scope="the databases",
    )  # fmt: skip
    change = one_change(compared(new))
    assert (change.kind, change.sense) == ("reworded", "")
    assert not compared(new).is_promise_changed


def test_a_month_is_not_thirty_days() -> None:
    text = text_of("Daily backups are kept for 1 month.")
    new = old_provisions()
    new[1] = provision(
        text, text.content, "retention", section="2.2", heading="Backup",
        figure=("1", "month", ">=", "1 month"), slots=[("generation", "daily", "Daily")],
    )  # fmt: skip
    change = one_change(compared(new))
    assert change.kind == "changed"
    assert change.sense == ""


def test_a_new_number_alone_is_a_move() -> None:
    new = old_provisions()
    new[4] = replace(new[4], citation=replace(new[4].citation, section="4.2"))
    change = one_change(compared(new))
    assert (change.kind, change.fields) == ("moved", ("section",))


@pytest.mark.parametrize(
    ("which", "fields", "name"),
    [
        (3, {"party": "customer"}, "party"),
        (3, {"status": "vague", "figure": None}, "status"),
        (3, {"modality": "target"}, "modality"),
        (3, {"conditions": ("outside maintenance windows",)}, "conditions"),
        (4, {"slots": ()}, "slot.start"),
    ],
)
def test_every_part_of_a_promise_counts(which: int, fields, name: str) -> None:
    new = old_provisions()
    new[which] = replace(new[which], **fields)
    result = compared(new)
    assert result.is_promise_changed
    assert name in one_change(result).fields


def test_a_figure_that_becomes_vague_is_weaker_but_nothing_is_said_when_the_scope_changed_too() -> None:
    new = old_provisions()
    new[3] = replace(new[3], status="vague", figure=None)
    assert one_change(compared(new)).sense == "weaker"
    new[3] = replace(new[3], scope=replace(new[3].scope, text="the shop only"))
    assert one_change(compared(new)).sense == ""


def test_generations_are_never_taken_for_one_another() -> None:
    new = [one for one in old_provisions() if one.values("generation") != ("daily",)]
    change = one_change(compared(new))
    assert change.kind == "removed"
    assert change.old is not None
    assert change.old.values("generation") == ("daily",)


def test_added_and_removed_ones_stand_where_they_stood() -> None:
    text = text_of(OLD.content + "Restores are tested twice a year.\n")
    added = provision(text, "Restores are tested twice a year.", "restore_test", section="3.3")
    new = [*old_provisions()[:2], *old_provisions()[3:], added]
    assert [change.kind for change in compared(new, text).changes] == [
        "same", "same", "removed", "same", "same", "added",
    ]  # fmt: skip


def test_what_was_rejected_is_not_there() -> None:
    new = old_provisions()
    new[0] = replace(new[0], review="rejected")
    assert one_change(compared(new)).kind == "removed"


def test_the_parties_and_calendars_are_compared_too() -> None:
    result = compared(old_provisions(), parties=Parties(provider="Other Ltd", customer="Customer GmbH"))
    (fact,) = result.facts
    assert (fact.name, fact.old, fact.new) == ("provider", "Provider Ltd", "Other Ltd")
    assert result.is_promise_changed


@pytest.mark.parametrize(
    ("before", "after", "is_changed"),
    [
        ("Backups run every (2) hours, roughly.", "Backups run every (4) hours, roughly.", True),
        ("Backups run every two hours or so.", "Backups run every three hours or so.", True),
        ("Backups run daily or so.", "Backups run weekly or so.", True),
        ("4.1 As clause 3.2 and 3.4 says, promptly.", "5.1 As clause 4.2 and 4.4 says, promptly.", False),
        ("(2) As Schedule 2 says, promptly.", "(3) As Schedule 3 says, promptly.", False),
        ("Backups run promptly.", "Backups are run promptly.", False),
    ],
)
def test_a_number_that_nobody_read_as_a_figure_is_a_change_all_the_same(before, after, is_changed) -> None:
    one, other = text_of(before), text_of(after)
    result = difference(
        contract(one, [provision(one, before, "backup_frequency", status="vague")]),
        contract(other, [provision(other, after, "backup_frequency", status="vague")]),
    )
    change = one_change(result)
    assert (change.kind == "changed", "numbers" in change.fields) == (is_changed, is_changed)
    assert change.sense == ""


def test_a_clause_with_two_figures_changes_only_where_its_figure_does() -> None:
    def read(days: str):
        text = text_of(f"Backups run every 4 hours and are kept for {days} days.")
        return contract(
            text,
            [
                provision(text, text.content, "backup_frequency", figure=("4", "hour", "=", "4 hours")),
                provision(text, text.content, "retention", figure=(days, "day", ">=", f"{days} days")),
            ],
        )

    result = difference(read("30"), read("14"))
    assert [(change.kind, change.sense) for change in result.changes] == [
        ("reworded", ""),
        ("changed", "weaker"),
    ]


def test_equal_clauses_pair_at_their_own_places() -> None:
    text = text_of("# One\nBackups run daily.\n# Two\nBackups run daily.\n")
    twice = [
        provision(text, "Backups run daily.", "backup_frequency", section=number, id=f"freq-{number}")
        for number in ("1.1", "2.1")
    ]
    result = difference(contract(text, twice), contract(text, twice[1:]))
    assert [(change.kind, change.either().id) for change in result.changes] == [
        ("removed", "freq-1.1"),
        ("same", "freq-2.1"),
    ]


def test_the_order_of_the_old_register_changes_no_pairing() -> None:
    new = with_quote(2, "Weekly backups are kept for eight weeks.")
    one = difference(contract(OLD, old_provisions()), contract(OLD, new))
    other = difference(contract(OLD, old_provisions()[::-1]), contract(OLD, new))
    assert one.of("changed", "reworded", "same") == other.of("changed", "reworded", "same")
    assert one_change(one).kind == "reworded"
