"""The register of results as CSV (RFC 4180): one record for each row of `rows`, with a header.

UTF-8 without a byte order mark, CR LF, quoted where needed. Spreadsheets take a cell for a formula that
begins with one of = + - @, a tab or a carriage return (OWASP, "CSV Injection"): such a cell gets an
apostrophe before it, and so does one that begins with an apostrophe. Whoever reads the file by program
takes one leading apostrophe off.
"""

import csv
from collections.abc import Iterable
from io import StringIO

from drverify.annex.model import Annex
from drverify.exports.rows import Row, plain, rows
from drverify.sealing import codec

COLUMNS = (
    "agreement", "period", "workload", "obligation", "clause", "party", "metric", "limit_ms", "achieved_ms",
    "allowance_ms", "verdict", "reason", "drill", "slot", "mode", "incident_at", "started_at", "ended_at",
    "point", "point_at", "evidence_sha256", "log_origin", "log_index", "log_start_index", "finding",
    "corrective_action", "owner", "due", "closed_by_retest", "remark",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "'", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_REMARK = "a copy, not evidence: evidence_sha256 and log_index name the signed statement"


def csv_text(annex: Annex) -> str:
    """The whole file."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows(annex):
        writer.writerow([guarded(cell) for cell in _cells(annex, row)])
    return out.getvalue()


def guarded(cell: str) -> str:
    """The cell as no spreadsheet runs it."""
    text = plain(cell)
    return f"'{text}" if text.startswith(_FORMULA) or cell.startswith(_FORMULA) else text


def _cells(annex: Annex, row: Row) -> Iterable[str]:
    promise, verdict, drill, slot = row.obligation, row.verdict, row.drill, row.slot
    yield annex.agreement.id
    yield annex.period.id
    yield row.workload
    yield promise.obligation if promise else ""
    yield promise.clause if promise else ""
    yield promise.party if promise else ""
    yield promise.metric if promise else "drill"
    yield _json(verdict.limit if verdict else promise.limit if promise else None)
    yield _json(verdict.achieved if verdict else None)
    yield _json(verdict.allowance if verdict else None)
    yield row.outcome
    yield row.reason
    yield drill.drill if drill else " ".join(slot.drills) if slot else ""
    yield (drill.slot or "") if drill else slot.slot if slot else ""
    yield drill.mode if drill else ""
    for instant in (drill.incident_at, drill.started_at, drill.ended_at) if drill else (None, None, None):
        yield _json(instant)
    yield drill.point if drill else ""
    yield _json(drill.point_at if drill else None)
    yield drill.payload if drill else ""
    yield annex.basis.origin
    yield _json(drill.index if drill else None)
    yield _json(drill.start_index if drill else None)
    yield from _corrective(row)
    yield _REMARK


def _corrective(row: Row) -> Iterable[str]:
    for cells in zip(
        *((one.id, one.action, one.owner, _json(one.due), one.retest) for one in row.findings), strict=True
    ):
        yield "; ".join(filter(None, cells))
    if not row.findings:
        yield from [""] * 5


def _json(value: object) -> str:
    """As evidence writes it: whole milliseconds, RFC 3339; empty for none."""
    return "" if value is None else str(codec.to_json(value))
