"""The review page: complete, linked both ways, and nothing in it that an agreement could have put there."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from drverify.model.agreement import Span
from drverify.model.contract import OpenPoint, Parties, Source
from drverify.model.document import Block, DocumentId, Remark
from drverify.report.agreement import page
from drverify.report.agreement.highlight import around, passages
from drverify.report.agreement.review_page import review_page
from tests.support.proposals import MAIN, contract, provision, text_of

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"' {{ 7*7 }} \u202eevil\x1b[31m"
TEXT = text_of(
    "# Backup\n"
    "The Provider shall back up all databases daily and keep them for 30 days.\n"
    "Nothing here.\n"
    "Recovery is made with best efforts.\n"
)
DAILY = "The Provider shall back up all databases daily"
BOTH = (
    provision(TEXT, DAILY, "backup_frequency", figure=("1", "day", "=", "daily"), party="provider"),
    provision(
        TEXT,
        "The Provider shall back up all databases daily and keep them for 30 days.",
        "retention",
        figure=("30", "day", ">=", "30 days"),
        slots=[("generation", "daily", "daily")],
    ),
    provision(
        TEXT,
        "Recovery is made with best efforts.",
        "rto",
        status="vague",
        why="“best efforts”",
        rules=("V-01",),
    ),
)


class Tags(HTMLParser):
    """Every tag with its attributes, the ids and the links."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, attrs in self.tags for key, value in attrs.items() if key == name and value]


def written(text=TEXT, provisions=BOTH, **fields) -> Tags:
    made = contract(text, provisions, **fields)
    return Tags(review_page(made, {MAIN: text}))


def test_every_provision_has_a_card_and_a_mark_and_both_lead_to_each_other() -> None:
    found = written()
    ids, links = found.values("id"), found.values("href")
    for at in range(len(BOTH)):
        assert ids.count(f"p{at}") == 1
        assert ids.count(f"s{at}") == 1
        assert f"#s{at}" in links
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links} <= set(ids)


def test_the_whole_text_stands_on_the_page_in_its_order() -> None:
    shown = "".join(written().words)
    for line in TEXT.content.splitlines():
        assert line in shown


def test_overlapping_quotes_share_their_words() -> None:
    marks = [
        attrs for tag, attrs in written().tags if tag == "a" and "m" in (attrs.get("class") or "").split()
    ]
    assert [mark["data-p"] for mark in marks][:2] == ["0 1", "0 1"]
    assert "1" in [mark["data-p"] for mark in marks]
    said = [mark.get("title") for mark in marks]
    assert "figure; generation: daily" in said


def test_nothing_of_a_hostile_agreement_becomes_markup_or_leaves_the_page() -> None:
    text = text_of(f"# {HOSTILE}\nData is kept for 3 days {HOSTILE}\n", name=f"a{HOSTILE}.md")
    quote = f"Data is kept for 3 days {HOSTILE}"
    one = provision(
        text, quote, "retention", figure=("3", "day", "=", "3 days"), scope=HOSTILE, section=HOSTILE,
        slots=[("generation", HOSTILE, "kept")], conditions=(HOSTILE,), why=HOSTILE, rules=(HOSTILE,),
        status="vague", remark=HOSTILE, id=HOSTILE, origin=f"plugin:{HOSTILE}",
    )  # fmt: skip
    point = OpenPoint(rule=HOSTILE, question=HOSTILE, severity="critical", status="absent", clause=HOSTILE)
    made = contract(
        text, [one], open_points=(point,), title=HOSTILE, parties=Parties(provider=HOSTILE, customer=HOSTILE)
    )
    html = review_page(made, {MAIN: text})
    found = Tags(html)
    assert [tag for tag, _ in found.tags].count("script") == 1
    assert not {"img", "iframe", "object", "embed", "link", "base", "form"} & {tag for tag, _ in found.tags}
    assert not [
        name for _, attrs in found.tags for name in attrs if name.startswith("on") or name in {"src", "style"}
    ]
    assert "{{ 7*7 }}" in "".join(found.words)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", html)
    assert "alert(1)" in "".join(found.words)


def test_only_the_pages_own_style_and_script_may_run_and_nothing_is_fetched() -> None:
    found = written()
    (policy,) = [attrs["content"] or "" for tag, attrs in found.tags if attrs.get("http-equiv")]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert all(link.startswith("#") for link in found.values("href"))


def test_filters_need_no_script() -> None:
    html = review_page(contract(TEXT, BOTH), {MAIN: TEXT})
    for kind in ("backup_frequency", "retention", "rto"):
        assert f'id="k-{kind}"' in html
        assert f"body:has(#k-{kind}:not(:checked)) :is(.card,tr).k-{kind}{{display:none}}" in html
    assert 'id="s-vague"' in html
    assert 'id="k-rpo"' not in html


