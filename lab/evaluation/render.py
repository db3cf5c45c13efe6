"""``python -m lab.evaluation.render``: the samples of contracts/ as Word files, web pages and PDFs.

Word files and web pages are the same bytes for the same Markdown. PDFs are printed by Chromium and their
dates are made constant, but another release of it, or other fonts, may break lines elsewhere: they are
made anew only when the Markdown has changed, or with --all.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from drverify.errors import DrverifyError, InputError
from lab.evaluation.labelled import OWN
from lab.evaluation.rendering.source import NUMBERINGS, blocks_of, plain
from lab.evaluation.rendering.webpage import PRINTS, printed_page, web_page
from lab.evaluation.rendering.wordfile import DRESSES, word_file

LONGEST_PRINT = 120.0
"""Seconds."""
LARGEST = 300_000
"""Bytes of any file."""
_DATES = re.compile(rb"\(D:\d{14}[^)]*\)")


def rendered(stem: str, folder: Path = OWN) -> dict[str, bytes]:
    """The sample's Word file and web page, by suffix."""
    blocks = blocks_of((folder / f"{stem}.md").read_text(encoding="utf-8"), NUMBERINGS[stem])
    title = plain(blocks[0].text)
    dress = DRESSES[stem]
    return {
        ".docx": word_file(title, blocks, NUMBERINGS[stem], dress),
        ".html": web_page(title, blocks, dress.running).encode(),
    }


def printed(stem: str, folder: Path = OWN) -> bytes:
    """The sample as Chromium prints it. Raises InputError when there is no Chromium or it fails."""
    blocks = blocks_of((folder / f"{stem}.md").read_text(encoding="utf-8"), NUMBERINGS[stem])
    page = printed_page(plain(blocks[0].text), blocks, PRINTS[stem])
    with tempfile.TemporaryDirectory() as place:
        source, target = Path(place, f"{stem}.html"), Path(place, f"{stem}.pdf")
        source.write_text(page, encoding="utf-8")
        _print(source, target, Path(place, "profile"))
        return _DATES.sub(lambda found: b"(D:20260801090000" + found[0][17:], target.read_bytes())


def _print(source: Path, target: Path, profile: Path) -> None:
    command = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
        "--no-pdf-header-footer", f"--print-to-pdf={target}", source.as_uri(),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=LONGEST_PRINT)
    except FileNotFoundError:
        raise InputError("chromium is not installed; it prints the samples to PDF") from None
    if done.returncode or not target.is_file():
        raise InputError(f"chromium could not print {source.name}: {done.stderr.decode()[-400:]}")


def main(argv: Sequence[str]) -> int:
    """Write what has changed; 1 when a file became too large."""
    parser = argparse.ArgumentParser(prog="python -m lab.evaluation.render", description=__doc__)
    parser.add_argument("--all", action="store_true", help="print the PDFs anew even if nothing else changed")
    args = parser.parse_args(argv)
    large = False
    for stem in NUMBERINGS:
        files = rendered(stem)
        stale = any(_differs(OWN / f"{stem}{suffix}", content) for suffix, content in files.items())
        if args.all or stale or not (OWN / f"{stem}.pdf").is_file():
            files[".pdf"] = printed(stem)
        for suffix, content in files.items():
            large |= len(content) > LARGEST
            (OWN / f"{stem}{suffix}").write_bytes(content)
            print(f"{stem}{suffix}: {len(content)} bytes")
    return 1 if large else 0


def _differs(path: Path, content: bytes) -> bool:
    return not path.is_file() or path.read_bytes() != content


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DrverifyError as error:
        sys.exit(str(error))
