"""What a restic of a given version can do (from its changelog)."""

import re
from dataclasses import dataclass

from drverify.errors import HostError

OLDEST = (0, 14, 0)
_VERSION = re.compile(r"restic (\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """The version, and what follows from it."""

    version: tuple[int, int, int]

    @property
    def text(self) -> str:
        """The version as restic writes it."""
        return ".".join(str(part) for part in self.version)

    @property
    def sparse_restore(self) -> bool:
        """Whether `restore --sparse` exists (0.15.0)."""
        return self.version >= (0, 15, 0)

    @property
    def exit_codes(self) -> bool:
        """Whether exit codes 10, 11 and 12 and JSON errors exist (0.17.0)."""
        return self.version >= (0, 17, 0)

    def describe(self) -> tuple[str, ...]:
        """Say for people what this version brings; for `drverify doctor`."""
        return (
            f"sparse file restore: {'yes' if self.sparse_restore else 'no (needs 0.15)'}",
            f"exit codes and JSON errors: {'yes' if self.exit_codes else 'no (needs 0.17; texts are read)'}",
        )


def parse_version(said: str) -> Abilities:
    """Read the output of `restic version`; HostError when it is not restic or too old."""
    found = _VERSION.match(said)
    if found is None:
        raise HostError(f"this is not restic: {said[:80]!r}", hint="set the source's `binary` to restic")
    major, minor, patch = (int(part) for part in found.groups())
    if (major, minor, patch) < OLDEST:
        raise HostError(f"restic {major}.{minor}.{patch} is too old", hint="install restic 0.14 or newer")
    return Abilities(version=(major, minor, patch))