def test_tables_stand_as_tables_with_the_cards_beside_their_rows() -> None:
    content = "| Tier | RPO |\n|---|---|\n| gold | 4 hours |\n"
    cells = [[(2, 6), (9, 12)], [(28, 32), (35, 42)]]
    blocks = tuple(
        Block(
            kind=kind, span=Span(start=row[0][0] - 2, end=row[1][1] + 2), table=0,
            cells=tuple(Span(start=start, end=end) for start, end in row),
        )
        for kind, row in zip(("header-row", "row"), cells, strict=True)
    )  # fmt: skip
    text = replace(text_of(content), blocks=blocks)
    one = provision(text, "| gold | 4 hours |", figure=("4", "hour", "<=", "4 hours"))
    html = review_page(contract(text, [one]), {MAIN: text})
    assert ".t0-0{grid-template-columns:6fr 7fr}" in html
    assert html.index("header-row t0-0") < html.index('"src table row t0-0"') < html.index('id="p0"')
    assert "|---|" not in html


def test_documents_that_are_not_there_are_said_and_their_provisions_kept() -> None:
    made = contract(TEXT, BOTH)
    plan = Source(id=DocumentId("plan"), name="dr-plan.pdf", supplied=False)
    remark = Remark(kind="no-text", detail="page 7 is a picture", page=7)
    made = replace(made, documents=(replace(made.documents[0], remarks=(remark,)), plan))
    with_text = "".join(Tags(review_page(made, {MAIN: TEXT})).words)
    assert "page 7 is a picture" in with_text
    assert "Named by the agreement and not supplied." in with_text
    without = Tags(review_page(made, {}))
    assert {"p0", "p1", "p2"} <= set(without.values("id"))
    assert "The text is not at hand." in "".join(without.words)


def test_a_provision_that_quotes_no_block_still_has_its_place() -> None:
    text = text_of("First line.\n\n---\n\nLast line.\n")
    one = provision(text, "---", "rto")
    found = written(text, [one])
    assert {"p0", "s0"} <= set(found.values("id"))


def test_pieces_put_the_text_together_again_and_know_what_begins_where() -> None:
    pieces = [
        piece for passage in passages(TEXT, list(enumerate(BOTH))) for cell in passage.cells for piece in cell
    ]
    assert "\n".join(TEXT.content.splitlines()) == "\n".join(
        "".join(piece.text for cell in passage.cells for piece in cell)
        for passage in passages(TEXT, list(enumerate(BOTH)))
    )
    assert [at for piece in pieces for at in piece.first_of] == [0, 1, 2]


def test_a_long_paragraph_is_cut_before_its_quotes_so_that_cards_stand_beside_their_words() -> None:
    filler = "Nothing is promised in this sentence. " * 20
    text = text_of(f"{filler}Data is kept for 3 days. {filler}Data is kept for 5 days. It is sealed.")
    kept = [
        provision(
            text, f"Data is kept for {days} days.", "retention", figure=(days, "day", ">=", f"{days} days")
        )
        for days in "35"
    ]
    found = list(passages(text, list(enumerate([*kept, provision(text, "It is sealed.", "encryption")]))))
    assert [(one.beside, one.goes_on) for one in found] == [((), False), ((0,), True), ((1, 2), True)]
    assert "".join(piece.text for one in found for piece in one.cells[0]) == text.content


def test_the_number_that_a_word_processor_gives_is_shown_and_one_in_the_text_not_twice() -> None:
    text = text_of("Backups run daily.\n\n2.2 Restores are tested.\n")
    numbered = tuple(replace(block, number=f"2.{at}") for at, block in enumerate(text.blocks, 1))
    html = review_page(contract(text, []), {MAIN: replace(text, blocks=numbered)})
    assert '<span class="num">2.1</span> Backups' in html
    assert '<span class="num">2.2</span>' not in html


def test_the_surroundings_of_a_quote_are_whole_lines() -> None:
    shown = around(TEXT, BOTH[2], characters=30)
    assert "".join(piece.text for piece in shown) == "Nothing here.\nRecovery is made with best efforts.\n"
    assert [piece.quoted_by for piece in shown] == [(), (0,), ()]


def test_a_thousand_pages_are_written_in_seconds_and_laid_out_piece_by_piece() -> None:
    line = "The Provider shall keep the lights on and the doors shut; nothing else is promised here.\n"
    text = text_of("".join(f"{number} {line}" for number in range(20_000)))
    one = provision(text, f"19999 {line.strip()}", "rto", status="vague")
    html = review_page(contract(text, [one]), {MAIN: text})
    assert html.count('<div class="chunk">') == 20_000 // 60 + 1
    assert len(html) < 3 * len(text.content)
    assert html.rindex('id="p0"') > html.rindex("19998 The Provider")


LIGHTNESS = re.compile(r"--([\w-]+): (#[0-9a-f]{6})")


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_pair_of_colours_can_be_read(theme: int) -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text."""
    css = (Path(page.__file__).parent / "templates" / "page.css").read_text()
    start = css.index("prefers-color-scheme: dark")
    colours = dict(LIGHTNESS.findall(css[start:] if theme else css[:start]))
    families = ("recovery", "backup", "test", "duty", "no", "other")
    pairs = [
        ("ink", "paper"),
        ("ink", "ground"),
        ("soft", "paper"),
        ("soft", "ground"),
        ("link", "paper"),
        ("link", "ground"),
    ]
    pairs += [(name, f"{name}-tint") for name in families] + [("ink", f"{name}-tint") for name in families]
    pairs += [(name, ground) for name in (*families, "good", "bad", "warn") for ground in ("paper", "ground")]
    bad = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in bad.items() if ratio < 4.5} == {}
