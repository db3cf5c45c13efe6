"""Disks that were restored elsewhere become a machine of the cluster: what `ProxmoxSandbox.take` does.

The disk is sent to a storage for imports, the machine is made out of it in one call, with the configuration
that it will have, and the image is removed. The configuration is ours, and goes through the same rules, and
through the same look before the start, as one that was restored.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from drverify.adapters.linux.links import mac_address
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.host_settings import DrillBridge, HostSettings
from drverify.adapters.proxmox.images import CONTENT, Images
from drverify.adapters.proxmox.restoring import Copy
from drverify.adapters.proxmox.restoring_plan import Plan, plan_of
from drverify.adapters.proxmox.space import IMAGES, Room
from drverify.adapters.proxmox.sparse import SparseImage
from drverify.adapters.proxmox.tasks import Following
from drverify.adapters.proxmox.upids import TaskProgress
from drverify.adapters.proxmox.uploading import Upload
from drverify.engine.ports import DiskSource, Progress, SandboxSpec
from drverify.errors import HostError, IsolationError
from drverify.pveconf.making import made
from drverify.pveconf.policy import Preflight
from drverify.pveconf.rights import rights_at

MIB = 1024 * 1024
ON_POOL = (
    "VM.Config.Disk", "VM.Config.CPU", "VM.Config.Memory", "VM.Config.HWType", "VM.Config.Network",
    "VM.Config.Options",
)  # fmt: skip
ON_IMPORTS = ("Datastore.AllocateTemplate", "Datastore.Audit", "Datastore.Allocate")
_UNCHECKED = "tags"
"""Set when the machine is in the pool: the check of a new machine's tags ignores the pool."""
_TELL = 0.5
"""Seconds between two looks at how much is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A machine that is to be, and what it is made of."""

    plan: Plan
    drives: tuple[str, ...]
    """Key of each disk, in their order."""


async def check_way_in(client: ProxmoxClient, settings: HostSettings, node: str) -> None:
    """HostError when disks cannot be sent to the node, or no machine be made of them; nothing is sent."""
    name = settings.import_storage
    if not name:
        raise HostError(no_way_in(settings))
    missing = []
    for path, needed in ((f"/pool/{settings.pool}", ON_POOL), (f"/storage/{name}", ON_IMPORTS)):
        held = rights_at(path, await client.accounts.permissions(path))
        if lacking := [one for one in needed if one not in held]:
            missing.append(f"{', '.join(lacking)} on {path}")
    if missing:
        raise HostError(
            f"{settings.access.account} lacks {'; '.join(missing)}",
            hint=f"`drverify doctor --host {settings.name}` names every right",
        )
    storage = await client.storages.status(node, name)
    if not (storage.active and storage.enabled):
        raise HostError(f"storage {name} is not active on node {node}", hint="look at it with `pvesm status`")
    if CONTENT not in storage.content:
        raise HostError(
            f"storage {name} takes no disk images",
            hint=f"give it the content type `{CONTENT}`, which Proxmox VE knows since 8.4",
        )


def no_way_in(settings: HostSettings) -> str:
    """Why a host without a storage for imports takes no disks."""
    return f"host {settings.name} takes no disks: `import_storage` is not set"


def wish_of(
    spec: SandboxSpec, settings: HostSettings, bridges: Sequence[DrillBridge], *, mark: str, family: str
) -> Wish:
    """Decide on the machine. HostError names everything in it that forbids a drill."""
    shape = spec.guest
    macs = [net.mac or mac_address(spec.id, number) for number, net in enumerate(shape.networks)]
    machine = made(shape, name=spec.workload, storage=settings.storage, bridge=bridges[0].bridge, macs=macs)
    plan = plan_of(machine.statement.encode(), settings, bridges, plugged=len(macs), mark=mark, family=family)
    findings = tuple(
        replace(one, action="set") if one.key == _UNCHECKED and one.action == "override" else one
        for one in plan.expected.findings
    )
    return Wish(plan=replace(plan, expected=Preflight(findings=findings)), drives=machine.drives)


class Taking:
    """Sends disks and makes the machine."""

    def __init__(
        self, client: ProxmoxClient, settings: HostSettings, copy: Copy, images: Images, room: Room
    ) -> None:
        self._client = client
        self._settings = settings
        self._copy = copy
        self._images = images
        self._room = room

    async def run(
        self,
        wish: Wish,
        disks: Sequence[DiskSource],
        *,
        stall: timedelta,
        progress: Progress,
    ) -> None:
        """Make the machine; it is not started. Its images are gone when it has its disks.

        HostError on no space or a lock, IsolationError when it is not what was planned, DeadlineError when
        nothing moved for `stall`, ApiErrors besides.
        """
        if len(disks) != len(wish.drives) or any(one.format != "raw" for one in disks):
            raise HostError("what was restored are not the raw disks of this machine")
        try:
            images = [await asyncio.to_thread(SparseImage, one.path) for one in disks]
        except OSError as error:
            raise HostError(f"a restored disk cannot be read: {error.strerror}") from error
        total = sum(one.disk_size for one in images)
        sent = sum(one.size for one in images)
        await self._room.promise(self._client, self._settings, disks=total, images=sent)
        sources = await self._sent([self._images.body(one) for one in images], stall, progress)
        drives = dict(zip(wish.drives, sources, strict=True))

        def told(at: TaskProgress) -> None:
            progress.bytes(int(total * at.percent / 100), total)

        progress.note(f"the disks lie on node {self._copy.node}; the machine is made of them")
        following = Following(on_progress=told, stall=stall, stop_when_cancelled=True)
        await self._copy.create(wish.plan, _values(wish.plan, drives), following)
        await self._images.remove()
        self._room.give_back(IMAGES)
        await self._copy.make_harmless()
        config = await self._copy.require_as_planned()
        if lacking := [key for key in wish.drives if key not in config.values]:
            raise IsolationError(
                f"the machine {self._copy.vmid} lacks {', '.join(lacking)}; it was not started"
            )

    async def _sent(self, bodies: Sequence[Upload], stall: timedelta, progress: Progress) -> list[str]:
        total = sum(one.size for one in bodies)
        progress.note(f"sending {max(1, total // MIB)} MiB to node {self._copy.node}")
        telling = asyncio.create_task(_told(bodies, total, progress))
        try:
            return [await self._images.send(one, stall=stall) for one in bodies]
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)


async def _told(bodies: Sequence[Upload], total: int, progress: Progress) -> None:
    while True:
        progress.bytes(sum(one.sent for one in bodies), total)
        await asyncio.sleep(_TELL)


def _values(plan: Plan, sources: dict[str, str]) -> dict[str, str]:
    """Parameters of the call: the configuration as it is to be, each disk with what it comes from."""
    values = {one.key: one.value for one in plan.config.entries} | dict(plan.expected.overrides)
    for key, source in sources.items():
        first, _, rest = values[key].partition(",")
        values[key] = ",".join(part for part in (first, f"import-from={source}", rest) if part)
    return values
