"""Virtual machines and containers: reserve, restore, configure, run, destroy."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from drverify.adapters.proxmox import reading
from drverify.adapters.proxmox.agent_values import GuestInterface
from drverify.adapters.proxmox.caller import Caller
from drverify.adapters.proxmox.reading import Row
from drverify.adapters.proxmox.tasks import Tasks
from drverify.adapters.proxmox.upids import Following, Submission, TaskResult
from drverify.adapters.proxmox.values import (
    FirewallOptions,
    GuestConfig,
    GuestStatus,
    PendingChange,
    TermAccess,
    VncAccess,
)
from drverify.adapters.proxmox.wire import Value

CHANGE = timedelta(seconds=60)
_FOLLOW = Following()
NO_OVERRIDES: Mapping[str, Value] = {}


class _Guests:
    """What machines and containers have in common."""

    kind: Literal["qemu", "lxc"]
    prefix: Literal["qm", "vz"]

    def __init__(self, caller: Caller, tasks: Tasks) -> None:
        self._caller = caller
        self._tasks = tasks

    async def config(self, node: str, vmid: int) -> GuestConfig:
        """Read the configuration with what is pending in it; NotThere when there is no such guest."""
        answer = reading.row(
            await self._caller.get("nodes", node, self.kind, vmid, "config"), f"configuration of {vmid}"
        )
        values = {key: reading.text(answer, key) for key in answer if key != "digest"}
        return GuestConfig(values=values, digest=reading.text(answer, "digest"), answer=answer)

    async def pending(self, node: str, vmid: int) -> tuple[PendingChange, ...]:
        """Read the configuration key by key, with what waits for the next start."""
        answer = await self._caller.get("nodes", node, self.kind, vmid, "pending")
        return tuple(_pending(one) for one in reading.rows(answer, f"pending changes of {vmid}"))

    async def configure(
        self,
        node: str,
        vmid: int,
        values: Mapping[str, Value] = NO_OVERRIDES,
        *,
        digest: str,
        delete: tuple[str, ...] = (),
    ) -> None:
        """Change the configuration that has this digest; ConfigChanged when it has another by now.

        While the guest runs most changes only become pending.
        """
        params: dict[str, Value] = {**values, "digest": digest}
        if delete:
            params["delete"] = ",".join(delete)
        await self._caller.put("nodes", node, self.kind, vmid, "config", params=params, within=CHANGE)

    async def status(self, node: str, vmid: int) -> GuestStatus:
        """Ask what runs; NotThere when there is no such guest."""
        answer = await self._caller.get("nodes", node, self.kind, vmid, "status", "current")
        return _status(reading.row(answer, f"status of {vmid}"))

    async def start(self, node: str, vmid: int, *, following: Following = _FOLLOW) -> TaskResult:
        """Start the guest and wait until its process runs."""
        return await self._do(node, vmid, "start", {}, following)

    async def stop(self, node: str, vmid: int, *, following: Following = _FOLLOW) -> TaskResult:
        """Pull the plug, whatever shutdown is under way."""
        return await self._do(node, vmid, "stop", {"overrule-shutdown": True}, following)

    async def shutdown(
        self,
        node: str,
        vmid: int,
        *,
        within: timedelta = timedelta(minutes=3),
        force: bool = False,
        following: Following = _FOLLOW,
    ) -> TaskResult:
        """Ask the guest to shut down; with `force` it is stopped when it does not within that time."""
        params: dict[str, Value] = {"timeout": int(within.total_seconds()), "forceStop": force}
        return await self._do(node, vmid, "shutdown", params, following)

    async def destroy(self, node: str, vmid: int, *, following: Following = _FOLLOW) -> TaskResult:
        """Remove the stopped guest with its disks, its jobs, its ACLs and its place in the pool.

        This method guards nothing: whether the guest is ours is the caller's question. Outcome
        `warnings` may mean a disk that is still there.
        """
        params: dict[str, Value] = {"purge": True, "destroy-unreferenced-disks": True}
        submission = Submission(
            node=node,
            method="DELETE",
            path=("nodes", node, self.kind, vmid),
            params=params,
            kind=f"{self.prefix}destroy",
            id=str(vmid),
        )
        return await self._tasks.run(submission, following)

    async def firewall(self, node: str, vmid: int) -> FirewallOptions:
        """Read the guest's firewall options."""
        answer = await self._caller.get("nodes", node, self.kind, vmid, "firewall", "options")
        found = reading.row(answer, f"firewall options of {vmid}")
        return FirewallOptions(
            enabled=reading.flag(found, "enable"),
            policy_in=reading.text(found, "policy_in"),
            policy_out=reading.text(found, "policy_out"),
        )

    async def set_firewall(self, node: str, vmid: int, options: FirewallOptions) -> None:
        """Set the guest's firewall options; needs VM.Config.Network."""
        policies = {"policy_in": options.policy_in, "policy_out": options.policy_out}
        params: dict[str, Value] = {"enable": options.enabled}
        params |= {key: value for key, value in policies.items() if value}
        path = ("nodes", node, self.kind, vmid, "firewall", "options")
        await self._caller.put(*path, params=params, within=CHANGE)

    async def _do(
        self, node: str, vmid: int, action: str, params: Mapping[str, Value], following: Following
    ) -> TaskResult:
        submission = Submission(
            node=node,
            method="POST",
            path=("nodes", node, self.kind, vmid, "status", action),
            params=params,
            kind=f"{self.prefix}{action}",
            id=str(vmid),
        )
        return await self._tasks.run(submission, following)


