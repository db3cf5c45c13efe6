"""A copy of a text in which what must not be read is blanked, character for character: offsets stay."""

import re

from drverify.model.document import Format, Text
from drverify.reading.tables.wording import FALSE_BACKUPS

_MARKUP: dict[Format, re.Pattern[str]] = {
    "md": re.compile(
        r"!\[[^\]\n]{0,500}\](?:\([^)\n]{0,500}\))?"  # pictures, their alternative text included
        r"|\]\([^)\n]{0,500}\)(?:\{[^}\n]{0,120}\})?|\]\[[^\]\n]{0,80}\]|(?<![\w\]])\[(?=[^\]\n]{1,300}\]\()"  # links
        r"|</?[a-zA-Z][^<>\n]{0,300}>|<!--.{0,2000}?-->"
        r"|\{\{[%<].{0,300}?[%>]\}\}|\{%.{0,300}?%\}"
        r"|\*{1,3}|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)|`+|^[ \t]{0,8}>+|(?<=\n)[ \t]{0,8}>+|\\(?=[\[\]().*_-])",
        re.DOTALL,
    ),
    "html": re.compile(r"</?[a-zA-Z][^<>\n]{0,300}>"),
}
_FALSE = re.compile("|".join(FALSE_BACKUPS), re.IGNORECASE)


def readable(text: Text) -> str:
    """The content with furniture, markup, pictures and code blanked."""
    content = text.content
    pattern = _MARKUP.get(text.format)
    if pattern is not None:
        content = pattern.sub(_blank, content)
    for block in text.blocks:
        if block.kind in {"furniture", "code", "caption"}:
            start, end = block.span.start, block.span.end
            content = content[:start] + " " * (end - start) + content[end:]
    return content


def without_false_backups(text: str) -> str:
    """The text with generators, withholding taxes, licence copies and their like blanked."""
    return _FALSE.sub(_blank, text) if _FALSE.search(text) else text


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())
