"""The configurations of an archive as files."""

import os
from contextlib import suppress
from pathlib import Path

from drverify.adapters.vma.configuration import FIREWALL, GUEST
from drverify.adapters.vma.header import Header
from drverify.errors import HostError


def config_files(header: Header, into: Path) -> dict[str, Path]:
    """Return where the configurations go, of those that vzdump writes and the archive has."""
    return {name: into / name for name in (GUEST, FIREWALL) if name in header.configs}


def write_configs(header: Header, into: Path) -> None:
    """Write them, readable by us only: they may hold password hashes. All of them, or none."""
    written: list[Path] = []
    try:
        for name, path in config_files(header, into).items():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            written.append(path)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
                file.write(header.configs[name])
    except OSError as error:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise HostError(f"cannot write the configurations into {into}: {error.strerror}") from error
