"""What the API's answers are read into. Times are UTC, sizes bytes; None: the answer does not say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

GuestKind = Literal["qemu", "lxc"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """`GET /version`."""

    version: str
    """`9.1.4`."""
    release: str
    repoid: str

    @property
    def major(self) -> int:
        """The first number; 0 when there is none."""
        head = self.version.partition(".")[0]
        return int(head) if head.isascii() and head.isdigit() else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node as `GET /nodes` lists it."""

    name: str
    online: bool
    fingerprint: str = ""
    """SHA-256 of its certificate, 64 lower-case hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterStatus:
    """`GET /cluster/status`; a single node without a cluster is quorate."""

    name: str
    quorate: bool
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Node to IP address."""
    online: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLoad:
    """What a node has and uses."""

    memory_total: int
    memory_free: int
    cpus: int
    cpu_busy: float
    """0 to 1."""
    pve: str = ""
    uptime: int = 0
    """Seconds since the node was started; 0 when the answer does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTime:
    """A node's clock."""

    utc: datetime
    zone: str
    """`Europe/Berlin`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A network interface of a node."""

    name: str
    kind: str
    """bridge, OVSBridge, vnet, eth, bond, vlan, ..."""
    ports: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    """With or without prefix length, IPv4 and IPv6."""
    gateways: tuple[str, ...] = ()
    active: bool = False
    vlan_aware: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vnet:
    """An SDN network."""

    name: str
    zone: str
    tag: int | None = None
    vlan_aware: bool = False
    isolated_ports: bool = False
    pending: bool = False
    """Whether changes wait to be applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An SDN zone."""

    name: str
    kind: str
    """simple, vlan, qinq, vxlan, evpn."""
    nodes: tuple[str, ...] = ()
    """Empty: all."""
    bridge: str = ""
    dhcp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet of an SDN network."""

    cidr: str
    gateway: str = ""
    snat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestEntry:
    """A guest as `GET /cluster/resources` lists it."""

    vmid: int
    kind: GuestKind
    node: str
    name: str
    status: str
    template: bool = False
    pool: str = ""
    tags: tuple[str, ...] = ()
    lock: str = ""
    max_memory: int | None = None
    max_disk: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageEntry:
    """A storage as one node sees it."""

    name: str
    kind: str
    """dir, nfs, cifs, pbs, lvmthin, zfspool, rbd, ..."""
    content: frozenset[str]
    """images, rootdir, backup, iso, vztmpl, snippets."""
    active: bool
    enabled: bool
    shared: bool
    total: int | None = None
    used: int | None = None
    available: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """One entry of a storage's content."""

    volid: str
    content: str
    format: str
    """`vma.zst`, `tar.gz`, `pbs-vm`, `raw`, ..."""
    size: int | None
    created: datetime | None
    """For file backups what the *node* took the name's local time for."""
    vmid: int | None
    kind: GuestKind | None
    notes: str = ""
    """First line."""
    protected: bool = False
    encrypted: str = ""
    """Fingerprint of the key, or `1`; empty: not encrypted as far as the storage says."""
    verification: Literal["", "ok", "failed"] = ""
    """Empty: never verified."""
    parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupJob:
    """A scheduled backup of the cluster."""

    id: str
    enabled: bool
    everything: bool
    """Every guest but `excluded`."""
    vmids: frozenset[int]
    excluded: frozenset[int]
    pool: str
    node: str
    """Empty: on every node."""
    storage: str
    schedule: str
    """A systemd-like calendar event, in its own words."""
    next_run: datetime | None
    mode: str
    """snapshot, suspend or stop."""
    keep: str
    """Its `prune-backups`, in its own words; empty: the storage's."""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A named set of privileges."""

    name: str
    privileges: frozenset[str]


Permissions = Mapping[str, Mapping[str, bool]]
"""ACL path to privilege to whether it is handed down below that path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A pool and its guests."""

    name: str
    comment: str
    guests: frozenset[int]
    storages: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HaResource:
    """Something that the HA manager looks after."""

    sid: str
    """`vm:100`, `ct:101`."""
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationJob:
    """A replication of a guest's volumes to another node."""

    id: str
    vmid: int
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestConfig:
    """A guest's configuration as it will be after the next start."""

    values: Mapping[str, str]
    """Without `digest`."""
    digest: str
    """To be sent with a change, so that somebody else's change is not overwritten."""
    answer: Mapping[str, object] = field(default_factory=dict, repr=False)
    """As the API said it: a container's raw settings (`lxc`) are pairs there and no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingChange:
    """A key whose value differs between the running guest and its configuration."""

    key: str
    current: str | None
    pending: str | None
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestStatus:
    """What runs now. `running` says nothing about the guest's own system."""

    status: str
    """running or stopped."""
    qmp: str
    """running, paused, prelaunch, io-error, internal-error, ...; empty for containers."""
    uptime: int
    """Seconds of the QEMU process."""
    lock: str = ""
    agent: bool = False
    """Whether the agent is configured."""
    ha_managed: bool = False
    pid: int | None = None
    name: str = ""
    tags: tuple[str, ...] = ()
    template: bool = False
    disk_read: int = 0
    disk_written: int = 0
    net_in: int = 0
    net_out: int = 0
    cpu: float = 0.0

    @property
    def is_running(self) -> bool:
        """Whether its process runs."""
        return self.status == "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallOptions:
    """A guest's firewall."""

    enabled: bool
    policy_in: str = ""
    policy_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VncAccess:
    """A door to a guest's screen, open for 10 seconds."""

    port: int
    ticket: str = field(repr=False)
    """For the websocket's `vncticket`."""
    password: str = field(repr=False)
    """For VNC's own authentication; the ticket itself where the API gives none apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermAccess:
    """A door to a guest's serial port, open for 10 seconds."""

    port: int
    ticket: str = field(repr=False)
    """For the websocket's `vncticket`, and for the first line on it."""
    user: str
    """Whose name stands before the ticket in that line."""
