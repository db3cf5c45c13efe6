"""What the learned weights are shown of a passage."""

from drverify.model.agreement import Span
from drverify.model.document import Block
from drverify.reading.cue import Segment
from drverify.reading.features import features, words
from drverify.reading.quantities import quantities


def segment(text: str, **more: object) -> Segment:
    span = Span(start=0, end=len(text))
    return Segment(span=span, text=text, block=Block(kind="paragraph", span=span), **more)  # type: ignore[arg-type]


def test_words_lose_their_endings_and_numbers_their_value() -> None:
    assert words("Backups stored for 30 days, tested!") == ["backup", "stor", "for", "#", "days", "test"]


def test_two_wordings_of_one_thing_share_features() -> None:
    one = features(segment("Backups are stored daily."), "", "", ())
    other = features(segment("We store every backup."), "", "", ())
    assert {"w=backup", "w=stor"} <= one.keys() & other.keys()


def test_no_figure_and_a_figure_are_told_apart() -> None:
    text = "Kept for 30 days."
    assert "f=none" in features(segment(text), "", "", ())
    assert {"f=duration", "u=duration_D"} <= features(
        segment(text), "", "", quantities(text, offset=0)
    ).keys()


def test_what_stands_around_is_told_from_what_stands_in_the_passage() -> None:
    found = features(segment("Daily.", headings=("Service", "Backup")), "before", "after", ())
    assert {"H=servic", "h=backup", "p=befor", "n=after"} <= found.keys()
    assert "w=backup" not in found


def test_a_passage_of_any_length_is_looked_at_in_bounded_work() -> None:
    assert len(features(segment("copy of data " * 100_000), "", "", ())) < 50
