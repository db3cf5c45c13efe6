"""The lines that a scorer reads: its words, its units, the document's own offsets."""

import json
from dataclasses import replace
from decimal import Decimal

from drverify.report.agreement.spans import lines
from tests.support.proposals import contract, provision, text_of

TEXT = text_of(
    "# Backup\nThe Customer keeps backups for 30 days.\nRestores take 8 business hours.\nUptime is 99.95%.\n"
)


def read(*provisions):
    return [json.loads(line) for line in lines(contract(TEXT, provisions)).splitlines()]


def test_offsets_name_and_quote_are_those_of_the_document() -> None:
    (row,) = read(provision(TEXT, "Uptime is 99.95%.", "uptime", figure=("99.95", "percent", ">=", "99.95%")))
    assert row["doc"] == "agreement.md"
    assert TEXT.content[row["start"] : row["end"]] == row["quote"] == "Uptime is 99.95%."
    assert (row["value"], row["unit"], row["comparator"]) == (99.95, "percent", ">=")


def test_the_customer_is_the_scorers_client_and_whole_numbers_are_whole() -> None:
    kept = provision(
        TEXT,
        "The Customer keeps backups for 30 days.",
        "retention",
        party="customer",
        figure=("30.0", "day", ">=", "30 days"),
    )
    (row,) = read(kept)
    assert row["party"] == "client"
    assert row["value"] == 30
    assert isinstance(row["value"], int)
    assert row["vague"] is False


def test_business_time_is_a_unit_of_its_own_however_it_was_read() -> None:
    quote = "Restores take 8 business hours."
    by_unit = provision(
        TEXT, quote, "restore_time", figure=("8", "business_hour", "<=", "8 business hours", "business")
    )
    by_clock = provision(
        TEXT, quote, "restore_time", figure=("8", "hour", "<=", "8 business hours", "office")
    )
    assert [row["unit"] for row in read(by_unit, by_clock)] == ["business_hour", "business_hour"]


def test_no_figure_is_null_and_everything_but_defined_is_vague() -> None:
    for status in ("vague", "by_reference", "placeholder", "needs_review"):
        (row,) = read(provision(TEXT, "Restores take 8 business hours.", "restore_time", status=status))
        assert (row["value"], row["unit"], row["comparator"], row["vague"]) == (None, None, None, True)


def test_rejected_ones_are_left_out_and_the_keys_are_always_the_same() -> None:
    kept = provision(TEXT, "Uptime is 99.95%.", "uptime", figure=("99.95", "percent", ">=", "99.95%"))
    assert kept.figure is not None
    between = replace(
        kept, figure=replace(kept.figure, quantity=replace(kept.figure.quantity, upper=Decimal("99.99")))
    )
    found = read(kept, replace(kept, review="rejected"), between)
    assert [row["value_max"] for row in found] == [None, 99.99]
    assert len({tuple(row) for row in found}) == 1
