"""DOCX: what word processors show is read, what they do not show is not."""

import pytest

from drverify.adapters.documents.intake import read_document
from drverify.errors import InputError
from tests.support.documents import NAMESPACES, STYLES, W, docx, numbering, paragraph, run, table


def shown(text):
    return [
        (
            block.kind,
            block.number,
            block.level,
            [text.of(cell) for cell in block.cells] or text.of(block.span),
        )
        for block in text.blocks
    ]


def kinds(text):
    return [remark.kind for remark in text.remarks]


def test_numbers_are_counted_as_the_word_processor_shows_them(tmp_path):
    levels = [("decimal", "%1."), ("decimal", "%1.%2"), ("lowerLetter", "(%3)"), ("lowerRoman", "(%4)")]
    path = docx(
        tmp_path / "a.docx",
        paragraph("Backup", number=(1, 0)),
        paragraph("The Provider shall back up:", number=(1, 1)),
        paragraph("databases;", number=(1, 2)),
        paragraph("files,", number=(1, 2)),
        paragraph("every day.", number=(1, 3)),
        paragraph("Copies are kept for 30 days.", number=(1, 1)),
        paragraph("Restore and Recovery", number=(1, 0)),
        paragraph("Tests. The Provider shall test.", number=(1, 1)),
        paragraph("systems;", number=(1, 2)),
        parts={"word/numbering.xml": numbering(levels)},
    )
    assert shown(read_document(path)) == [
        ("heading", "1", 1, "Backup"),
        ("paragraph", "1.1", 0, "The Provider shall back up:"),
        ("item", "(a)", 1, "databases;"),
        ("item", "(b)", 1, "files,"),
        ("item", "(i)", 2, "every day."),
        ("paragraph", "1.2", 0, "Copies are kept for 30 days."),
        ("heading", "2", 1, "Restore and Recovery"),
        ("heading", "2.1", 2, "Tests."),
        ("paragraph", "", 0, "The Provider shall test."),
        ("item", "(a)", 1, "systems;"),
    ]


def test_start_overrides_and_legal_numbers(tmp_path):
    override = (
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/>'
        "</w:lvlOverride></w:num>"
    )
    legal = numbering([("upperRoman", "Article %1"), ("decimal", "%1.%2")], extra=override).replace(
        '<w:lvlText w:val="%1.%2"/>', '<w:lvlText w:val="%1.%2"/><w:isLgl/>'
    )
    path = docx(
        tmp_path / "a.docx",
        paragraph("Backups", number=(1, 0)),
        paragraph("are made.", number=(1, 1)),
        paragraph("Restores", number=(2, 0)),
        parts={"word/numbering.xml": legal},
    )
    assert [block.number for block in read_document(path).blocks] == ["Article I", "1.1", "Article VII"]


def test_headings_by_style_and_typed_numbers(tmp_path):
    path = docx(
        tmp_path / "a.docx",
        paragraph("Schedule 2 - Backup", style="Heading1"),
        paragraph("4.1 Frequency", style="Clause"),
        paragraph("4.2 Backups run daily."),
        paragraph("Some Title Like Words"),
        parts={"word/styles.xml": STYLES},
    )
    assert shown(read_document(path)) == [
        ("heading", "Schedule 2", 1, "Schedule 2 - Backup"),
        ("heading", "4.1", 2, "4.1 Frequency"),
        ("paragraph", "4.2", 0, "4.2 Backups run daily."),
        ("paragraph", "", 0, "Some Title Like Words"),
    ]


def test_deleted_hidden_and_struck_figures_are_never_read(tmp_path):
    deleted = '<w:del w:id="1"><w:r><w:delText>24</w:delText></w:r></w:del>'
    moved = f"<w:moveFrom>{run('36')}</w:moveFrom>"
    inserted = f'<w:ins w:id="2">{run("4")}</w:ins>'
    path = docx(
        tmp_path / "a.docx",
        paragraph("The RPO is ", deleted, moved, inserted, " hours", run(" or 48 hours", "<w:strike/>"), "."),
        paragraph("The RTO is ", run("72", "<w:vanish/>"), run("96", '<w:rStyle w:val="Gone"/>'), "8 hours."),
        paragraph("Shown: ", run("5", '<w:rStyle w:val="Gone"/><w:vanish w:val="0"/>'), "."),
        parts={"word/styles.xml": STYLES},
    )
    text = read_document(path)
    assert text.content == "The RPO is 4 hours.\n\nThe RTO is 8 hours.\n\nShown: 5."
    assert kinds(text) == ["tracked", "hidden", "struck"]
    assert all(remark.blocks_absence for remark in text.remarks)


def test_a_deleted_paragraph_end_joins_the_next(tmp_path):
    first = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('Backups are kept ')}</w:p>"
    text = read_document(docx(tmp_path / "a.docx", first, paragraph("for 30 days.")))
    assert text.content == "Backups are kept for 30 days."


