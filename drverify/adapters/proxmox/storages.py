"""Questions about storages and the backups on them, and removing one volume."""

from datetime import timedelta
from typing import Any, Literal

from drverify.adapters.proxmox import reading
from drverify.adapters.proxmox.caller import Caller
from drverify.adapters.proxmox.reading import Row
from drverify.adapters.proxmox.tasks import Tasks
from drverify.adapters.proxmox.upids import read_upid
from drverify.adapters.proxmox.values import GuestKind, StorageEntry, Volume

SLOW = timedelta(minutes=3)
"""Longest time for a question that waits for a storage: a backup server lists for up to 120 s."""


class Storages:
    """The paths below `/nodes/NODE/storage`, and the configuration in an archive."""

    def __init__(self, caller: Caller, tasks: Tasks) -> None:
        self._caller = caller
        self._tasks = tasks

    async def list(self, node: str, *, content: str = "") -> tuple[StorageEntry, ...]:
        """List the storages that the account may see (Datastore.Audit or AllocateSpace), by name."""
        params = {"content": content} if content else {}
        answer = await self._caller.get("nodes", node, "storage", params=params, lane="storage", within=SLOW)
        found = [_storage(one, reading.text(one, "storage")) for one in reading.rows(answer, "storages")]
        return tuple(sorted(found, key=lambda storage: storage.name))

    async def status(self, node: str, storage: str) -> StorageEntry:
        """Ask for one storage's state and room."""
        answer = await self._caller.get(
            "nodes", node, "storage", storage, "status", lane="storage", within=SLOW
        )
        return _storage(reading.row(answer, f"status of storage {storage}"), storage)

    async def content(
        self, node: str, storage: str, *, content: str = "", vmid: int | None = None
    ) -> tuple[Volume, ...]:
        """List volumes. What the account may not use is silently left out: no rights look like nothing."""
        params: dict[str, str | int] = {"content": content} if content else {}
        if vmid is not None:
            params["vmid"] = vmid
        answer = await self._caller.get(
            "nodes", node, "storage", storage, "content", params=params, lane="storage", within=SLOW
        )
        found = [_volume(one) for one in reading.rows(answer, f"content of storage {storage}")]
        return tuple(one for one in found if one is not None)

    async def extract_config(self, node: str, volid: str) -> str:
        """Read the guest's configuration out of a backup.

        Needs VM.Backup on the owner and Datastore.AllocateSpace on the storage. DamagedArchive when the
        archive does not hold it.
        """
        answer = await self._caller.get(
            "nodes", node, "vzdump", "extractconfig",
            params={"volume": volid}, lane="storage", within=SLOW,
        )  # fmt: skip
        return reading.words(answer, f"configuration in {volid}")

    async def remove(self, node: str, volid: str) -> None:
        """Remove one volume and wait until it is gone; needs Datastore.Allocate.

        Only ever for disks of a VMID of our own: whose it is is the caller's question.
        """
        storage = volid.partition(":")[0]
        path = ("nodes", node, "storage", storage, "content", volid)
        answer = await self._caller.delete(*path, within=SLOW)
        if answer is not None:  # a task; older versions may have done it when they answer
            await self._tasks.follow(read_upid(answer))


def _storage(one: Row, name: str) -> StorageEntry:
    return StorageEntry(
        name=name,
        kind=reading.text(one, "type"),
        content=frozenset(reading.split(one, "content")),
        active=reading.flag(one, "active"),
        enabled=reading.flag(one, "enabled", default=True),
        shared=reading.flag(one, "shared"),
        total=reading.size(one, "total"),
        used=reading.size(one, "used"),
        available=reading.size(one, "avail"),
    )


def _volume(one: Row) -> Volume | None:
    volid = reading.text(one, "volid")
    if not volid:
        return None
    kinds: dict[str, GuestKind] = {"qemu": "qemu", "lxc": "lxc"}
    return Volume(
        volid=volid,
        content=reading.text(one, "content"),
        format=reading.text(one, "format"),
        size=reading.size(one, "size"),
        created=reading.instant(one, "ctime"),
        vmid=reading.whole(one, "vmid"),
        kind=kinds.get(reading.text(one, "subtype")),
        notes=(reading.text(one, "notes").splitlines() or [""])[0],
        protected=reading.flag(one, "protected"),
        encrypted=reading.text(one, "encrypted"),
        verification=_verification(one.get("verification")),
        parent=reading.text(one, "parent"),
    )


def _verification(value: Any) -> Literal["", "ok", "failed"]:
    """Take any state but `ok` for failed: a new word for trouble must not read as never verified."""
    if not isinstance(value, dict) or not reading.text(value, "state"):
        return ""
    return "ok" if reading.text(value, "state") == "ok" else "failed"