class Machines(_Guests):
    """The paths below `/nodes/NODE/qemu`."""

    kind = "qemu"
    prefix = "qm"

    async def reserve(
        self, node: str, vmid: int, *, pool: str, description: str, following: Following = _FOLLOW
    ) -> TaskResult:
        """Claim a VMID with an empty machine in a pool; AlreadyThere when it is taken.

        No tags: their check ignores the pool. The description tells whose it is.
        """
        return await self.create(
            node, vmid, pool=pool, values={"description": description}, following=following
        )

    async def create(
        self,
        node: str,
        vmid: int,
        *,
        pool: str,
        values: Mapping[str, Value],
        following: Following = _FOLLOW,
    ) -> TaskResult:
        """Make a machine of this configuration in a pool; AlreadyThere when the VMID is taken.

        What fails on the way is taken back by the API. Never `start`.
        """
        params: dict[str, Value] = {**values, "vmid": vmid}
        if pool:
            params["pool"] = pool
        submission = Submission(
            node=node,
            method="POST",
            path=("nodes", node, "qemu"),
            params=params,
            kind="qmcreate",
            id=str(vmid),
        )
        return await self._tasks.run(submission, following)

    async def restore(
        self,
        node: str,
        vmid: int,
        *,
        archive: str,
        storage: str,
        pool: str = "",
        overrides: Mapping[str, Value] = NO_OVERRIDES,
        force: bool = False,
        live: bool = False,
        bwlimit_kib: int | None = None,
        following: Following = _FOLLOW,
    ) -> TaskResult:
        """Restore a backup under a VMID; every disk goes to `storage`.

        `overrides` are options other than drives, in force before the configuration is written. `force`
        overwrites the machine that has the VMID: whether it may is the caller's question. `live` starts
        it at once (backups on a backup server only). Never `unique`, never `start`.
        """
        params: dict[str, Value] = {
            **overrides,
            "vmid": vmid,
            "archive": archive,
            "storage": storage,
        }
        for key, wanted in (("force", force), ("live-restore", live)):
            if wanted:
                params[key] = True
        if pool:
            params["pool"] = pool
        if bwlimit_kib is not None:
            params["bwlimit"] = bwlimit_kib
        submission = Submission(
            node=node,
            method="POST",
            path=("nodes", node, "qemu"),
            params=params,
            kind="qmrestore",
            id=str(vmid),
        )
        return await self._tasks.run(submission, following)

    async def vncproxy(self, node: str, vmid: int) -> VncAccess:
        """Open a door to the screen for a websocket; needs VM.Console."""
        answer = await self._caller.post(
            "nodes", node, "qemu", vmid, "vncproxy", params={"websocket": True, "generate-password": True}
        )
        found = reading.row(answer, f"VNC access to {vmid}")
        ticket = reading.text(found, "ticket")
        return VncAccess(
            port=reading.whole(found, "port") or 0,
            ticket=ticket,
            password=reading.text(found, "password") or ticket,
        )

    async def termproxy(self, node: str, vmid: int) -> TermAccess:
        """Open a door to the first serial port for a websocket; needs VM.Console and `serial0: socket`."""
        answer = await self._caller.post(
            "nodes", node, "qemu", vmid, "termproxy", params={"serial": "serial0"}
        )
        found = reading.row(answer, f"serial port of {vmid}")
        return TermAccess(
            port=reading.whole(found, "port") or 0,
            ticket=reading.text(found, "ticket"),
            user=reading.text(found, "user"),
        )


