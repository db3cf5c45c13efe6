"""Writes what a command made, to a file or to standard output."""

import sys
from pathlib import Path

from drverify.errors import InputError


def put(content: str, path: Path | None) -> None:
    """Write to a file, or to standard output without one. InputError when it cannot be written."""
    if path is None:
        sys.stdout.write(content)
        return
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    print(f"wrote {path}")
