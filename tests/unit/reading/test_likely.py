"""Where a document speaks of recovery throughout, what no cue reads is a question; elsewhere it is nothing."""

import pytest

from drverify.model.agreement import Sha256, Span
from drverify.model.contract import Provision
from drverify.model.document import Block, DocumentId, Text
from drverify.reading import likely, reader
from drverify.reading.learned import Weights
from drverify.reading.reader import provisions

KNOWN = (
    "Backups are taken daily.",
    "Backups are kept for 30 days.",
    "The RTO is 4 hours.",
)
PADDING = "The parties meet at the seat of the Provider and keep minutes of their talks. " * 40


@pytest.fixture(autouse=True)
def rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No learned weights: they would judge these sentences, too."""
    none = Weights(bias=(0,) * 19, words={}, rest=0, evidence={}, keep=-1_000_000, ask=1_000_000)
    monkeypatch.setattr(reader, "weights", lambda: none)


def read(*sentences: str) -> tuple[Provision, ...]:
    content = "\n\n".join(sentences)
    blocks, at = [], 0
    for one in sentences:
        blocks.append(Block(kind="paragraph", span=Span(start=at, end=at + len(one))))
        at += len(one) + 2
    text = Text(name="a.md", format="md", sha256=Sha256("0" * 64), content=content, blocks=tuple(blocks))
    return provisions(text, document=DocumentId("a"))


def doubtful(*sentences: str) -> list[Provision]:
    return [one for one in read(*sentences) if one.why == likely.WHY]


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Excessive use of snapshots may be restricted without a word.", "backup_disclaimer"),
        ("Provider shall include in the BC Plan procedures no less protective than its peers have.", "dr_plan"),
        ("The Archive is put on a separate store, and so is each backup.", "offsite_copy"),
    ],
)  # fmt: skip
def test_what_no_cue_reads_is_a_question(sentence: str, kind: str) -> None:
    assert [one.kind for one in doubtful(*KNOWN, sentence)] == [kind]
    assert all(one.status == "needs_review" for one in doubtful(*KNOWN, sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "Fees for the backup service may not be changed.",
        "This page may not explain every backup.",
        "Click Restore beside the backup.",
        "Backup services may not include:",
    ],
)
def test_prices_pointers_and_instructions_are_none(sentence: str) -> None:
    assert not doubtful(*KNOWN, sentence)


def test_nothing_is_likely_in_a_document_about_other_things() -> None:
    sentence = "Provider shall include in the BC Plan procedures no less protective than its peers have."
    assert doubtful(*KNOWN, sentence)
    assert not doubtful(*KNOWN, sentence, PADDING)
    assert not doubtful(*KNOWN[:2], sentence)


def test_of_two_figures_or_a_range_none_is_taken() -> None:
    for sentence in (
        "The machine erases the tapes and takes others roughly every 10 to 14 days.",
        "Once a week, or twice a month, the machine puts files on tapes.",
    ):
        assert all(one.figure is None for one in doubtful(*KNOWN, sentence))
