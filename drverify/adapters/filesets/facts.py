"""What a file on this machine is: looked at without following a link, and never opened when it is no file."""

import hashlib
import os
import stat
import threading

from drverify.adapters.filesets.mtree import Entry

PIECE = 1 << 20
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "dir",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "fifo",
    stat.S_IFCHR: "char",
    stat.S_IFBLK: "block",
    stat.S_IFSOCK: "socket",
}
ACLS = frozenset({b"system.posix_acl_access", b"system.posix_acl_default"})
_OF_THE_HOST = frozenset({b"security.selinux", b"security.ima", b"security.evm"})
"""Labels that the host gives: another one has others, and may have."""


class Changed(Exception):  # noqa: N818 - a state, not a fault
    """The file changed while it was read."""


def looked_at(place: bytes, path: bytes) -> Entry:
    """The facts of the file at `place`, but for its content. OSError when it cannot be looked at."""
    status = os.lstat(place)
    kind = _KINDS[stat.S_IFMT(status.st_mode)]
    return Entry(
        path=path,
        kind=kind,
        size=status.st_size if kind == "file" else None,
        mode=None if kind == "link" else stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        modified=status.st_mtime_ns,
        link=os.readlink(place) if kind == "link" else None,  # noqa: PTH115 - bytes
        attributes=_attributes(place) if kind in {"file", "dir"} else {},
    )


def digest(place: bytes, stop: threading.Event) -> str:
    """SHA-256 of a regular file. OSError when it cannot be read; Changed when it did so meanwhile."""
    descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise Changed
        summed = hashlib.sha256()
        while not stop.is_set() and (piece := os.read(descriptor, PIECE)):
            summed.update(piece)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Changed
    return summed.hexdigest()


def keeps_attributes(directory: bytes) -> bool:
    """Whether files in a directory of ours can have extended attributes."""
    try:
        os.setxattr(directory, b"user.drverify", b"1")
        os.removexattr(directory, b"user.drverify")
    except OSError:
        return False
    return True


def _attributes(place: bytes) -> dict[bytes, bytes]:
    try:
        names = [os.fsencode(name) for name in os.listxattr(place, follow_symlinks=False)]
    except OSError:
        return {}  # the file system has none
    return {
        name: os.getxattr(place, name, follow_symlinks=False) for name in names if name not in _OF_THE_HOST
    }
