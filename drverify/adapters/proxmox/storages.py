"""Questions about storages and the backups on them, sending a file into one, and removing one volume."""

import asyncio
from datetime import timedelta
from typing import Any, Literal

from drverify.adapters.proxmox import reading
from drverify.adapters.proxmox.caller import Caller
from drverify.adapters.proxmox.reading import Row
from drverify.adapters.proxmox.tasks import Tasks
from drverify.adapters.proxmox.upids import Following, TaskResult, read_upid
from drverify.adapters.proxmox.uploading import Upload
from drverify.adapters.proxmox.values import GuestKind, StorageEntry, Volume
from drverify.errors import DeadlineError

SLOW = timedelta(minutes=3)
"""Longest time for a question that waits for a storage: a backup server lists for up to 120 s."""

ANSWER = timedelta(seconds=60)
"""Shortest time for the answer to a file that was sent: rights are looked at only then."""
_NO_FILE = "does not exist"
ENDING = 5.0
"""Seconds that a connection has to notice that it shall send no more."""
LOOK = 0.5
"""Seconds between two looks at how far a file is."""


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

    async def remove(self, node: str, volid: str) -> bool:
        """Remove one volume, and wait for that; needs Datastore.Allocate. True: the node says it is gone.

        Only ever for disks of a VMID of our own: whose it is is the caller's question. A node that finds no
        such file ends its task well, too, and merely warns (PVE::Storage::Plugin::free_image).
        """
        storage = volid.partition(":")[0]
        path = ("nodes", node, "storage", storage, "content", volid)
        answer = await self._caller.delete(*path, within=SLOW)
        if answer is None:  # older versions may have done it when they answer
            return False
        done = await self._tasks.follow(read_upid(answer))
        return done.outcome == "ok" and not any(_NO_FILE in line for line in done.log)

    async def upload(
        self, node: str, storage: str, body: Upload, *, stall: timedelta, following: Following
    ) -> TaskResult:
        """Send a file into a storage and wait until it lies there; needs Datastore.AllocateTemplate.

        One of that name which is there is overwritten: names are the caller's question. Cancelled, or without
        a byte sent for `stall` (DeadlineError), it ends within ENDING, and the node forgets what it got; on a
        dead link the connection may outlive that (`body.over`). OutcomeUnknown when the answer was lost.
        """
        path = ("nodes", node, "storage", storage, "upload")
        sending = asyncio.get_running_loop().create_task(
            self._caller.send(*path, body=body, within=max(stall, ANSWER))
        )
        try:
            await _sent(sending, body, stall)
        except BaseException:
            body.stop()
            if not body.begun:
                sending.cancel()
                body.ended.set()
            sending.add_done_callback(_unheard)
            await asyncio.wait({sending}, timeout=ENDING)
            sending.cancel()
            raise
        body.ended.set()
        upid = read_upid(sending.result())
        following.announce(upid)
        return await self._tasks.follow(upid, following)

    async def protect(self, node: str, volid: str, *, on: bool) -> None:
        """Set or take away a backup's protection; needs what seeing it needs."""
        storage = volid.partition(":")[0]
        path = ("nodes", node, "storage", storage, "content", volid)
        await self._caller.put(*path, params={"protected": int(on)})


async def _sent(sending: "asyncio.Task[Any]", body: Upload, stall: timedelta) -> None:
    """Wait until a file is sent and the node has answered. DeadlineError when nothing moves."""
    loop = asyncio.get_running_loop()
    seen, moved = -1, loop.time()
    while not sending.done():
        await asyncio.wait({sending}, timeout=LOOK)
        if body.sent != seen or not body.begun:
            seen, moved = body.sent, loop.time()
        elif loop.time() - moved > max(stall, ANSWER if seen == body.size else stall).total_seconds():
            raise DeadlineError(
                f"no byte of the disk went to the node for {stall.total_seconds():g} s",
                hint="is the node's /var/tmp full, or the way to it cut? Its pveproxy log says",
            )


def _unheard(sending: "asyncio.Task[Any]") -> None:
    """Take what it ended with, so that nobody complains that nobody did."""
    if not sending.cancelled():
        sending.exception()


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
