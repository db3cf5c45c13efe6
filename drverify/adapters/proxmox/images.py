"""Disk images of ours on a storage for imports: announced, sent, and removed when the machine has its disk.

The name of an image carries the sandbox's mark and a random part, so that none of anybody else's is
overwritten, and what is removed is ours by name. A node may still be placing an image whose sender is dead:
its task is found by that name in its log, and ended first.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import ApiError, NotThere
from drverify.adapters.proxmox.gone import LOOKS, PAUSE, cleared, listed, sure_to_see
from drverify.adapters.proxmox.host_settings import HostSettings
from drverify.adapters.proxmox.intent import is_ours
from drverify.adapters.proxmox.restoring_log import Logbook
from drverify.adapters.proxmox.sparse import SparseImage
from drverify.adapters.proxmox.tasks import Following
from drverify.adapters.proxmox.uploading import Upload
from drverify.adapters.proxmox.values import Volume
from drverify.engine.ports import ResourceScope
from drverify.errors import DeadlineError, HostError, TeardownError

KIND = "pve-image"
"""Kind of the ledger's entries."""
CONTENT = "import"
PLACING = "imgcopy"
"""Type of the task that places what was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image as the ledger knows it."""

    node: str
    storage: str
    name: str

    @property
    def volid(self) -> str:
        """Its id as a volume."""
        return f"{self.storage}:{CONTENT}/{self.name}"

    @classmethod
    def of(cls, entry: str, tag: str, facts: Mapping[str, str]) -> "Image":
        """Read a ledger entry; TeardownError when it is none of ours."""
        found = cls(node=facts.get("node", ""), storage=facts.get("storage", ""), name=facts.get("image", ""))
        if not found.node or not found.storage or not found.name.startswith(_prefix(tag)):
            raise TeardownError(f"the ledger's entry {entry} does not say which image of ours it is")
        return found


class Images:
    """The images of one sandbox."""

    def __init__(
        self,
        client: ProxmoxClient,
        settings: HostSettings,
        *,
        node: str,
        scope: ResourceScope,
        logs: Logbook,
    ) -> None:
        self._client = client
        self._settings = settings
        self._node = node
        self._scope = scope
        self._logs = logs
        self._sent: list[tuple[Image, Upload]] = []

    def body(self, disk: SparseImage) -> Upload:
        """What is sent of a disk, under a name of ours."""
        name = f"{_prefix(self._scope.tag)}{secrets.token_hex(8)}.qcow2"
        return Upload(disk, name, {"content": CONTENT})

    async def send(self, body: Upload, *, stall: timedelta) -> str:
        """Send a disk; the volume's id.

        HostError or an ApiError when it cannot be sent or placed; DeadlineError when nothing moved for
        `stall`.
        """
        storage = self._settings.import_storage
        image = Image(node=self._node, storage=storage, name=body.name)
        self._scope.opening(
            KIND,
            self._entry(image),
            host=self._settings.name,
            node=image.node,
            storage=image.storage,
            image=image.name,
        )
        self._sent.append((image, body))
        following = self._logs.following("upload", Following(stall=stall, stop_when_cancelled=True))
        await self._client.storages.upload(self._node, storage, body, stall=stall, following=following)
        listed = await self._client.storages.content(self._node, storage, content=CONTENT)
        size = next((one.size for one in listed if one.volid == image.volid), None)
        if size != body.size:
            raise HostError(f"{image.volid} has {size} bytes on the node, and {body.size} were sent")
        return image.volid

    async def remove(self) -> None:
        """Remove every image and strike it out. Idempotent; TeardownError when one is left or may come."""
        while self._sent:
            image, body = self._sent[-1]
            await removed(self._client, self._settings, image)
            if not body.over:
                raise TeardownError(
                    f"the connection that sent disk image {image.volid} is dead, and not closed yet",
                    hint="run `drverify sandbox reap` when this drill has ended",
                )
            self._scope.closed(KIND, self._entry(image))
            self._sent.pop()

    def _entry(self, image: Image) -> str:
        return f"{self._settings.name}:{image.volid}"


async def removed(client: ProxmoxClient, settings: HostSettings, image: Image) -> None:
    """Remove an image and see that it is gone; absent is success. TeardownError says what is left."""

    async def ours() -> Sequence[Volume]:
        await _end_placing(client, settings, image)
        found = await listed(client, image.node, image.storage, content=CONTENT)
        return [one for one in found if one.volid == image.volid]

    try:
        await sure_to_see(client, image.storage, f"disk image {image.name}")
        left = await cleared(client, image.node, ours)
    except (ApiError, DeadlineError) as error:
        raise TeardownError(
            f"disk image {image.volid} on node {image.node} may still be there: {error}",
            hint=error.hint or "run `drverify sandbox reap` when the cluster answers again",
        ) from error
    if left:
        raise TeardownError(
            f"disk image {image.volid} on node {image.node} is still there",
            hint=f"Datastore.Allocate on /storage/{image.storage} lets drverify remove it; or `pvesm free`",
        )


async def _end_placing(client: ProxmoxClient, settings: HostSettings, image: Image) -> None:
    """Stop the task that places the image. One that has not said yet which image it places is waited for.

    TeardownError when it does not say so.
    """
    for _ in range(LOOKS):
        unknown = False
        for task in await client.tasks.list(image.node, kind=PLACING, source="active"):
            if task.ended is not None or not is_ours(task, settings.access):
                continue
            with suppress(NotThere):
                log = "\n".join(await client.tasks.log(task.upid))
                if image.name in log:
                    await client.tasks.stop(task.upid)
                unknown = unknown or "target file: " not in log
        if not unknown:
            return
        await asyncio.sleep(PAUSE)
    raise TeardownError(
        f"a task of ours on node {image.node} does not say which image it places: it may be {image.volid}",
        hint="run `drverify sandbox reap` when it has ended",
    )


def _prefix(tag: str) -> str:
    """How names begin that carry the mark `drverify:<sandbox id>`."""
    return tag.replace(":", "-") + "-"
