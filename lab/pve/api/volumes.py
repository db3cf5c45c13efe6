"""Names of volumes and archives: what a storage calls its files. Pure.

Kinds of storage: `dir` and `nfs` (files with paths), `lvmthin` and `zfspool` (names only), `pbs` (snapshots).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from lab.pve.api.problems import failed

FILED = frozenset({"dir", "nfs"})
_STANDARD = re.compile(
    r"vzdump-(?P<kind>qemu|lxc)-(?P<vmid>[1-9]\d{2,8})-"
    r"(?P<time>\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d)\.(?P<form>(?:vma|tar)(?:\.(?:zst|gz|lzo|bz2))?)"
)
_ARCHIVE = re.compile(r"[\w.\-]+\.(?P<form>(?:vma|tar)(?:\.(?:zst|gz|lzo|bz2))?)")
_SNAPSHOT = re.compile(
    r"backup/(?P<kind>vm|ct)/(?P<vmid>[1-9]\d{2,8})/(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"
)
_IMAGE = re.compile(
    r"(?:(?P<folder>\d+)/)?(?P<name>(?:vm|base|subvol)-(?P<vmid>\d+)-[\w\-]+)(?:\.(?P<form>raw|qcow2))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume's name, read. `owner` is the guest it belongs to, None when the name does not say."""

    storage: str
    name: str
    content: str
    owner: int | None
    form: str = "raw"
    subtype: str = ""
    ctime: int | None = None


def read_volume(volid: str, zone: tzinfo = UTC) -> Volume:
    """Read `storage:name`. `zone`: the node's, in which archives' file names are written. Raises ApiError."""
    storage, colon, name = volid.partition(":")
    if not colon or not storage or not name or ".." in name:
        raise failed(f"unable to parse volume ID '{volid}'")
    snapshot = _SNAPSHOT.fullmatch(name)
    if snapshot is not None:
        return Volume(
            storage=storage,
            name=name,
            content="backup",
            owner=int(snapshot["vmid"]),
            form=f"pbs-{snapshot['kind']}",
            subtype="qemu" if snapshot["kind"] == "vm" else "lxc",
            ctime=int(
                datetime.strptime(snapshot["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
            ),
        )
    folder, _, rest = name.partition("/")
    if folder == "backup":
        return _archive(storage, name, rest, zone)
    if folder in {"iso", "vztmpl", "snippets", "import"} and rest:
        return Volume(storage=storage, name=name, content=folder, owner=None)
    image = _IMAGE.fullmatch(name)
    if image is None:
        raise failed(f"unable to parse volume ID '{volid}'")
    return Volume(
        storage=storage, name=name, content="images", owner=int(image["vmid"]), form=image["form"] or "raw"
    )


def _archive(storage: str, name: str, rest: str, zone: tzinfo) -> Volume:
    found = _STANDARD.fullmatch(rest)
    if found is None:
        loose = _ARCHIVE.fullmatch(rest)
        if loose is None:
            raise failed(f"unable to parse volume ID '{storage}:{name}'")
        return Volume(storage=storage, name=name, content="backup", owner=None, form=loose["form"])
    stamp = datetime.strptime(found["time"], "%Y_%m_%d-%H_%M_%S").replace(tzinfo=zone)
    return Volume(
        storage=storage,
        name=name,
        content="backup",
        owner=int(found["vmid"]),
        form=found["form"],
        subtype=found["kind"],
        ctime=int(stamp.timestamp()),
    )


def archive_name(kind: str, vmid: int, moment: datetime, form: str) -> str:
    """The file name of a backup; `moment` in the node's own zone."""
    return f"vzdump-{kind}-{vmid}-{moment:%Y_%m_%d-%H_%M_%S}.{form}"


def shown_size(size: int) -> str:
    """Bytes as configurations write them: the largest unit that divides evenly."""
    for unit, factor in (("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)):
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)


def read_size(text: str) -> int:
    """Bytes of `64M`."""
    found = re.fullmatch(r"(\d+)([KMGT]?)", text)
    if found is None:
        raise failed(f"unable to parse size '{text}'")
    return int(found[1]) << {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}[found[2]]