def test_content_controls_boxes_fields_and_text_boxes_are_read(tmp_path):
    control = f"<w:sdt><w:sdtPr/><w:sdtContent>{run('daily')}</w:sdtContent></w:sdt>"
    checkbox = (
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>'
        "</w:ffData></w:fldChar></w:r>"
    )
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>REF x</w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("4.1")}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    symbol = '<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>'
    inner = f"<w:txbxContent>{paragraph('RTO: 2 hours')}</w:txbxContent>"
    box = (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>{inner}</w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict>{inner}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    block_control = f"<w:sdt><w:sdtContent>{paragraph('Whole paragraph.')}</w:sdtContent></w:sdt>"
    path = docx(
        tmp_path / "a.docx",
        paragraph("Backups: ", control, " ", checkbox, " on-site ", symbol, " off-site, see ", field, box),
        block_control,
    )
    assert read_document(path).content == (
        "Backups: daily \u2612 on-site \u2610 off-site, see 4.1\n\nRTO: 2 hours\n\nWhole paragraph."
    )


def test_tables_with_merged_cells_and_nested_tables(tmp_path):
    wide = f'<w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{paragraph("30 days")}'
    top = f'<w:tcPr><w:vMerge w:val="restart"/></w:tcPr>{paragraph("Gold")}'
    going_on = f"<w:tcPr><w:vMerge/></w:tcPr>{paragraph()}"
    nested = paragraph("RTO:") + table(["Tier 1", "2 h"], ["Tier 2", "8 h"])
    path = docx(
        tmp_path / "a.docx",
        table(
            ["Service", "Daily", "Weekly"], [top, "7 days", "4 weeks"], [going_on, wide], ["Silver", "", "2 weeks"],
            header=True,
        ),
        paragraph("and"),
        table(["Recovery", nested], ["(a)", "Within 4 hours."]),
    )  # fmt: skip
    text = read_document(path)
    assert shown(text) == [
        ("header-row", "", 0, ["Service", "Daily", "Weekly"]),
        ("row", "", 0, ["Gold", "7 days", "4 weeks"]),
        ("row", "", 0, ["", "30 days", ""]),
        ("row", "", 0, ["Silver", "", "2 weeks"]),
        ("paragraph", "", 0, "and"),
        ("row", "", 0, ["Recovery", "RTO:"]),
        ("row", "", 0, ["Tier 1", "2 h"]),
        ("row", "", 0, ["Tier 2", "8 h"]),
        ("item", "(a)", 1, "(a) Within 4 hours."),
    ]
    assert [block.table for block in text.blocks] == [0, 0, 0, 0, None, 1, 2, 2, None]


def test_footnotes_headers_and_comments(tmp_path):
    notes = (
        f'<w:footnotes {W}><w:footnote w:id="0">{paragraph("---")}</w:footnote>'
        f'<w:footnote w:id="2">{paragraph("Excluding weekends.")}</w:footnote></w:footnotes>'
    )
    path = docx(
        tmp_path / "a.docx",
        paragraph("Within 4 hours", '<w:r><w:footnoteReference w:id="2"/></w:r>', "."),
        parts={
            "word/footnotes.xml": notes,
            "word/header1.xml": f"<w:hdr {NAMESPACES}>{paragraph('Draft 3 of the agreement')}</w:hdr>",
            "word/comments.xml": f"<w:comments {W}/>",
        },
    )
    text = read_document(path)
    assert shown(text) == [
        ("paragraph", "", 0, "Within 4 hours."),
        ("footnote", "1", 0, "Excluding weekends."),
        ("furniture", "", 0, "Draft 3 of the agreement"),
    ]
    assert [(remark.kind, remark.blocks_absence) for remark in text.remarks] == [("other", False)]
    assert text.blocks[0].locator == "word/document.xml paragraph 1"


@pytest.mark.parametrize("part", ["word/vbaProject.bin", "word/vbaData.xml"])
def test_macros_are_refused(tmp_path, part):
    path = docx(tmp_path / "a.docx", paragraph("Backups"), parts={part: "x"})
    with pytest.raises(InputError, match="the document holds macros") as caught:
        read_document(path)
    assert "without macros" in caught.value.hint


def test_strict_files_and_other_names_of_the_main_part(tmp_path):
    strict = "http://purl.oclc.org/ooxml/wordprocessingml/main"
    body = f'<w:document xmlns:w="{strict}"><w:body>{paragraph("Backups are made.")}</w:body></w:document>'
    relations = (
        '<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/officeDocument" Target="/word/document2.xml"/></Relationships>'
    )
    path = docx(tmp_path / "a.docx", parts={"_rels/.rels": relations, "word/document2.xml": body})
    text = read_document(path)
    assert text.content == "Backups are made."
    assert text.blocks[0].locator == "word/document2.xml paragraph 1"
