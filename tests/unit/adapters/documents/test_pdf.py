"""PDF: lines become paragraphs again, whatever the page does to them."""

import pytest

from drverify.adapters.documents.intake import read_document
from drverify.errors import InputError
from tests.support.documents import assembled, grid, pdf_bytes


def read(tmp_path, pages, **options):
    path = tmp_path / "a.pdf"
    path.write_bytes(pages if isinstance(pages, bytes) else pdf_bytes(pages, **options))
    return read_document(path)


def shown(text):
    return [
        (block.kind, block.number, block.page, [text.of(cell) for cell in block.cells] or text.of(block.span))
        for block in text.blocks
    ]


def lines(x, y, *texts, pitch=12):
    return [(x, y - pitch * at, text) for at, text in enumerate(texts)]


LONG = (
    "The Provider shall make backups of all systems in scope at least once a day and shall keep",
    "every one of them for a period of thirty days at a place that is not the place of the sys-",
    "tems, in such a way that nobody can change them.",
)


def test_lines_paragraphs_and_cut_words(tmp_path):
    text = read(
        tmp_path,
        [[
            *lines(72, 780, "*4 Backup"), *lines(72, 756, *LONG), *lines(72, 708, "4.1 Tests are made each year."),
            *lines(90, 690, "(a) of the systems; and"), (90, 678, "(b)"), (110, 678, "of the files."),
        ]],
    )  # fmt: skip
    assert shown(text) == [
        ("heading", "4", 1, "4 Backup"),
        ("paragraph", "", 1, f"{LONG[0]} {LONG[1][:-1]}{LONG[2]}"),
        ("paragraph", "4.1", 1, "4.1 Tests are made each year."),
        ("item", "(a)", 1, "(a) of the systems; and"),
        ("item", "(b)", 1, "(b) of the files."),
    ]
    assert text.blocks[0].locator == "page 1 at 72,778..116,790"


def test_a_sentence_across_pages_is_one_block_and_the_frame_is_furniture(tmp_path):
    def page(number, *body):
        return [
            (72, 800, "Hosting Agreement"),
            *body,
            (72, 40, "In confidence"),
            (500, 40, f"Page {number} of 3"),
        ]

    text = read(
        tmp_path,
        [
            page(1, *lines(72, 700, *LONG[:2])),
            page(2, *lines(72, 700, LONG[2], "", "It shall test them, and in")),
            page(3, *lines(72, 700, "the first week of each year report about it.")),
        ],
    )
    assert [(kind, page) for kind, _, page, _ in shown(text)] == [
        ("furniture", 1), ("paragraph", 1), ("furniture", 1), ("furniture", 2),
        ("paragraph", 2), ("furniture", 2), ("furniture", 3), ("furniture", 3),
    ]  # fmt: skip
    paragraphs = [what for kind, *_, what in shown(text) if kind == "paragraph"]
    assert paragraphs[0] == f"{LONG[0]} {LONG[1][:-1]}{LONG[2]}"
    assert paragraphs[1] == "It shall test them, and in the first week of each year report about it."
    assert text.pages == 3


def test_two_columns_are_read_one_after_the_other(tmp_path):
    left = [
        "this column has words about what the",
        *["provider does with all the backups it"] * 7,
        "keeps for us here.",
    ]
    right = [
        "and the other column has words about",
        *["what happens when all of the systems"] * 7,
        "are gone for ever.",
    ]
    rows = [(x, 700 - 12 * at, text) for at in range(9) for x, text in ((60, left[at]), (320, right[at]))]
    text = read(tmp_path, [[(60, 760, "THE AGREEMENT"), *rows]])
    assert [what for _, _, _, what in shown(text)] == [
        "THE AGREEMENT",
        f"{' '.join(left)}",
        f"{' '.join(right)}",
    ]


def test_ruled_tables_with_wrapped_and_empty_cells(tmp_path):
    xs, ys = [60, 200, 330, 460], [600, 630, 660, 690, 720]
    cells = [
        (65, 700, "*Task"), (205, 700, "*Provider"), (335, 700, "*Customer"),
        (65, 678, "Make backups of"), (65, 666, "the databases"), (205, 678, "R"),
        (65, 640, "Restore files"), (205, 640, "A"), (335, 640, "R"),
        (65, 610, "Keep copies"), (335, 610, "30 days"),
    ]  # fmt: skip
    text = read(tmp_path, [[(60, 760, "Who does what"), *cells]], rules=[grid(xs, ys)])
    assert shown(text)[1:] == [
        ("header-row", "", 1, ["Task", "Provider", "Customer"]),
        ("row", "", 1, ["Make backups of the databases", "R", ""]),
        ("row", "", 1, ["Restore files", "A", "R"]),
        ("row", "", 1, ["Keep copies", "", "30 days"]),
    ]


