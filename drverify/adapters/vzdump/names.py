"""What the names in a dump directory say. Pure.

    vzdump-qemu-100-2026_10_25-02_30_00.vma.zst        an archive; its beginning in the node's local time
    ....vma.zst.notes, ....vma.zst.protected           beside it: a note, and a mark against pruning
    ....vma.zst.sha256                                 beside it, by sha256sum: recorded digests
    vzdump-qemu-100-2026_10_25-02_30_00.log            what vzdump said

While vzdump works its file ends in `.dat` (or lies in a directory that ends in `.tmp`).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

NOTES, PROTECTED, DIGESTS, LOG = ".notes", ".protected", ".sha256", ".log"
_NAME = re.compile(
    r"(?P<stem>vzdump-(?P<kind>qemu|lxc|openvz)-(?P<vmid>[1-9][0-9]{2,8})"
    r"-(?P<time>[0-9]{4}_[0-9]{2}_[0-9]{2}-[0-9]{2}_[0-9]{2}_[0-9]{2}))"
    r"\.(?P<form>vma(?:\.(?:zst|gz|lzo))?|tar(?:\.(?:zst|gz|lzo|bz2))?|tgz)",
    re.ASCII,
)
_TIME = "%Y_%m_%d-%H_%M_%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An archive by its name."""

    kind: Literal["qemu", "lxc"]
    vmid: int
    local: datetime
    """When it was begun, by the node's own clock and zone; naive."""
    form: str
    """`vma.zst`, `tar.gz`."""
    log: str
    """Name of vzdump's log."""

    def begun_at(self, zone: ZoneInfo) -> datetime:
        """When it was begun, in UTC; of the two instants in the hour that comes twice, the earlier."""
        return min(self.local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def read_name(name: str) -> Named | None:
    """Read an archive's name; None when it is not one that vzdump gives to a finished archive."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        local = datetime.strptime(found["time"], _TIME)  # noqa: DTZ007 - the zone is the node's
    except ValueError:
        return None
    return Named(
        kind="qemu" if found["kind"] == "qemu" else "lxc",
        vmid=int(found["vmid"]),
        local=local,
        form=found["form"],
        log=found["stem"] + LOG,
    )
