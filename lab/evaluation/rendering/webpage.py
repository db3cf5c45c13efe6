"""A sample as a web page, and as the page that is printed to PDF."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import groupby
from types import MappingProxyType

from lab.evaluation.rendering.source import Block, Run, plain, runs_of

TAGS = {"bold": "b", "italic": "i", "code": "code"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """How a sample is printed."""

    sheet: str
    """CSS page size."""
    body: str
    """CSS of the body's text."""
    running: str
    footing: str
    """CSS `content` of the page's foot."""


PRINTS: Mapping[str, Print] = MappingProxyType(
    {
        "northwind-proxmox-cloud": Print(
            sheet="A4",
            body="font: 10.5pt/1.4 'Liberation Sans', sans-serif;",
            running="Managed Private Cloud Agreement NW-PC-2291",
            footing='"Page " counter(page) " of " counter(pages)',
        ),
        "granite-bare-metal": Print(
            sheet="letter",
            body="font: 11.5pt/1.45 'Liberation Serif', serif; text-align: justify; hyphens: auto;",
            running="Granite / Tamarack",
            footing='"- " counter(page) " -"',
        ),
        "harbour-hybrid-estate": Print(
            sheet="A4",
            body="font: 11pt/1.45 'Liberation Serif', serif; columns: 2; column-gap: 9mm;",
            running="Harbour Digital Services B.V. \N{EN DASH} HB/2026/58",
            footing="counter(page)",
        ),
    }
)


def printed_page(title: str, blocks: tuple[Block, ...], how: Print) -> str:
    """The page that the browser prints: running head, page numbers, ruled tables, paragraphs across pages."""
    style = (
        f"@page {{ size: {how.sheet}; margin: 24mm 20mm 22mm;"
        f' @top-center {{ content: "{how.running}"; font: 8pt sans-serif; }}'
        f" @bottom-center {{ content: {how.footing}; font: 8pt sans-serif; }} }}"
        f" body {{ margin: 0; {how.body} }} p {{ margin: 0 0 0.6em; orphans: 2; widows: 2; }}"
        " h1 { font-size: 1.5em; } h2 { font-size: 1.2em; } h3 { font-size: 1em; }"
        " h1, h2, h3 { break-after: avoid; }"
        " table { border-collapse: collapse; width: 98%; margin: 0 0.5pt 1em; }"
        " table { hyphens: none; text-align: left; }"
        " th, td { border: 0.6pt solid black; padding: 0.2em 0.4em; vertical-align: top; font-size: 0.9em; }"
        " tr { break-inside: avoid; }"
    )
    return _page(title, style, "\n".join(_body(blocks)))


def web_page(title: str, blocks: tuple[Block, ...], running: str) -> str:
    """The page as a provider puts it on its portal: navigation, a notice that is not shown, a foot."""
    style = (
        "body { max-width: 46rem; margin: 2rem auto; font: 1rem/1.5 serif; }"
        " table { border-collapse: collapse; } th, td { border: 1px solid #888; padding: 0.2rem 0.5rem; }"
        " .notice { display: none; } nav li { display: inline; margin-right: 1em; }"
    )
    links = "".join(f'<li><a href="#s{at}">{_heading(block)}</a></li>' for at, block in _sections(blocks))
    nav = f"<nav><ul>{links}</ul></nav>"
    notice = '<div class="notice" hidden>Backups are kept for 5 days in the trial plan.</div>'
    main = "<main>\n" + "\n".join(_body(blocks, anchors=True)) + "\n</main>"
    foot = f"<footer><p>{_escaped(running)}</p></footer>"
    return _page(title, style, f"{nav}\n{notice}\n{main}\n{foot}")


def _page(title: str, style: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{_escaped(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _sections(blocks: tuple[Block, ...]) -> list[tuple[int, Block]]:
    return [(at, one) for at, one in enumerate(blocks) if one.kind == "heading" and one.depth == 2]


def _heading(block: Block) -> str:
    return _escaped(" ".join(part for part in (block.number, plain(block.text)) if part))


def _body(blocks: tuple[Block, ...], *, anchors: bool = False) -> Iterator[str]:
    numbered = enumerate(blocks)
    for bullets, group in groupby(numbered, key=lambda pair: pair[1].kind == "bullet"):
        if bullets:
            yield "<ul>\n" + "\n".join(f"<li>{_inline(one.text)}</li>" for _, one in group) + "\n</ul>"
        else:
            yield from (_block(at, one, anchors=anchors) for at, one in group)


def _block(at: int, block: Block, *, anchors: bool) -> str:
    if block.kind == "table":
        head, *rows = block.rows
        lines = "\n".join(_row(row, "td") for row in rows)
        return f"<table>\n<thead>\n{_row(head, 'th')}\n</thead>\n<tbody>\n{lines}\n</tbody>\n</table>"
    if block.kind == "heading":
        anchor = f' id="s{at}"' if anchors and block.depth == 2 else ""
        return f"<h{block.depth}{anchor}>{_heading(block)}</h{block.depth}>"
    number = f"{block.number} " if block.number else ""
    return f"<p>{number}{_inline(block.text)}</p>"


def _row(cells: tuple[str, ...], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{_inline(cell)}</{tag}>" for cell in cells) + "</tr>"


def _inline(text: str) -> str:
    return "".join(map(_run, runs_of(text)))


def _run(run: Run) -> str:
    tag = TAGS.get(run.style)
    return f"<{tag}>{_escaped(run.text)}</{tag}>" if tag else _escaped(run.text)


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace("\N{EN DASH}", "&ndash;")