def test_a_table_goes_on_with_its_number_on_the_next_page(tmp_path):
    xs, ys = [60, 300, 500], [600, 630, 660, 690]
    first = [
        (65, 670, "Kind"),
        (305, 670, "Kept"),
        (65, 640, "Daily"),
        (305, 640, "7 days"),
        (65, 610, "Weekly"),
        (305, 610, "4 weeks"),
    ]
    second = [
        (65, 670, "Kind"),
        (305, 670, "Kept"),
        (65, 640, "Monthly"),
        (305, 640, "1 year"),
        (65, 610, "Yearly"),
        (305, 610, "7 years"),
    ]
    text = read(tmp_path, [first, second], rules=[grid(xs, ys)] * 2)
    assert [block.table for block in text.blocks] == [0] * 6
    assert [block.kind for block in text.blocks] == ["header-row", "row", "row"] * 2


def test_tables_without_rules_by_their_columns(tmp_path):
    rows = [
        ("Service", "Interval", "Kept for"),
        ("Database", "daily", "30 days"),
        ("Files", "weekly", "1 year"),
    ]
    cells = [
        (x, 700 - 16 * at, cell)
        for at, row in enumerate(rows)
        for x, cell in zip((60, 220, 380), row, strict=True)
    ]
    text = read(tmp_path, [[*lines(60, 760, *LONG), *cells]])
    assert shown(text)[1:] == [
        ("header-row", "", 1, list(rows[0])), ("row", "", 1, list(rows[1])), ("row", "", 1, list(rows[2])),
    ]  # fmt: skip


def test_tables_of_contents_are_furniture(tmp_path):
    dotted = lines(60, 760, "4.1 Backup ................ 12", "4.2 Restore ............... 13")
    entries = [
        (x, 700 - 12 * at, cell)
        for at in range(7)
        for x, cell in ((60, f"{at + 1}.1 Title"), (500, str(at + 3)))
    ]
    text = read(tmp_path, [[*dotted, *entries]])
    assert {block.kind for block in text.blocks} == {"furniture"}
    assert len(text.blocks) == 9


@pytest.mark.parametrize(
    ("matrix", "step", "rotate"),
    [
        ("1 0 0 1", (0, -12), 90),
        ("0 1 -1 0", (12, 0), 90),
        ("-1 0 0 -1", (0, 12), 180),
        ("0 -1 1 0", (-12, 0), 0),
    ],
    ids=["upright", "counter-clockwise", "upside down", "clockwise"],
)
def test_turned_text_is_read_upright(tmp_path, matrix, step, rotate):
    placed = [(300 + at * step[0], 400 + at * step[1], text) for at, text in enumerate(LONG)]
    text = read(tmp_path, [placed], matrix=matrix, rotate=rotate)
    assert [what for *_, what in shown(text)] == [f"{LONG[0]} {LONG[1][:-1]}{LONG[2]}"]


def test_pages_without_text_are_remarked(tmp_path):
    text = read(tmp_path, [lines(72, 700, *LONG), []])
    assert [(remark.kind, remark.page, remark.blocks_absence) for remark in text.remarks] == [
        ("no-text", 2, False)
    ]


def test_progress_counts_pages(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_bytes([lines(72, 700, "One."), lines(72, 700, "Two.")]))
    told = []
    read_document(path, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


ENCRYPTED = assembled(
    [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"],
    trailer=b"/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O <"
    + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>",
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\nnothing", "cut off"),
        (pdf_bytes([[(72, 700, "A")]])[:300], "cut off"),
        (ENCRYPTED, "encrypted"),
    ],
    ids=["no pdf", "cut off", "encrypted"],
)
def test_damaged_files_are_refused_with_advice(tmp_path, data, what):
    with pytest.raises(InputError, match=what) as caught:
        read(tmp_path, data)
    assert caught.value.hint


def test_a_page_that_cannot_be_loaded_is_remarked(tmp_path):
    circle = assembled([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"])
    assert [(remark.kind, remark.blocks_absence) for remark in read(tmp_path, circle).remarks] == [
        ("no-text", True)
    ]


def test_a_band_of_two_columns_within_a_page(tmp_path):
    wide = [
        (
            60,
            800 - 14 * at,
            "These lines go over the whole width of the page and say a lot about both of the parties.",
        )
        for at in range(9)
    ]
    left = [
        "the customer shall be responsible for",
        "the application's data and for all of",
        "their validation after each restore,",
        "the tests included, and shall name a",
        "person for it within five days.",
    ]
    right = [
        "the provider shall restore the whole of",
        "the service within eight hours after",
        "the incident was reported to its desk by",
        "telephone.",
    ]
    band = [(60, 640 - 12 * at, text) for at, text in enumerate(left)] + [
        (320, 646 - 12 * at, text) for at, text in enumerate(right)
    ]
    text = read(tmp_path, [[*wide, *band, (60, 560, "And so on.")]])
    assert [what for *_, what in shown(text)][-3:] == [" ".join(left), " ".join(right), "And so on."]
