"""The annex as PDF, set by Typst: tagged, PDF/A-3a and PDF/UA-1, with the annex's JSON inside.

The page's data goes in as JSON and is never markup. Only the fonts inside typst are used (and those of the
settings), so the same annex gives the same bytes on every machine; `at` dates the file.

Characters that no font here can draw would make the file no PDF/A; they are found by asking typst, and shown
by their number.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path

import typst

from drverify.adapters.annex import words
from drverify.errors import HostError
from drverify.sealing.strict_json import Json

ATTACHMENT = "annex.json"
_TEMPLATE = "annex.typ"
_DRAWN = frozenset(map(chr, range(0x20, 0x7F))) | {"\n"}
_MAX_ASKED = 600
"""Questions to typst about characters; what is not known after them is shown by its number."""
_PROBE = '#set document(title: "x", date: datetime(year: 2000, month: 1, day: 1))\n#'
_UNTOUCHED = {"lines", "file"}
"""Names of fields that are copied or looked up as they are."""


def draw(
    page: Mapping[str, Json],
    annex: bytes,
    pictures: Mapping[str, bytes],
    *,
    at: datetime,
    fonts: Sequence[Path] = (),
) -> bytes:
    """Set the page; `annex` is the JSON to put inside, `pictures` are PNG files by name.

    HostError when typst cannot set it.
    """
    unknown = _undrawable(set(_characters(dict(page))), fonts)
    date: Json = {
        "year": at.year,
        "month": at.month,
        "day": at.day,
        "hour": at.hour,
        "minute": at.minute,
        "second": at.second,
    }
    data = {**_fitted(dict(page), unknown), "date": date}
    files = {
        _TEMPLATE: _template(),
        "data.json": json.dumps(data).encode(),
        ATTACHMENT: annex,
        **pictures,
    }
    try:
        return _compiled(files, fonts)
    except RuntimeError as error:
        raise HostError(f"typst could not set the annex: {error}") from error


def _template() -> bytes:
    return (resources.files("drverify.adapters.annex") / "templates" / _TEMPLATE).read_bytes()


def _compiled(files: Mapping[str, bytes], fonts: Sequence[Path]) -> bytes:
    """Set the template among its files; typst reads nothing outside of their directory."""
    with tempfile.TemporaryDirectory(prefix="drverify-annex-") as name:
        root = Path(name)
        for file, content in files.items():
            (root / file).write_bytes(content)
        made = typst.compile(
            str(root / _TEMPLATE),
            root=str(root),
            font_paths=[str(one) for one in fonts],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["a-3a", "ua-1"],
        )
    if not isinstance(made, bytes):
        raise HostError("typst gave no file")
    return made


def _undrawable(characters: set[str], fonts: Sequence[Path]) -> set[str]:
    """The characters that no font can draw, found by halving."""
    asked = 0

    def bad(some: Sequence[str]) -> Iterator[str]:
        nonlocal asked
        asked += 1
        if asked > _MAX_ASKED:
            yield from some
        elif not _draws("".join(some), fonts):
            if len(some) == 1:
                yield from some
            else:
                yield from bad(some[: len(some) // 2])
                yield from bad(some[len(some) // 2 :])

    unsure = sorted(characters - _DRAWN)
    return set(bad(unsure)) if unsure else set()


def _draws(text: str, fonts: Sequence[Path]) -> bool:
    source = _PROBE + json.dumps(text, ensure_ascii=False)
    try:
        _compiled({_TEMPLATE: source.encode()}, fonts)
    except RuntimeError:
        return False
    return True


def _characters(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield from set(value)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _characters(part)
    elif isinstance(value, list):
        for part in value:
            yield from _characters(part)


def _fitted(page: dict[str, Json], unknown: set[str]) -> dict[str, Json]:
    """The page with places to break long words, and without characters that cannot be drawn."""

    def drawable(text: str) -> str:
        return "".join(words.numbered(one) if one in unknown else one for one in text)

    def fit(value: Json, change: Callable[[str], str]) -> Json:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, list):
            return [fit(part, change) for part in value]
        if isinstance(value, dict):
            return {
                name: fit(part, drawable if name in _UNTOUCHED else change) for name, part in value.items()
            }
        return value

    return {name: fit(part, lambda text: words.breakable(drawable(text))) for name, part in page.items()}
