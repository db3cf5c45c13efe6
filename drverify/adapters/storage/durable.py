"""The state directory: files that are wholly there after a crash or not at all, and for nobody else's eyes.

What goes wrong with it (missing, full, read-only, not ours) is the host's failure, told with what to do.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drverify.errors import HostError

HINT = "check `state_dir` in the settings: it must be writable for this user and have room"
PASSABLE = 0o711
"""Of the state directory itself: the user that QEMU runs as passes through it, and sees no names."""
PRIVATE = 0o700


@contextmanager
def state_access(doing: str) -> Iterator[None]:
    """Turn an OSError of the state directory into a HostError; `doing` completes "cannot ..."."""
    try:
        yield
    except OSError as error:
        raise HostError(f"cannot {doing}: {error.strerror or error}", hint=HINT) from error


def state_directory(path: Path, *, mode: int = PASSABLE) -> None:
    """Make a directory of exactly this mode, whatever the umask; one that exists stays as it is. OSError."""
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        return
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=mode)
    path.chmod(mode)


def inner_directory(path: Path, *, mode: int = PRIVATE) -> None:
    """Make a directory inside the state directory, and that one first. OSError when it cannot be made."""
    state_directory(path.parent)
    state_directory(path, mode=mode)


def write_durably(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by `content` atomically and survive power loss afterwards. HostError when it cannot.

    The temporary file lies beside the target, is fsynced, renamed, and the directory is fsynced.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with state_access(f"write {path}"):
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable. OSError when that fails."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
