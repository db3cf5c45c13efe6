"""Dump directories as vzdump leaves them, written by the lab's writer."""

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from drverify.adapters.directory import DirectoryStore
from drverify.adapters.vzdump.source import VzdumpSource
from drverify.model.recovery import Network
from lab.vma.writer import COMMANDS, header_bytes
from tests.support.vma import ARCHIVE, disk, packed

BERLIN = ZoneInfo("Europe/Berlin")
OLDER = datetime(2026, 10, 18, 0, 0, 1, tzinfo=UTC)
NEWER = datetime(2026, 10, 19, 0, 0, 1, tzinfo=UTC)
MAC = "BC:24:11:00:00:64"
NETWORK = Network(
    name="lab", subnet="10.30.0.0/24", gateway="10.30.0.1", dns="10.30.0.2", address="10.30.0.10"
)
DISKS = {
    "scsi0": disk((1 << 20) + 512, seed=3),
    "sata1": disk((4 << 20) - 4096, seed=4, filled=0.3),
    "efidisk0": disk(540672, seed=5, filled=0.1),
}
CONFIG = f"""\
agent: 1
args: -device vfio-pci,host=01:00.0
bios: ovmf
boot: order=scsi0;sata1
cipassword: $5$secret$hash
cores: 2
efidisk0: local-lvm:vm-100-disk-2,efitype=4m,size=528K
hookscript: local:snippets/hook.pl
hostpci0: 0000:01:00.0
ide2: local:iso/debian.iso,media=cdrom
machine: q35
memory: 512
name: shop
net0: virtio={MAC},bridge=vmbr0,tag=20
scsi0: local-lvm:vm-100-disk-0,size=1M
scsihw: virtio-scsi-single
sata1: local-lvm:vm-100-disk-1,size=4M
"""
_CLOCK = "%Y_%m_%d-%H_%M_%S"
_SUFFIX = {"vma": None, "vma.zst": "zstd", "vma.gz": "gzip", "vma.lzo": "lzop"}


def mapped(config: str, disks: Sequence[str]) -> bytes:
    """A configuration with the lines that vzdump adds for what it stores."""
    lines = "".join(f"#qmdump#map:{name}:drive-{name}:local-lvm:raw:\n" for name in disks)
    return (config + lines).encode()


def name_of(begun: datetime, *, vmid: int = 100, form: str = "vma.zst", zone: ZoneInfo = BERLIN) -> str:
    """The name that a node in that zone gives."""
    return f"vzdump-qemu-{vmid}-{begun.astimezone(zone):{_CLOCK}}.{form}"


def dump(
    directory: Path,
    begun: datetime,
    *,
    vmid: int = 100,
    form: str = "vma.zst",
    disks: Mapping[str, bytes] = DISKS,
    config: str | None = CONFIG,
    header_time: datetime | None = None,
    uuid: UUID = ARCHIVE,
) -> Path:
    """One archive, an hour old."""
    configs = {} if config is None else {"qemu-server.conf": mapped(config, list(disks))}
    devices = {f"drive-{name}": content for name, content in disks.items()}
    sizes = {name: len(content) for name, content in devices.items()}
    header = header_bytes(configs, sizes, header_time or begun, uuid)
    data = packed(devices, header=header, uuid=uuid)
    into = directory / name_of(begun, vmid=vmid, form=form)
    into.write_bytes(compressed(data, form))
    settle(into)
    return into


def compressed(data: bytes, form: str) -> bytes:
    """Pack as the form's name says."""
    packing = _SUFFIX[form]
    if packing is None:
        return data
    return subprocess.run(COMMANDS[packing], input=data, capture_output=True, check=True).stdout  # type: ignore[index]


def settle(path: Path, age: timedelta = timedelta(hours=1)) -> None:
    """Make a file look as if nobody had written to it for a while."""
    then = datetime.now(UTC).timestamp() - age.total_seconds()
    os.utime(path, (then, then))


def record_digest(archive: Path, content: bytes | None = None) -> Path:
    """Write the sidecar that `sha256sum ARCHIVE` gives (of other content, if that is given)."""
    digest = hashlib.sha256(archive.read_bytes() if content is None else content).hexdigest()
    sidecar = archive.with_name(archive.name + ".sha256")
    sidecar.write_text(f"{digest}  {archive.name}\n")
    return sidecar


def dump_directory(root: Path) -> Path:
    """Two archives of guest 100, one of guest 101, and what else lies in such a directory."""
    root.mkdir()
    dump(root, OLDER, disks={"scsi0": DISKS["scsi0"]}, config=CONFIG.replace("name: shop", "name: old"))
    dump(root, NEWER)
    dump(root, OLDER, vmid=101, form="vma.gz")
    (root / name_of(NEWER, form="vma.dat")).write_bytes(b"unfinished")
    (root / "vzdump-lxc-200-2026_10_19-02_00_00.tar.zst").write_bytes(b"container")
    (root / "vzdump-qemu-100-2026_10_19-02_00_01.log").write_bytes(b"INFO: Finished Backup of VM 100\n")
    (root / "vzdump-qemu-100-2026_10_19-02_00_01.tmp").mkdir()
    (root / "lost+found").mkdir()
    (root / "readme.txt").write_text("not a backup")
    return root


def source_of(directory: Path, *, zone: ZoneInfo = BERLIN) -> VzdumpSource:
    """A source over a dump directory."""
    return VzdumpSource("dumps", DirectoryStore(directory), zone)
