"""Writes what a command made, to a file or to standard output."""

import sys
from pathlib import Path
from typing import TextIO

from drverify.errors import InputError


def put(content: str, path: Path | None, *, told: TextIO | None = None) -> None:
    """Write to a file, or to standard output without one. InputError when it cannot be written.

    That it was written is told on `told`, standard output unless another is named.
    """
    if path is None:
        sys.stdout.write(content)
        return
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    print(f"wrote {path}", file=told or sys.stdout)
