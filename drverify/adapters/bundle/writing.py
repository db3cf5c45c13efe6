"""Writes a bundle's files, as a directory or as one tar: the same files give the same bytes."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO

from drverify.adapters.bundle import ustar
from drverify.adapters.storage.durable import sync_directory
from drverify.auditing.layout import is_name
from drverify.errors import HostError, InputError

Content = bytes | Path | Iterable[bytes]
"""What is in a file; several pieces only for what is made while it is written."""
_PIECE = 1024 * 1024


def write_tar(files: Mapping[str, Content], target: Path) -> None:
    """Write the files in the order of their names as one tar. Nothing is left when it fails.

    InputError when `target` is there already; HostError when something cannot be read or written.
    """
    with _new(target) as draft, draft.open("xb") as archive:
        length = 0
        for name in sorted(files):
            size = _into_tar(archive, name, files[name])
            length += ustar.BLOCK + size + ustar.padding(size)
        archive.write(bytes(ustar.ending(length)))
        archive.flush()
        os.fsync(archive.fileno())


def write_directory(files: Mapping[str, Content], target: Path) -> None:
    """Write the files below a new directory. Nothing is left when it fails. Raises as `write_tar`."""
    with _new(target) as draft:
        draft.mkdir()
        for name in sorted(files):
            if not is_name(name):
                raise ValueError(f"{name!r} cannot be in a bundle")
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                for piece in _pieces(files[name]):
                    file.write(piece)


@contextmanager
def _new(target: Path) -> Iterator[Path]:
    """A place beside the target that takes its name when all is written."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    if target.exists() or target.is_symlink():
        raise InputError(f"{target} is there already", hint="name another file, or remove it")
    if not target.parent.is_dir():
        raise InputError(f"{target.parent}: there is no such directory", hint="make it, or name another one")
    try:
        yield draft
        draft.rename(target)
        sync_directory(target.parent)
    except OSError as error:
        raise HostError(f"cannot write the bundle {target}: {error.strerror or error}") from error
    finally:
        if draft.is_dir():
            shutil.rmtree(draft)
        else:
            draft.unlink(missing_ok=True)


def _into_tar(archive: IO[bytes], name: str, content: Content) -> int:
    """Write one file; its header is written last, for the size of what is made on the way is known then."""
    start = archive.tell()
    archive.write(bytes(ustar.BLOCK))
    for piece in _pieces(content):
        archive.write(piece)
    end = archive.tell()
    size = end - start - ustar.BLOCK
    archive.write(bytes(ustar.padding(size)))
    after = archive.tell()
    archive.seek(start)
    archive.write(ustar.header(name, size))
    archive.seek(after)
    return size


def _pieces(content: Content) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
    elif isinstance(content, Path):
        with content.open("rb") as file:
            yield from iter(lambda: file.read(_PIECE), b"")
    else:
        yield from chain(content)
