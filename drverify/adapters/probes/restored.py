"""Opens files that were restored to this host.

The tree is hostile: nothing outside of its root is opened, and nothing but regular files.
"""

import os
import stat


def content_of(base: bytes, relative: bytes, limit: int) -> bytes | str:
    """Read a regular file of `limit` bytes at most, as `opened`; else say why not."""
    descriptor = opened(base, relative)
    if isinstance(descriptor, str):
        return descriptor
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(limit + 1)
    return content if len(content) <= limit else f"larger than {limit} bytes"


def opened(base: bytes, relative: bytes) -> int | str:
    """Open a regular file that lies inside the root when every link is followed; else say why not."""
    try:
        real = os.path.realpath(os.path.join(base, relative))  # noqa: PTH118 - bytes
        if os.path.commonpath([base, real]) != base:
            return "leads out of the restored files"
        return _regular(real)
    except FileNotFoundError:
        return "missing"
    except (OSError, ValueError) as error:
        return f"cannot be opened: {getattr(error, 'strerror', None) or error}"


def _regular(path: bytes) -> int | str:
    """Look before opening: to open a device is to use it, whatever is done with it afterwards."""
    place = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        mode = os.fstat(place).st_mode
        if stat.S_ISLNK(mode):
            return "cannot be opened: its links end in a link"
        if not stat.S_ISREG(mode):
            return "not a regular file"
        return os.open(f"/proc/self/fd/{place}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(place)
