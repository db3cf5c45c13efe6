"""Files beside the chain: bound by the log when a refresh names them, else told."""

from drverify.auditing import layout
from drverify.auditing.findings import Findings
from drverify.auditing.opening import check_extras
from drverify.planning.period import period_of
from tests.support.records import digest

ANNEX, EXPORT = digest(b"annex"), digest(b"export")


def index() -> layout.Index:
    files = (
        layout.Listed(path="annex.pdf", sha256=ANNEX, size_bytes=5),
        layout.Listed(path="exports/drills.csv", sha256=EXPORT, size_bytes=6),
    )
    return layout.Index(agreement="a", period=period_of("2026Q3"), origin="o", size=1, files=files)


def checked(*logged: str) -> Findings:
    findings = Findings()
    check_extras(index(), {digest_ for digest_ in (ANNEX, EXPORT) if digest_ in logged}, findings)
    return findings


def test_what_nothing_binds_is_told_by_name() -> None:
    (found,) = checked().ordered
    assert found.code == "unsigned-files"
    assert "2 files: annex.pdf, exports/drills.csv" in found.what
    assert checked().held == ()


def test_what_the_log_holds_is_not_told_as_unsigned() -> None:
    findings = checked(ANNEX)
    assert "1 files: exports/drills.csv" in findings.ordered[0].what
    assert findings.held == ("the log holds the digests of annex.pdf",)
    assert checked(ANNEX, EXPORT).ordered == ()
