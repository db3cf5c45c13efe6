"""The command lines of programs that see a disk image: each is confined (`confined`)."""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from drverify.adapters.images import confined
from drverify.adapters.linux.programs import PATH, require

MEMORY = 2 << 30
"""Address space; a decompressor's window and qemu-img's tables are far smaller."""
SMALL = 1 << 20
PACKINGS: tuple[tuple[bytes, tuple[str, ...]], ...] = (
    (b"\x28\xb5\x2f\xfd", ("zstd", "-dcq")),
    *((bytes((kind, 0x2A, 0x4D, 0x18)), ("zstd", "-dcq")) for kind in range(0x50, 0x60)),
    (b"\x1f\x8b\x08", ("gzip", "-dc")),
    (b"\xfd7zXZ\0", ("xz", "-dc", "--format=xz", "--memlimit-decompress=1GiB")),
)
"""What unpacks a file, told by its first bytes."""
SNIFF = 6
NOT_BEGUN = 125
"""From this exit code on a program did not come to look at anything: shut in, found, loaded (126, 127)."""
OURS = ("not enough memory", "requires too much memory", "out of memory", "Memory usage limit")
"""Words of an unpacking program that speaks of this machine, or of our limits, and not of the image."""


def unpacker(first: bytes) -> tuple[str, ...]:
    """The program that unpacks what begins so; empty when it is not packed in a way we know."""
    return next((argv for magic, argv in PACKINGS if first.startswith(magic)), ())


def shut_in(
    argv: Sequence[str], *, read: Sequence[Path] = (), write: Sequence[Path] = (), file: int = SMALL
) -> list[str]:
    """The command line that runs `argv` where it may touch these files alone, and write `file` bytes to one.

    MissingProgram, which says what to install, when it is not there.
    """
    require(argv[0])
    program = shutil.which(argv[0], path=PATH) or argv[0]
    bounds = {"memory": MEMORY, "file": file, "read": [*map(str, read)], "write": [*map(str, write)]}
    return [sys.executable, "-I", "-S", str(Path(confined.__file__)), json.dumps(bounds), program, *argv[1:]]
