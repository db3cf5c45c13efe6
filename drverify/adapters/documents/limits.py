"""Bounds on what is read, so that a hostile file costs seconds and megabytes, not hours and gigabytes."""

import stat
from pathlib import Path

from drverify.errors import InputError

MIB = 1024 * 1024
MAX_BYTES = 64 * MIB
"""Of a file."""
MAX_CHARACTERS = 16 * MIB
"""Of the canonical text; a thousand pages hold about three million."""
MAX_LINES = 200_000
"""Of a text file."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file; raises InputError if it cannot be read, is empty or too large."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{path}: not a file", hint="give the path of a document")
        if status.st_size > MAX_BYTES:
            raise _too_large(path)
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror or error}", hint="check the path and your rights"
        ) from error
    if len(data) > MAX_BYTES:
        raise _too_large(path)
    if not data:
        raise InputError(f"{path}: the file is empty", hint="check that it was copied in full")
    return data


def _too_large(path: Path) -> InputError:
    return InputError(
        f"{path}: larger than {MAX_BYTES // MIB} MiB",
        hint="give the agreement alone; leave out scanned pages and attachments that hold no clauses",
    )


def refuse_long(text: str, name: str) -> None:
    """Raises InputError for more text than any agreement holds."""
    if text.count("\n") > MAX_LINES or text.count("\r") > MAX_LINES:
        raise InputError(
            f"{name}: holds more than {MAX_LINES} lines",
            hint="no agreement is that long: give the agreement alone, or split the file",
        )
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"{name}: holds more than {MAX_CHARACTERS // MIB} million characters of text",
            hint="no agreement is that long: give the agreement alone, or split the file",
        )
