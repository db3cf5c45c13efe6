"""A plug-in may point to places; it can neither write figures nor accept anything."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from drverify.agreements import proposers
from drverify.agreements.proposals import propose
from drverify.errors import InputError

PROSE = """\
# Agreement

1.1 The Provider shall be helpful within three (3) hours of any call about ponies.

1.2 The Provider is nice for two (2) days and then for five (5) days.

1.3 The RPO is one (1) hour.
"""


def pointing(name: str, content: str) -> Iterable[tuple[int, int, str]]:
    assert name == "a.md"
    for words, kind in (
        ("The Provider shall be helpful", "rto"),
        ("The Provider is nice", "retention"),
        ("The RPO is", "rpo"),
    ):
        start = content.index(words)
        yield start, content.index(".", start) + 1, kind


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    known: dict[str, Any] = {"ponies": pointing}

    def entry_points(*, group: str) -> list[EntryPoint]:
        assert group == "drverify.proposers"
        return [EntryPoint(name=name, value=f"{__name__}:{name}", group=group) for name in known]

    monkeypatch.setattr(proposers, "entry_points", entry_points)
    monkeypatch.setattr(EntryPoint, "load", lambda point: known[point.name])
    return known


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "a.md"
    path.write_text(PROSE)
    return path


def test_off_unless_named(installed: dict[str, Any], document: Path) -> None:
    assert {one.origin for one in propose([document]).contract.provisions} == {"reader"}


def test_it_points_and_our_grammar_reads(installed: dict[str, Any], document: Path) -> None:
    opened = propose([document], proposers=["ponies"])
    pointed = {one.kind: one for one in opened.contract.provisions if one.origin == "plugin:ponies"}
    assert set(pointed) == {"rto", "retention"}, "what the reader read itself is not proposed again"
    assert pointed["rto"].citation.section == "1.1"
    assert pointed["rto"].figure is not None
    assert (pointed["rto"].figure.quantity.value, pointed["rto"].figure.quantity.unit) == (3, "hour")
    assert pointed["retention"].status == "needs_review"
    assert pointed["retention"].figure is None
    for one in pointed.values():
        assert one.review == "open"
        assert one.citation.quote == PROSE[one.citation.span.start : one.citation.span.end]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0, 9, "wish"), "may only give"),
        ((0, 9, "rto", "4 hours"), "may only give"),
        ("rto", "may only give"),
        ((0, 10**6, "rto"), "are no words of a.md"),
        ((-5, 3, "rto"), "are no words of a.md"),
        ((11, 13, "rto"), "are no words of a.md"),
    ],
)
def test_what_it_may_not_give(installed: dict[str, Any], document: Path, given: Any, said: str) -> None:
    installed["bad"] = lambda _name, _content: [given]
    with pytest.raises(InputError) as caught:
        propose([document], proposers=["bad"])
    assert said in f"{caught.value} {caught.value.hint}"
    assert "proposer 'bad' gave" in str(caught.value)


def test_a_plug_in_that_fails_or_is_not_there(installed: dict[str, Any], document: Path) -> None:
    def failing(_name: str, _content: str) -> Iterable[tuple[int, int, str]]:
        raise RuntimeError("no model")

    installed["failing"] = failing
    with pytest.raises(InputError, match=r"'failing' failed on a\.md: no model"):
        propose([document], proposers=["failing"])
    with pytest.raises(InputError, match="no proposer 'other' is installed"):
        propose([document], proposers=["other"])
