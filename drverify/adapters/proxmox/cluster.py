"""Questions about the whole cluster."""

from typing import Any

from drverify.adapters.proxmox import reading
from drverify.adapters.proxmox.caller import Caller
from drverify.adapters.proxmox.errors import BadParameters
from drverify.adapters.proxmox.reading import Row
from drverify.adapters.proxmox.values import (
    BackupJob,
    ClusterStatus,
    GuestEntry,
    GuestKind,
    HaResource,
    Node,
    Pool,
    ReplicationJob,
    Subnet,
    Version,
    Vnet,
    Zone,
)


class Cluster:
    """The paths below `/version`, `/nodes`, `/cluster` and `/pools`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def version(self) -> Version:
        """Ask which Proxmox VE answers."""
        found = reading.row(await self._caller.get("version"), "version")
        return Version(
            version=reading.text(found, "version"),
            release=reading.text(found, "release"),
            repoid=reading.text(found, "repoid"),
        )

    async def status(self) -> ClusterStatus:
        """Ask for quorum and addresses; needs Sys.Audit on /."""
        listed = reading.rows(await self._caller.get("cluster", "status"), "cluster status")
        whole = next((one for one in listed if reading.text(one, "type") == "cluster"), None)
        nodes = [one for one in listed if reading.text(one, "type") == "node"]
        return ClusterStatus(
            name=reading.text(whole, "name") if whole is not None else "",
            quorate=whole is None or reading.flag(whole, "quorate"),
            addresses={reading.text(one, "name"): reading.text(one, "ip") for one in nodes if one.get("ip")},
            online=frozenset(reading.text(one, "name") for one in nodes if reading.flag(one, "online")),
        )

    async def nodes(self) -> tuple[Node, ...]:
        """List the nodes, by name."""
        listed = reading.rows(await self._caller.get("nodes"), "nodes")
        found = [
            Node(
                name=reading.text(one, "node"),
                online=reading.text(one, "status") == "online",
                fingerprint=reading.text(one, "ssl_fingerprint").replace(":", "").lower(),
            )
            for one in listed
            if reading.text(one, "node")
        ]
        return tuple(sorted(found, key=lambda node: node.name))

    async def guests(self) -> tuple[GuestEntry, ...]:
        """List the guests that the account may see (VM.Audit), by VMID; the others are silently left out."""
        answer = await self._caller.get("cluster", "resources", params={"type": "vm"})
        found = [_guest(one) for one in reading.rows(answer, "cluster resources")]
        return tuple(sorted((one for one in found if one is not None), key=lambda guest: guest.vmid))

    async def is_free(self, vmid: int) -> bool:
        """Whether no guest has the VMID, those that the account may not see included."""
        try:
            await self._caller.get("cluster", "nextid", params={"vmid": vmid})
        except BadParameters as error:
            if "already exists" not in error.fields.get("vmid", ""):
                raise
            return False
        return True

    async def ha_resources(self) -> tuple[HaResource, ...]:
        """List what the HA manager looks after; needs Sys.Audit on /."""
        answer = await self._caller.get("cluster", "ha", "resources")
        return tuple(
            HaResource(sid=reading.text(one, "sid"), state=reading.text(one, "state"))
            for one in reading.rows(answer, "HA resources")
        )

    async def replication(self) -> tuple[ReplicationJob, ...]:
        """List replication jobs of guests that the account may see."""
        answer = await self._caller.get("cluster", "replication")
        return tuple(
            ReplicationJob(
                id=reading.text(one, "id"),
                vmid=reading.whole(one, "guest") or _before_dash(reading.text(one, "id")),
                target=reading.text(one, "target"),
            )
            for one in reading.rows(answer, "replication jobs")
        )

    async def backup_jobs(self) -> tuple[BackupJob, ...]:
        """List scheduled backups; needs Sys.Audit on /."""
        answer = await self._caller.get("cluster", "backup")
        return tuple(_job(one) for one in reading.rows(answer, "backup jobs"))

    async def not_backed_up(self) -> tuple[GuestEntry, ...]:
        """List guests that no backup *job* covers; needs Sys.Audit on /. Says nothing of backups."""
        answer = await self._caller.get("cluster", "backup-info", "not-backed-up")
        found = [_guest(one) for one in reading.rows(answer, "guests without a backup job")]
        return tuple(one for one in found if one is not None)

    async def pools(self) -> tuple[str, ...]:
        """Names of the pools that the account may see."""
        answer = await self._caller.get("pools")
        return tuple(reading.text(one, "poolid") for one in reading.rows(answer, "pools"))

    async def pool(self, name: str) -> Pool:
        """A pool with its members; needs Pool.Audit."""
        answer = await self._caller.get("pools", name)
        found = reading.row(answer, f"pool {name}")
        members = reading.rows(found.get("members") or [], f"members of pool {name}")
        return Pool(
            name=name,
            comment=reading.text(found, "comment"),
            guests=frozenset(vmid for one in members if (vmid := reading.whole(one, "vmid")) is not None),
            storages=frozenset(storage for one in members if (storage := reading.text(one, "storage"))),
        )

    async def vnets(self) -> tuple[Vnet, ...]:
        """List the SDN networks that the account may audit, as they are configured."""
        answer = await self._caller.get("cluster", "sdn", "vnets", params={"pending": True})
        return tuple(_vnet(one) for one in reading.rows(answer, "SDN networks"))

    async def zones(self) -> tuple[Zone, ...]:
        """List the SDN zones that the account may audit."""
        answer = await self._caller.get("cluster", "sdn", "zones")
        return tuple(
            Zone(
                name=reading.text(one, "zone"),
                kind=reading.text(one, "type"),
                nodes=reading.split(one, "nodes"),
                bridge=reading.text(one, "bridge"),
                dhcp=reading.text(one, "dhcp"),
            )
            for one in reading.rows(answer, "SDN zones")
        )

    async def subnets(self, vnet: str) -> tuple[Subnet, ...]:
        """List the subnets of an SDN network."""
        answer = await self._caller.get("cluster", "sdn", "vnets", vnet, "subnets")
        return tuple(
            Subnet(
                cidr=reading.text(one, "cidr") or reading.text(one, "subnet"),
                gateway=reading.text(one, "gateway"),
                snat=reading.flag(one, "snat"),
            )
            for one in reading.rows(answer, f"subnets of {vnet}")
        )


def _before_dash(job: str) -> int:
    """The VMID in the name of a replication job, `100-0`."""
    vmid = job.partition("-")[0]
    return int(vmid) if vmid.isascii() and vmid.isdigit() else 0


def _guest(one: Row) -> GuestEntry | None:
    vmid = reading.whole(one, "vmid")
    kinds: dict[str, GuestKind] = {"qemu": "qemu", "lxc": "lxc"}
    kind = kinds.get(reading.text(one, "type"))
    if vmid is None or kind is None:
        return None
    return GuestEntry(
        vmid=vmid,
        kind=kind,
        node=reading.text(one, "node"),
        name=reading.text(one, "name"),
        status=reading.text(one, "status"),
        template=reading.flag(one, "template"),
        pool=reading.text(one, "pool"),
        tags=reading.split(one, "tags"),
        lock=reading.text(one, "lock"),
        max_memory=reading.size(one, "maxmem"),
        max_disk=reading.size(one, "maxdisk"),
    )


def _job(one: Row) -> BackupJob:
    return BackupJob(
        id=reading.text(one, "id"),
        enabled=reading.flag(one, "enabled", default=True),
        everything=reading.flag(one, "all"),
        vmids=reading.numbers(reading.split(one, "vmid")),
        excluded=reading.numbers(reading.split(one, "exclude")),
        pool=reading.text(one, "pool"),
        node=reading.text(one, "node"),
        storage=reading.text(one, "storage"),
        schedule=reading.text(one, "schedule"),
        next_run=reading.instant(one, "next-run"),
        mode=reading.text(one, "mode"),
        keep=_keep(one.get("prune-backups")),
        comment=reading.text(one, "comment"),
    )


def _keep(value: Any) -> str:
    """`keep-daily=7,keep-weekly=4`; newer versions hand it over as an object."""
    if isinstance(value, dict):
        return ",".join(f"{key}={one}" for key, one in sorted(value.items()))
    return value if isinstance(value, str) else ""


def _vnet(one: Row) -> Vnet:
    waiting = one.get("pending")
    shown: Row = {**one, **waiting} if isinstance(waiting, dict) else one
    return Vnet(
        name=reading.text(shown, "vnet"),
        zone=reading.text(shown, "zone"),
        tag=reading.whole(shown, "tag"),
        vlan_aware=reading.flag(shown, "vlanaware"),
        isolated_ports=reading.flag(shown, "isolate-ports"),
        pending=bool(reading.text(one, "state")),
    )
