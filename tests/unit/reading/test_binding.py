"""Which figure goes to which kind."""

from drverify.model.agreement import Sha256, Span
from drverify.model.contract import Provision
from drverify.model.document import Block, DocumentId, Text
from drverify.reading.reader import provisions


def read(words: str, *, header: str = "") -> dict[str, list[str]]:
    """Figures by kind; of a table when a header is given."""
    content = f"{header}\n{words}" if header else words
    blocks = []
    for kind, line, start in (("header-row", header, 0), ("row", words, len(header) + 1)) if header else ():
        cells, at = [], 0
        for cell in line.split("|"):
            cells.append(Span(start=start + at, end=start + at + len(cell)))
            at += len(cell) + 1
        blocks.append(
            Block(kind=kind, span=Span(start=start, end=start + len(line)), cells=tuple(cells), table=0)  # type: ignore[arg-type]
        )
    if not header:
        blocks.append(Block(kind="paragraph", span=Span(start=0, end=len(content))))
    text = Text(name="a", format="txt", sha256=Sha256("0" * 64), content=content, blocks=tuple(blocks))
    found: dict[str, list[str]] = {}
    for one in provisions(text, document=DocumentId("a")):
        found.setdefault(one.kind, []).append(figure(one))
    return found


def figure(one: Provision) -> str:
    if one.figure is None:
        return one.status
    quantity = one.figure.quantity
    return f"{one.figure.comparator} {quantity.value.normalize():f} {quantity.unit}"


def test_two_objectives_in_one_sentence_each_get_their_own() -> None:
    found = read("The RPO is 15 minutes and the RTO is 4 hours.")
    assert (found["rpo"], found["rto"]) == (["= 15 minute"], ["= 4 hour"])


def test_interval_and_retention_of_one_sentence() -> None:
    found = read("Backups are taken every 6 hours and kept for 30 days.")
    assert (found["backup_frequency"], found["retention"]) == (["= 6 hour"], ["= 30 day"])


def test_generations_each_with_their_period() -> None:
    found = read("Daily backups are retained for 7 days and monthly backups for 12 months.")
    assert found["retention"] == ["= 7 day", "= 12 month"]


def test_one_figure_serves_return_and_deletion() -> None:
    found = read("Upon termination Provider shall return or delete all Customer Data within 30 days.")
    assert found["exit_data_return"] == found["data_deletion"] == ["<= 30 day"]


def test_a_limit_told_as_what_must_not_be_exceeded_is_an_upper_one() -> None:
    found = read("If an outage lasts more than 8 hours, Provider will make an alternate site available.")
    assert found.get("rto") == ["<= 8 hour"]


def test_notice_and_credits_take_their_figures_away() -> None:
    found = read("Provider shall retain backups and give Customer 30 days notice of changes.")
    assert "= 30 day" not in found.get("retention", [])
    assert "uptime" not in read("If availability falls below 99.5%, a credit of 10% is due.")


def test_columns_decide_and_their_heads_give_the_unit() -> None:
    found = read("Web shop|4|15", header="Service|RTO (hours)|RPO (minutes)")
    assert (found["rto"], found["rpo"]) == (["= 4 hour"], ["= 15 minute"])


def test_a_retention_table_has_a_period_in_every_column() -> None:
    found = read("Daily|2 days|1 week|1 month", header="Backups retained|Basic|Advanced|Premium")
    assert found["retention"] == ["= 2 day", "= 1 week", "= 1 month"]


def test_a_share_is_no_availability() -> None:
    assert "uptime" not in read("An assistant will be available (50%) to the project.")


def test_the_age_of_what_is_restored_is_no_time_to_restore() -> None:
    for words in (
        "Restores of data older than 14 days are billed separately.",
        "You can restore a snapshot up to 7 days old.",
        "Provider will restore files deleted within the last 30 days.",
    ):
        assert [one for one in read(words).get("restore_time", []) if "day" in one] == [], words
    assert read("If an outage lasts past 4 hours, Provider will make an alternate site available.")[
        "rto"
    ] == ["= 4 hour"]
    assert read("Provider will restore files within 7 days of a request.")["restore_time"] == ["<= 7 day"]


def test_work_that_is_paid_is_no_time_to_restore() -> None:
    for words in (
        "Restoring a server takes up to 3 hours of labour, billed at the standard rate.",
        "Restores of files are limited to 1 hour of engineering time per month.",
    ):
        assert [one for one in read(words).get("restore_time", []) if "hour" in one] == [], words
    assert read("Restoring a server takes up to 3 hours.")["restore_time"] == ["<= 3 hour"]
