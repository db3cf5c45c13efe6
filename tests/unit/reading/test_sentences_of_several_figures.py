"""Of several figures in one sentence or one cell each goes where it belongs, and nowhere else."""

import pytest

from tests.unit.reading.test_binding import read

SENTENCES: tuple[tuple[str, dict[str, list[str]]], ...] = (
    (
        (
            "In a disaster critical functions shall be restored within 4 hours and all others within 48 hours, "
            "with data loss not exceeding 15 minutes."
        ),
        {"rto": ["<= 4 hour", "<= 48 hour"], "rpo": ["<= 15 minute"]},
    ),
    (
        (
            "Within 30 days of termination Provider shall return all Customer Data and within a further 60 days "
            "delete all copies of Customer Data."
        ),
        {"exit_data_return": ["<= 30 day"], "data_deletion": ["<= 60 day"]},
    ),
    (
        (
            "Upon termination Provider shall deliver all Customer Data within ten days and shall thereafter "
            "erase all remaining Customer Data."
        ),
        {"exit_data_return": ["<= 10 day"], "data_deletion": ["defined"]},
    ),
    (
        "Restore tests are carried out twice a year and the disaster recovery plan is tested annually.",
        {"restore_test": ["= 6 month"], "dr_test": ["= 1 year"]},
    ),
    (
        "The Recovery Point Objective and the Recovery Time Objective are 24 hours.",
        {"rpo": ["= 24 hour"], "rto": ["= 24 hour"]},
    ),
    ("At least 7 daily backups shall be retained (7-day window).", {"retention": [">= 7 count"]}),
    (
        "Backup jobs are checked daily, and failed jobs are reported to the customer within 4 hours.",
        {"backup_monitoring": ["= 1 day", "<= 4 hour"]},
    ),
    (
        "The schedule shall be a weekly full backup and monthly offsite storage of all data.",
        {"backup_frequency": ["= 1 week"], "offsite_copy": ["= 1 month"]},
    ),
    ("Backups cannot be altered or deleted for 30 days.", {"immutability": ["= 30 day"]}),
)


@pytest.mark.parametrize(("text", "expected"), SENTENCES, ids=[text[:40] for text, _ in SENTENCES])
def test_each_figure_has_one_place(text: str, expected: dict[str, list[str]]) -> None:
    found = read(text)
    assert {kind: found.get(kind) for kind in expected} == expected


ROWS: tuple[tuple[str, str, dict[str, list[str]]], ...] = (
    ("Class|RTO / RPO", "Gold|4 hours / 15 minutes", {"rto": ["= 4 hour"], "rpo": ["= 15 minute"]}),
    ("Class|RPO/RTO", "Gold|24 h", {"rto": ["= 24 hour"], "rpo": ["= 24 hour"]}),
    (
        "Class|Commitment",
        "Gold|RPO 4 hours, RTO 8 hours",
        {"rpo": ["= 4 hour"], "rto": ["= 8 hour"]},
    ),
    (
        "System|RPO|RTO|Method",
        "Database|15 min|1 h|WAL archiving + 5-minute base backups",
        {"rpo": ["= 15 minute"], "rto": ["= 1 hour"], "retention": []},
    ),
    ("When|Method|Retention", "Daily|Incremental|30 days", {"retention": ["= 30 day"]}),
    ("Priority|Recovery within|Max. data loss", "1|4 hours|15 minutes", {"rto": ["= 4 hour"]}),
    ("Service level|Target", "Monthly uptime|99.9%", {"uptime": ["= 99.9 percent"]}),
    ("Tier|RTO|Test", "Gold|2 h|half-yearly", {"rto": ["= 2 hour"], "dr_test": ["= 6 month"]}),
)


@pytest.mark.parametrize(("header", "row", "expected"), ROWS, ids=[row for _, row, _ in ROWS])
def test_each_cell_says_what_its_column_asks(header: str, row: str, expected: dict[str, list[str]]) -> None:
    found = read(row, header=header)
    assert {kind: found.get(kind, []) for kind in expected} == expected


def test_an_item_within_a_paragraph_is_a_statement_of_its_own() -> None:
    found = read(
        "Processor shall resume processing at the recovery center within 48 hours after the interruption. "
        "(b) The disaster recovery plan shall be tested twice a year."
    )
    assert (found["rto"], found["dr_test"]) == (["<= 48 hour"], ["= 6 month"])
