"""Where the lab lives on this machine. Nothing else in `lab` reads the environment."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: agreements, registers and playbooks are read from there."""
VARIABLE = "DRVERIFY_LAB_DIR"
DEFAULT = Path("/var/lib/drverify/lab")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """The lab's directory; QEMU runs as a user of its own, so every directory above must let it through."""

    root: Path

    @property
    def images(self) -> Path:
        """Cache of finished guest images, shared and read-only."""
        return self.root / "images"

    @property
    def production(self) -> Path:
        """The production guest's disk, console and record."""
        return self.root / "production"


def lab() -> Lab:
    """Return the lab of `$DRVERIFY_LAB_DIR`, or of /var/lib/drverify/lab."""
    return Lab(root=Path(os.environ.get(VARIABLE) or DEFAULT).absolute())
