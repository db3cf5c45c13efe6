"""What a restic source needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from drverify.model.recovery import SecretRef

REFERENCES = ("env:", "file:", "cred:")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResticSettings:
    """One repository and how to read it."""

    name: str
    """Name of the source; points carry it."""
    repository: str
    """restic's own address: a path, `sftp:`, `rest:`, `s3:` and so on; or a reference (`env:`, `file:`,
    `cred:`) to a secret that holds the address, for addresses with a password in them."""
    password: SecretRef
    environment: Mapping[str, SecretRef] = field(default_factory=dict)
    """Further variables for restic, such as AWS_ACCESS_KEY_ID: their values by reference."""
    cache_directory: Path | None = None
    """None (the default) reads without any cache. A cache hides damage: restic takes indexes, snapshots
    and trees from it without looking whether the repository still holds them, and a machine rebuilt
    after a disaster has none."""
    binary: str = "restic"
    options: Mapping[str, str] = field(default_factory=dict)
    """restic's extended options (`-o key=value`), such as sftp.args; never a secret."""
    limit_download_kib: int | None = None
    """KiB per second."""
    answer_within: timedelta = timedelta(minutes=3)
    """Longest time for a question (listing, version); restores have a stall limit instead."""
