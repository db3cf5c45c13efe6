"""A control pack held against a period, as text, Markdown and a self-contained HTML page."""

from collections.abc import Iterator
from html import escape
from textwrap import fill

from drverify.exports.controls import Answer, ControlAnswer, PackAnswer, Pointer, Status
from drverify.exports.rows import plain

_MARKS = {Status.SHOWN: "[shown]", Status.NOT_SHOWN: "[NOT SHOWN]", Status.NOT_COVERED: "[not covered]"}
_POINTERS = 3
_WIDTH = 100
_STYLE = """\
body { font: 15px/1.45 system-ui, sans-serif; color: #111; background: #fff; margin: 2rem auto;
  max-width: 64rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
td, th { border: 1px solid #bbb; padding: .35rem .5rem; text-align: left; vertical-align: top;
  font-weight: normal; overflow-wrap: anywhere; }
thead th { background: #eee; font-weight: 600; } th b { display: block; }
col.asked { width: 34%; } col.status { width: 7rem; } td.status { font-weight: 700; }
tr.lacking td.status { outline: 3px solid #111; outline-offset: -4px; } tr.blank { color: #555; }
ul { margin: .1rem 0; padding-left: 1.1rem; } .note { color: #333; }
.small { font-size: .8rem; color: #333; }
@media print { body { margin: 0; max-width: none; font-size: 9.5pt; }
  h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""


def counts(answer: PackAnswer) -> str:
    """How many of each."""
    found = [one.status for control in answer.controls for one in control.answers]
    return ", ".join(f"{found.count(status)} {status}" for status in Status)


def as_text(answer: PackAnswer) -> str:
    """For a terminal."""
    lines = [
        f"{answer.framework}, {answer.edition}",
        f"agreement {answer.agreement}, period {answer.period}: {counts(answer)}",
        "",
        *map(_filled, (answer.reading, answer.remark, answer.notice)),
    ]
    for control in answer.controls:
        lines += ["", f"{control.id}  {control.title}"]
        for one in control.answers:
            lines += ["", _filled(f"{_MARKS[one.status]} {one.id}: {one.asks}", indent=2)]
            lines += [_filled(text, indent=6) for text in (*_said(one), *_found_in(one))]
    return "\n".join(plain_lines(lines)) + "\n"


def plain_lines(lines: list[str]) -> Iterator[str]:
    """Lines without control characters; indents stay."""
    for line in "\n".join(lines).split("\n"):
        yield " " * (len(line) - len(line.lstrip(" "))) + plain(line)


def _said(one: Answer) -> Iterator[str]:
    yield from one.why
    if one.not_covered:
        yield f"Not covered: {one.not_covered}"


def _found_in(one: Answer) -> Iterator[str]:
    if one.fields:
        yield f"Fields: {', '.join(one.fields)}"
    if one.evidence:
        more = len(one.evidence) - _POINTERS
        many = f"{one.drills} drills, of each workload the newest" if one.drills > 1 else "1 drill"
        yield f"{'Evidence' if one.status is Status.SHOWN else 'To look at'}: {many}:"
        yield from (_pointer(two) for two in one.evidence[:_POINTERS])
        if more > 0:
            yield f"and of {more} more workloads: --format json lists them"


def _pointer(one: Pointer) -> str:
    entry = "not logged" if one.index is None else f"log index {one.index}"
    return f"drill {one.drill}, {entry}, sha256 {one.sha256}"


def as_markdown(answer: PackAnswer) -> str:
    """For a wiki or a ticket."""
    lines = [
        f"# {_md(answer.framework)}, {_md(answer.edition)}",
        "",
        f"Agreement {_md(answer.agreement)}, period {_md(answer.period)}: {counts(answer)}.",
        "",
        *(f"> {_md(text)}\n>" for text in (answer.reading, answer.remark, answer.notice) if text),
    ]
    for control in answer.controls:
        lines += ["", f"## {_md(control.id)} {_md(control.title)}", ""]
        for one in control.answers:
            lines.append(f"- **{_md(_MARKS[one.status])} {_md(one.id)}** {_md(one.asks)}")
            lines += [f"  - {_md(text)}" for text in (*_said(one), *_found_in(one))]
    return "\n".join(lines) + "\n"


def _md(text: str) -> str:
    """Text in which Markdown finds nothing to do."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|" else char for char in plain(text))


def as_html(answer: PackAnswer) -> str:
    """One page that needs no other file."""
    title = _h(f"{answer.framework}, {answer.edition}")
    about = f"Agreement {_h(answer.agreement)}, period {_h(answer.period)}, log {_h(answer.log or 'none')}"
    notes = [text for text in (answer.reading, answer.remark, answer.notice) if text]
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body><main>",
        f"<h1>{title}</h1>",
        f"<p>{about}: <strong>{counts(answer)}</strong>.</p>",
        *(f'<p class="note">{_h(text)}</p>' for text in notes),
        *(_control(one) for one in answer.controls),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _control(control: ControlAnswer) -> str:
    body = "\n".join(_row(one) for one in control.answers)
    columns = '<colgroup><col class="asked"><col class="status"><col></colgroup>'
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Asked", "Status", "What shows it"))
    return (
        f"<h2>{_h(control.id)} {_h(control.title)}</h2>\n"
        f"<table>{columns}<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"
    )


def _row(one: Answer) -> str:
    said = "".join(f"<li>{_h(text)}</li>" for text in _said(one))
    found = "".join(f"<div>{_h(text)}</div>" for text in _found_in(one))
    kind = {Status.NOT_SHOWN: "lacking", Status.NOT_COVERED: "blank"}.get(one.status, "shown")
    return (
        f'<tr class="{kind}"><th scope="row"><b>{_h(one.id)}</b>{_h(one.asks)}</th>'
        f'<td class="status">{_h(one.status)}</td>'
        f'<td><ul>{said}</ul><div class="small">{found}</div></td></tr>'
    )


def _h(text: str) -> str:
    return escape(plain(text))


def _filled(text: str, indent: int = 0) -> str:
    pad = " " * indent
    return fill(plain(text), width=_WIDTH, initial_indent=pad, subsequent_indent=pad)
