"""Storages: directories with archives and images, how full they are, what is in them.

<root>/storages/<id>/{dump,images,template,snapshots}; storages that are not shared have a directory for each
node in clusters of several. Nothing here is a real storage driver: an `lvmthin` is a directory whose volumes
are named as LVM's are, a `pbs` one whose snapshots hold a VMA archive.
"""

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from lab.pve.api.faults import Fault, Faults
from lab.pve.api.problems import failed
from lab.pve.api.snapshots import snapshot_item, snapshot_path
from lab.pve.api.store import Store
from lab.pve.api.volumes import FILED, Volume, read_volume

GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """One storage as the cluster's configuration has it. `nodes` empty: on every node."""

    id: str
    type: str = "dir"
    content: tuple[str, ...] = ("images", "backup", "iso")
    nodes: tuple[str, ...] = ()
    shared: bool = False
    total: int = 64 * GIB
    """Bytes; what lies in the directory counts as used."""
    enabled: bool = True

    @property
    def filed(self) -> bool:
        """Whether volumes have paths with file names."""
        return self.type in FILED


class Storages:
    """Every storage of the cluster."""

    def __init__(
        self, root: Path, store: Store, faults: Faults, *, zone: tzinfo = UTC, single: bool = True
    ) -> None:
        self._root = root / "storages"
        self._store = store
        self._faults = faults
        self._single = single
        self.zone = zone

    # -- keeping ---------------------------------------------------------------------------------------------

    def add(self, storage: Storage) -> None:
        """Make a storage, or change what it is."""
        self._store.put("storage", storage.id, asdict(storage))

    def of(self, node: str) -> Iterator[Storage]:
        """Every storage that a node has."""
        for _, body in self._store.all("storage"):
            found = _storage(body)
            if not found.nodes or node in found.nodes:
                yield found

    def get(self, id_: str, node: str) -> Storage:
        """Return a storage of a node. Raises ApiError when there is none, it is disabled or offline."""
        body = self._store.get("storage", id_)
        if body is None:
            raise failed(f"storage '{id_}' does not exist")
        found = _storage(body)
        if found.nodes and node not in found.nodes:
            raise failed(f"storage '{id_}' is not available on node '{node}'")
        if not found.enabled:
            raise failed(f"storage '{id_}' is disabled")
        return found

    def online(self, id_: str, node: str) -> Storage:
        """Return a storage that answers. Raises ApiError."""
        found = self.get(id_, node)
        fault = self._fault("storage-offline", id_, node)
        if fault is not None and not fault.parameters.get("quiet"):
            raise failed(str(fault.parameters.get("message", f"storage '{id_}' is not online")))
        return found

    def answers(self, id_: str, node: str) -> bool:
        """Whether a storage is there at this moment."""
        return self._fault("storage-offline", id_, node) is None

    def _fault(self, name: str, id_: str, node: str) -> Fault | None:
        """The fault of a name that stands against this storage, or against every one."""
        found = self._faults.standing(name, node=node)
        return next((fault for fault in found if fault.parameters.get("storage", id_) == id_), None)

    def folder(self, storage: Storage, node: str) -> Path:
        """Directory of a storage as a node sees it."""
        shared = self._single or storage.shared or len(storage.nodes) == 1
        return self._root / (storage.id if shared else f"{storage.id}@{node}")

    # -- space -----------------------------------------------------------------------------------------------

    def space(self, storage: Storage, node: str) -> tuple[int, int, int]:
        """Return bytes total, used and available; allocated blocks count, holes do not."""
        files = (path for path in self.folder(storage, node).rglob("*") if path.is_file())
        used = sum(path.stat().st_blocks * 512 for path in files)
        avail = max(storage.total - used, 0)
        fault = self._fault("storage-full", storage.id, node)
        if fault is not None:
            avail = min(avail, int(fault.parameters.get("avail", avail)))
        return storage.total, storage.total - avail, avail

    def room(self, storage: Storage, node: str) -> int:
        """Bytes that can be written before ENOSPC; `storage-full` lets it differ from the status."""
        fault = self._fault("storage-full", storage.id, node)
        if fault is not None:
            return int(fault.parameters.get("at", 0))
        return self.space(storage, node)[2]

    # -- volumes ---------------------------------------------------------------------------------------------

    def path(self, volid: str, node: str) -> Path:
        """File of a volume. Raises ApiError when the name is none or the storage is not there."""
        volume = read_volume(volid, self.zone)
        storage = self.online(volume.storage, node)
        folder = self.folder(storage, node)
        if volume.form.startswith("pbs-"):
            return snapshot_path(folder / "snapshots" / volume.name.removeprefix("backup/"))
        if volume.content == "backup":
            return folder / "dump" / volume.name.removeprefix("backup/")
        if volume.content == "images":
            return folder / "images" / self._image_file(storage, volume)
        return folder / "template" / volume.name

    def name(self, storage: Storage, node: str, vmid: int, *, stem: str = "disk") -> str:
        """Return the id of a volume that is not there yet: `disk` counts, other stems do not."""
        for count in range(100):
            base = f"vm-{vmid}-{stem}-{count}" if stem == "disk" else f"vm-{vmid}-{stem}"
            volid = f"{storage.id}:{vmid}/{base}.raw" if storage.filed else f"{storage.id}:{base}"
            if stem != "disk" or not self.path(volid, node).exists():
                return volid
        raise failed(f"unable to allocate an image name for VM {vmid} in storage '{storage.id}'")

    def allocate(self, storage: Storage, node: str, vmid: int, size: int, *, stem: str = "disk") -> str:
        """Make an empty, sparse volume and return its id. Raises ApiError."""
        if not {"images", "rootdir"} & set(storage.content):
            raise failed(f"Content type 'images' is not available on storage '{storage.id}'")
        volid = self.name(storage, node, vmid, stem=stem)
        path = self.path(volid, node)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(size)
        return volid

    def free(self, volid: str, node: str) -> None:
        """Remove a volume, or an archive with what lies beside it. Raises ApiError."""
        path = self.path(volid, node)
        if volid.split(":", 1)[1].startswith("backup/"):
            if self.protected(path):
                raise failed(f"can't remove protected volume '{volid}'")
            for beside in (".notes", ".protected"):
                _beside(path, beside).unlink(missing_ok=True)
            path.with_name(path.name.split(".", 1)[0] + ".log").unlink(missing_ok=True)
        if not path.exists() or not self.answers(volid.partition(":")[0], node):
            raise failed(f"volume '{volid}' does not exist")
        if read_volume(volid, self.zone).form.startswith("pbs-"):
            shutil.rmtree(path if path.is_dir() else path.parent)
            return
        path.unlink()
        if path.parent.name.isdigit() and not any(path.parent.iterdir()):
            path.parent.rmdir()

    def mark(self, volid: str, node: str, *, notes: str | None, protected: bool | None) -> None:
        """Set an archive's notes or protection; None: leave it. Raises ApiError."""
        path = self.path(volid, node)
        if not path.exists():
            raise failed(f"volume '{volid}' does not exist")
        if notes is not None:
            _beside(path, ".notes").write_text(notes)
        if protected:
            _beside(path, ".protected").touch()
        elif protected is not None:
            _beside(path, ".protected").unlink(missing_ok=True)

    def protected(self, archive: Path) -> bool:
        """Whether an archive may not be removed."""
        return _beside(archive, ".protected").exists()

    # -- listing ---------------------------------------------------------------------------------------------

    def items(self, storage: Storage, node: str) -> Iterator[dict[str, Any]]:
        """Everything in a storage, as a content listing has it."""
        folder = self.folder(storage, node)
        for path in sorted((folder / "images").glob("*/*")):
            name = f"{path.parent.name}/{path.name}" if storage.filed else path.stem
            yield self._image(f"{storage.id}:{name}", path)
        for path in sorted((folder / "dump").glob("*")):
            if path.name.endswith((".notes", ".protected", ".log", ".dat", ".tmp")):
                continue
            yield self._backup(f"{storage.id}:backup/{path.name}", path)
        for path in sorted((folder / "snapshots").glob("*/*/*")):
            yield snapshot_item(f"{storage.id}:backup/{path.relative_to(folder / 'snapshots')}", path)
        for path in sorted((folder / "template").glob("*/*")):
            kind = path.parent.name
            yield {
                "volid": f"{storage.id}:{kind}/{path.name}",
                "content": kind,
                "format": path.suffix.lstrip("."),
                "size": path.stat().st_size,
                "ctime": int(path.stat().st_ctime),
            }

    def _image_file(self, storage: Storage, volume: Volume) -> str:
        return volume.name if storage.filed else f"{volume.owner}/{volume.name}.raw"

    def _image(self, volid: str, path: Path) -> dict[str, Any]:
        facts = path.stat()
        return {
            "volid": volid,
            "content": "images",
            "format": path.suffix.lstrip("."),
            "size": facts.st_size,
            "used": facts.st_blocks * 512,
            "vmid": int(path.parent.name),
            "ctime": int(facts.st_ctime),
        }

    def _backup(self, volid: str, path: Path) -> dict[str, Any]:
        volume = read_volume(volid, self.zone)
        facts = path.stat()
        item: dict[str, Any] = {
            "volid": volid,
            "content": "backup",
            "format": volume.form,
            "size": facts.st_size,
            "ctime": volume.ctime if volume.ctime is not None else int(facts.st_ctime),
        }
        if volume.owner is not None:
            item |= {"vmid": volume.owner, "subtype": volume.subtype}
        notes = _beside(path, ".notes")
        if notes.exists():
            item["notes"] = (notes.read_text().splitlines() or [""])[0]
        if self.protected(path):
            item["protected"] = 1
        return item


def _storage(body: dict[str, Any]) -> Storage:
    return Storage(**body | {"content": tuple(body["content"]), "nodes": tuple(body["nodes"])})


def _beside(archive: Path, suffix: str) -> Path:
    return archive.with_name(archive.name + suffix)
