"""Whatever overlaps whatever: no character is lost, every provision is shown once, nobody is paired twice."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.linting.difference import difference
from drverify.model.agreement import Span
from drverify.model.contract import ProvisionId
from drverify.report.agreement.highlight import passages
from drverify.report.agreement.review_page import review_page
from drverify.report.agreement.words import clean
from tests.support.proposals import MAIN, contract, provision, text_of

WORDS = st.sampled_from(
    [
        "Backups",
        "run",
        "daily",
        "for 30 days",
        "x" * 400,
        "- ",
        "\n",
        "\n\n",
        "# ",
        " ",
        "é",
        "\u202e",
        "<b>",
        "&",
    ]
)
CONTENTS = st.lists(WORDS, min_size=1, max_size=40).map(" ".join).filter(lambda said: said.strip())


@st.composite
def texts_with_spans(draw):
    text = text_of(draw(CONTENTS))
    size = len(text.content)
    pairs = draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(1, 60)), max_size=12))
    spans = [Span(start=start, end=min(size, start + length)) for start, length in pairs]
    kinds = draw(
        st.lists(st.sampled_from(["rpo", "rto", "retention"]), min_size=len(spans), max_size=len(spans))
    )
    made = [
        provision_at(text, span, kind, number)
        for number, (span, kind) in enumerate(zip(spans, kinds, strict=True))
    ]
    return text, made


def provision_at(text, span: Span, kind: str, number: int):
    whole = provision(text, text.content, kind, id=ProvisionId(f"p-{number}"))
    return replace(whole, citation=replace(whole.citation, span=span, quote=text.of(span)))


@given(texts_with_spans())
@settings(max_examples=120, deadline=None)
def test_the_page_keeps_every_word_and_every_provision(made) -> None:
    text, provisions = made
    found = list(passages(text, list(enumerate(provisions))))
    shown = "".join(piece.text for one in found for cell in one.cells for piece in cell)
    assert set(clean(text.content)) - set(" \n#*|-=_`:>+~") <= set(shown)
    compact = "".join(shown.split())
    for block in text.blocks:
        assert "".join(clean(text.of(block.span)).split()) in compact
    beside = [at for one in found for at in one.beside]
    assert sorted(beside) == list(range(len(provisions))) if found else not beside
    html = review_page(contract(text, provisions), {MAIN: text})
    for at in range(len(provisions) if found else 0):
        assert html.count(f'id="p{at}"') == 1
        assert html.count(f'id="s{at}"') == 1


@given(texts_with_spans(), texts_with_spans())
@settings(max_examples=120, deadline=None)
def test_a_difference_accounts_for_every_provision_once(one, other) -> None:
    old, new = contract(*one), contract(*other)
    found = difference(old, new)
    assert sorted(change.old.id for change in found.changes if change.old) == sorted(
        p.id for p in old.provisions
    )
    assert [change.new.id for change in found.changes if change.new] == [p.id for p in new.provisions]
    assert all(change.old.kind == change.new.kind for change in found.changes if change.old and change.new)
    assert found == difference(old, new)


@given(texts_with_spans())
@settings(max_examples=60, deadline=None)
def test_nothing_differs_from_itself(made) -> None:
    same = contract(*made)
    assert {change.kind for change in difference(same, same).changes} <= {"same"}
