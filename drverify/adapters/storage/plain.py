"""Reads files of a directory that may be a stranger's: never more than was asked for, and never waiting."""

import os
import stat
from pathlib import Path

from drverify.errors import EvidenceError, HostError


def plain_content(path: Path, limit: int) -> bytes:
    """Read a plain file of `limit` bytes at most.

    FileNotFoundError; EvidenceError for a larger one, a pipe, a device, a directory; HostError when it
    cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise EvidenceError(f"{path}: not a plain file")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(limit + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise HostError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > limit:
        raise EvidenceError(f"{path}: larger than {limit} bytes, which no such file is")
    return content
