"""The results as JUnit XML, for programs that show test results: a test case for each row.

A promise that was missed is a failure. One that is UNPROVEN is an error and not "skipped": most readers count
skipped tests as neither good nor bad and show the whole run green, and what is not proven must not look
green. So is a promise that no drill was judged by, and a scheduled drill without a result. Skipped is only
what both parties voided, or what is not due yet. A suite is a workload.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from drverify.annex.model import Annex
from drverify.exports.rows import NOT_EVIDENCE, Row, excused, plain, rows
from drverify.model.verdict import Outcome
from drverify.sealing import codec

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def junit_xml(annex: Annex) -> str:
    """The whole file."""
    found = sorted(rows(annex), key=lambda row: row.workload)
    root = Element("testsuites", {"name": _text(f"{annex.agreement.id} {annex.period.id}"), **_counts(found)})
    for workload, group in groupby(found, key=lambda row: row.workload):
        suite = list(group)
        root.append(_suite(annex, workload, suite))
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(annex: Annex, workload: str, suite: list[Row]) -> Element:
    began = min((row.drill.started_at for row in suite if row.drill), default=annex.period.begins)
    stamp = str(codec.to_json(began.replace(microsecond=0))).removesuffix("Z")
    made = Element("testsuite", {"name": _text(workload), "timestamp": stamp, **_counts(suite)})
    _properties(
        made,
        (
            ("agreement", annex.agreement.id),
            ("period", annex.period.id),
            ("log.origin", annex.basis.origin),
            ("remark", NOT_EVIDENCE),
        ),
    )
    for row in suite:
        made.append(_case(annex, row))
    return made


def _case(annex: Annex, row: Row) -> Element:
    made = Element(
        "testcase",
        classname=_text(f"{annex.agreement.id}.{row.workload}"),
        name=_text(_name(row)),
        time=_seconds(row),
    )
    _properties(made, _about(row))
    kind = _kind(row)
    if kind:
        found = SubElement(made, kind, message=_text(row.reason))
        if kind != "skipped":
            found.set("type", row.outcome.value)
            found.text = _text(_words(row))
    return made


def _kind(row: Row) -> str:
    if row.outcome is Outcome.MET:
        return ""
    if excused(row):
        return "skipped"
    return "failure" if row.outcome is Outcome.MISSED else "error"


def _name(row: Row) -> str:
    if row.obligation is None:
        return f"drill of slot {row.slot.slot if row.slot else ''}"
    where = f"in drill {row.drill.drill}" if row.drill else "not drilled"
    return f"{row.obligation.obligation} (clause {row.obligation.clause}) {where}"


def _words(row: Row) -> str:
    done = [
        f"{one.id}: {one.owner or 'nobody named'}, {one.action or 'no action'}, due {one.due or 'not set'}"
        for one in row.findings
    ]
    return "\n".join([row.reason, *done])


def _about(row: Row) -> Iterator[tuple[str, str]]:
    drill, verdict, promise = row.drill, row.verdict, row.obligation
    if drill is not None:
        yield "evidence.sha256", drill.payload
        yield "log.index", _json(drill.index) or "not logged"
        yield "log.start_index", _json(drill.start_index)
        yield "drill", drill.drill
        yield "slot", drill.slot or ""
        yield "mode", drill.mode
        yield "point", drill.point
        yield "incident_at", _json(drill.incident_at)
        yield "started_at", _json(drill.started_at)
    if promise is not None:
        yield "metric", promise.metric
        yield "party", promise.party
    if verdict is not None:
        yield "limit_ms", _json(verdict.limit)
        yield "achieved_ms", _json(verdict.achieved)
        yield "allowance_ms", _json(verdict.allowance)
    yield "verdict", row.outcome


def _properties(parent: Element, pairs: Iterator[tuple[str, str]] | tuple[tuple[str, str], ...]) -> None:
    made = SubElement(parent, "properties")
    for name, value in pairs:
        if value:
            SubElement(made, "property", name=name, value=_text(value))


def _counts(found: list[Row]) -> dict[str, str]:
    kinds = [_kind(row) for row in found]
    return {
        "tests": str(len(kinds)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
    }


def _json(value: object) -> str:
    return "" if value is None else str(codec.to_json(value))


def _seconds(row: Row) -> str:
    """Of a recovery time what was measured, else 0: the sum over a suite then is a time that was spent."""
    timed = row.verdict is not None and row.obligation is not None and row.obligation.metric == "rto"
    took = row.verdict.achieved if timed and row.verdict is not None else None
    return f"{(took or timedelta(0)) // timedelta(milliseconds=1) / 1000:.3f}"


def _text(text: str) -> str:
    """What XML can hold of a text; line ends stay."""
    return "\n".join(plain(_ILLEGAL.sub("\ufffd", line)) for line in text.split("\n"))