class Containers(_Guests):
    """The paths below `/nodes/NODE/lxc`."""

    kind = "lxc"
    prefix = "vz"

    async def restore(
        self,
        node: str,
        vmid: int,
        *,
        archive: str,
        storage: str,
        pool: str = "",
        overrides: Mapping[str, Value] = NO_OVERRIDES,
        bwlimit_kib: int | None = None,
        following: Following = _FOLLOW,
    ) -> TaskResult:
        """Restore a container under a free VMID; AlreadyThere when it is taken.

        Never `unique`: with it the API discards network overrides.
        """
        params: dict[str, Value] = {
            **overrides,
            "vmid": vmid,
            "ostemplate": archive,
            "restore": True,
            "storage": storage,
        }
        if pool:
            params["pool"] = pool
        if bwlimit_kib is not None:
            params["bwlimit"] = bwlimit_kib
        submission = Submission(
            node=node,
            method="POST",
            path=("nodes", node, "lxc"),
            params=params,
            kind="vzrestore",
            id=str(vmid),
        )
        return await self._tasks.run(submission, following)

    async def interfaces(self, node: str, vmid: int) -> tuple[GuestInterface, ...]:
        """Interfaces and addresses of the running container."""
        answer = await self._caller.get("nodes", node, "lxc", vmid, "interfaces")
        return tuple(
            GuestInterface(
                name=reading.text(one, "name"),
                mac=reading.text(one, "hwaddr") or reading.text(one, "hardware-address"),
                addresses=tuple(value for key in ("inet", "inet6") if (value := reading.text(one, key))),
            )
            for one in reading.rows(answer or [], f"interfaces of {vmid}")
        )


def _pending(one: Row) -> PendingChange:
    return PendingChange(
        key=reading.text(one, "key"),
        current=reading.text(one, "value") if "value" in one else None,
        pending=reading.text(one, "pending") if "pending" in one else None,
        deleted=reading.flag(one, "delete"),
    )


def _status(found: Row) -> GuestStatus:
    ha = found.get("ha")
    return GuestStatus(
        status=reading.text(found, "status"),
        qmp=reading.text(found, "qmpstatus"),
        uptime=reading.whole(found, "uptime") or 0,
        lock=reading.text(found, "lock"),
        agent=reading.flag(found, "agent"),
        ha_managed=isinstance(ha, dict) and reading.flag(ha, "managed"),
        pid=reading.whole(found, "pid"),
        name=reading.text(found, "name"),
        tags=reading.split(found, "tags"),
        template=reading.flag(found, "template"),
        disk_read=reading.size(found, "diskread") or 0,
        disk_written=reading.size(found, "diskwrite") or 0,
        net_in=reading.size(found, "netin") or 0,
        net_out=reading.size(found, "netout") or 0,
        cpu=reading.number(found, "cpu"),
    )
