"""Which rights an account needs on a cluster, where, what for, and what each can do at worst.

Names of privileges and the calls that ask for them are those of the published API of 8.4 and 9.x. A token
with its own rights needs each of them twice: its user and the token itself, since the two are cut.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Permissions = Mapping[str, Mapping[str, bool]]
"""Path -> privilege -> whether it goes on to the paths below; the node's answer about one account."""

WORST: dict[str, str] = {
    "Datastore.Allocate": "delete any volume of this storage, and the storage's entry itself",
    "Datastore.AllocateSpace": "fill this storage; with VM.Backup delete backups of that guest",
    "Datastore.AllocateTemplate": "put images and discs on this storage, over those that are there",
    "Datastore.Audit": "see what lies on this storage",
    "Mapping.Use": "give this device of the node to a guest of its own",
    "Pool.Audit": "see which guests and storages are in the pool",
    "SDN.Audit": "see how this network is made",
    "SDN.Use": "plug a guest into this network",
    "Sys.Audit": "read the state and the settings of nodes and cluster, other people's task logs included",
    "Sys.Modify": "change nodes: their networks, time, certificates, packages",
    "VM.Allocate": "make and destroy guests here",
    "VM.Audit": "read a guest's configuration",
    "VM.Backup": "read a guest's backups, delete them, make new ones, and restore over the guest by force",
    "VM.Config.CDROM": "put images into a guest's drives",
    "VM.Config.CPU": "change a guest's processors",
    "VM.Config.Disk": "change and delete a guest's disks",
    "VM.Config.HWType": "change a guest's hardware",
    "VM.Config.Memory": "change a guest's memory",
    "VM.Config.Network": "change a guest's cards and firewall, on networks it may use",
    "VM.Config.Options": "change a guest's start, name, notes, protection",
    "VM.Console": "see and use a guest's screen and keyboard",
    "VM.GuestAgent.Audit": "ask a guest for its addresses, users, file systems",
    "VM.GuestAgent.FileRead": "read every file in a guest",
    "VM.GuestAgent.FileWrite": "write every file in a guest",
    "VM.GuestAgent.FileSystemMgmt": "freeze, thaw and trim a guest's file systems",
    "VM.GuestAgent.Unrestricted": "run anything as root in a guest",
    "VM.Monitor": "talk to a guest's emulator and run anything as root in the guest",
    "VM.PowerMgmt": "start and stop a guest",
    "Permissions.Modify": "give itself every other right below this path",
    "Realm.AllocateUser": "make users",
    "Sys.Console": "open a shell on a node",
    "Sys.PowerMgmt": "stop nodes",
    "User.Modify": "change users and their tokens",
    "VM.Clone": "copy a guest",
    "VM.Migrate": "move a guest to another node",
    "VM.Snapshot": "take and delete snapshots",
    "VM.Snapshot.Rollback": "set a guest back to a snapshot",
}
"""The worst that a privilege can do on the path that it is given on."""
_HWTYPE = "give copies the drill's challenge; take USB and serial devices away"
_OF_SOURCES = frozenset({"VM.Audit", "VM.Backup"})
"""What a pool of sources hands down to its guests; only the drills' pool hands down more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drills:
    """What restoring, running and destroying copies rests on."""

    pool: str
    storage: str
    """Where copies are restored to."""
    returns: str = ""
    """Where copies are backed up to so that their disks come back; empty: they do not."""
    imports: str = ""
    """Where disks that were restored elsewhere are sent; empty: none are."""
    is_dedicated: bool = True
    """Whether nothing but drills lies on that storage, so that leftovers may be freed."""
    bridges: tuple[str, ...]
    """Drill bridges and VNets, `zone/name`; a plain bridge is in the zone `localnetwork`."""
    first: int
    last: int
    """The VMIDs that copies get, both included."""
    agent: Literal["none", "ask", "run"] = "run"
    """Whether guests are asked by their agent at all, and whether commands run in them."""
    console: bool = False
    hardware: bool = False
    """Whether copies get other processors or memory."""
    mappings: tuple[str, ...] = ()
    """`pci/name`, `usb/name`, `dir/name`: what the sources' configurations use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What an account is to be used for."""

    release: tuple[int, int]
    """Of the cluster: (8, 4), (9, 1)."""
    storages: tuple[str, ...]
    """Storages whose backups are read."""
    sources: tuple[str, ...]
    """Paths of the guests whose backups are used: `/vms/100`, `/pool/production`, `/vms`."""
    nodes: tuple[str, ...] = ()
    coverage: bool = False
    """Whether the cluster is asked for its backup jobs and for guests without any."""
    drills: Drills | None = None
    """None: backups are only looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One right, or any one of several, that something rests on."""

    path: str
    any_of: tuple[str, ...]
    """The first is the one to give."""
    purpose: str
    is_required: bool = True
    """False: without it the purpose is not served and everything else is."""

    @property
    def privilege(self) -> str:
        """The right to give."""
        return self.any_of[0]

    @property
    def worst(self) -> str:
        """What it can do at worst."""
        return WORST.get(self.privilege, "not known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """A right that nothing rests on."""

    path: str
    privilege: str
    worst: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Needed rights against those found."""

    missing: tuple[Need, ...]
    excess: tuple[Excess, ...]

    @property
    def suffices(self) -> bool:
        """Whether every required right is there."""
        return not any(one.is_required for one in self.missing)


def needed(wants: Wants) -> tuple[Need, ...]:
    """List the rights, by path, in the order in which they are used."""
    return tuple(_needed(wants))


def compare(needs: Sequence[Need], found: Permissions, *, ours: range = range(0)) -> Comparison:
    """Compare needed rights with an account's effective ones.

    Where `found` has no entry for a path the nearest path above it counts, as far as its rights go on
    below. `ours` are the VMIDs of copies: what the pool's rights are on them is no excess.
    """
    missing = tuple(one for one in needs if not rights_at(one.path, found) & set(one.any_of))
    return Comparison(missing=missing, excess=tuple(_excess(needs, found, ours)))


def rights_at(path: str, found: Permissions) -> frozenset[str]:
    """Say which rights hold at a path."""
    if path in found:
        return frozenset(found[path])
    for above in _above(path):
        if above in found:
            return frozenset(name for name, goes_on in found[above].items() if goes_on)
    return frozenset()


def _needed(wants: Wants) -> Iterator[Need]:
    for storage in wants.storages:
        path = f"/storage/{storage}"
        yield _need(path, "Datastore.AllocateSpace", "read a backup's configuration, and restore it")
        yield _need(path, "Datastore.Audit", "list backups; see space", required=False)
    for path in wants.sources:
        yield _need(path, "VM.Backup", "see this guest's backups: without it they are not listed at all")
        yield _need(path, "VM.Audit", "the guest's name, whether it is protected", required=False)
    for node in wants.nodes:
        purpose = "the node's free memory; the time zone that its backups' names are in"
        yield _need(f"/nodes/{node}", "Sys.Audit", purpose, required=wants.drills is not None)
    if wants.coverage or wants.drills:
        purpose = "backup jobs, guests without any, HA resources that would start a copy; do not propagate"
        yield _need("/", "Sys.Audit", purpose, required=False)
    if wants.drills:
        yield from _for_drills(wants.drills, wants.release)


def _for_drills(drills: Drills, release: tuple[int, int]) -> Iterator[Need]:
    pool = f"/pool/{drills.pool}"
    for privilege, purpose, is_required in (
        ("VM.Allocate", "reserve a VMID, restore into it, destroy it", True),
        ("VM.Audit", "look at the copy before it is started", True),
        ("VM.PowerMgmt", "start and stop the copy", True),
        ("VM.Config.Network", "put the copy's cards on the drill bridge", True),
        ("VM.Config.Options", "no start with the node, no protection, our mark, the agent's channel", True),
        ("VM.Config.CDROM", "take discs out of guests that have one", False),
        ("VM.Config.HWType", f"{_HWTYPE} from guests that have one", bool(drills.hardware or drills.imports)),
        (
            "VM.Config.Disk",
            "list the copy's volumes, and see that they are gone",
            bool(drills.imports) or not drills.is_dedicated,
        ),
        ("Pool.Audit", "see the pool", False),
    ):
        yield _need(pool, privilege, purpose, required=is_required)
    if drills.hardware or drills.imports:
        yield _need(pool, "VM.Config.CPU", "other processors for copies")
        yield _need(pool, "VM.Config.Memory", "other memory for copies")
    yield from _for_agent(pool, drills.agent, release)
    if drills.console:
        purpose = "a picture of the copy's screen, and what its serial port says"
        yield _need(pool, "VM.Console", purpose, required=False)
    storage = f"/storage/{drills.storage}"
    yield _need(storage, "Datastore.AllocateSpace", "restore onto it")
    yield _need(storage, "Datastore.Audit", "see space; see that nothing is left")
    if drills.is_dedicated:
        purpose = "see and free volumes of a copy that is in the pool no more"
        yield _need(storage, "Datastore.Allocate", purpose)
    if drills.imports:
        imports = f"/storage/{drills.imports}"
        yield _need(imports, "Datastore.AllocateTemplate", "send a disk that was restored elsewhere")
        yield _need(imports, "Datastore.Audit", "see space, and what was sent; make a machine of it")
        yield _need(imports, "Datastore.Allocate", "remove what was sent")
    if drills.returns:
        yield from _for_returns(pool, f"/storage/{drills.returns}")
    for bridge in drills.bridges:
        path = f"/sdn/zones/{bridge}"
        yield _need(path, "SDN.Use", "plug copies into the drill bridge")
        if not bridge.startswith("localnetwork/"):
            yield _need(path, "SDN.Audit", "see that the VNet has no way out")
    for mapping in drills.mappings:
        yield _need(f"/mapping/{mapping}", "Mapping.Use", "restore a guest that uses it; it is taken away")


def _for_returns(pool: str, storage: str) -> Iterator[Need]:
    yield _need(pool, "VM.Backup", "back a copy up, so that its disk comes back")
    yield _need(storage, "Datastore.AllocateSpace", "write that backup")
    yield _need(storage, "Datastore.Audit", "find it; see that nothing is left")
    yield _need(
        storage, "Datastore.Allocate", "see and remove the backup of a copy that is in the pool no more"
    )


def _for_agent(pool: str, agent: str, release: tuple[int, int]) -> Iterator[Need]:
    if agent == "none":
        return
    if release < (9, 0):
        yield _need(pool, "VM.Monitor", "ask the guest agent, and run commands by it", required=False)
        return
    whole = "VM.GuestAgent.Unrestricted"
    purpose = "ask the guest agent whether it is there"
    yield Need(path=pool, any_of=("VM.GuestAgent.Audit", whole), purpose=purpose, is_required=False)
    if agent == "run":
        yield _need(pool, whole, "run a playbook's commands by the guest agent", required=False)


def _need(path: str, privilege: str, purpose: str, *, required: bool = True) -> Need:
    return Need(path=path, any_of=(privilege,), purpose=purpose, is_required=required)


def _excess(needs: Sequence[Need], found: Permissions, ours: range) -> Iterator[Excess]:
    """Name each right once, at the highest path that it was given on."""
    wanted = {(one.path, name) for one in needs for name in one.any_of}
    by_pool = {name for path, name in wanted if path.startswith("/pool/")}
    by_source_pool = {name for path, name in wanted if path.startswith("/pool/") and name in _OF_SOURCES}
    known: set[tuple[str, str]] = set()
    for path in sorted(found):
        handed_down = (
            by_pool if _is_ours(path, ours) else by_source_pool if path.startswith("/vms/") else set()
        )
        for name in sorted(found[path]):
            if (path, name) in wanted or name in handed_down:
                continue
            if any(
                (above, name) in known | wanted and found[above].get(name)
                for above in _above(path)
                if above in found
            ):
                continue
            known.add((path, name))
            yield Excess(path=path, privilege=name, worst=WORST.get(name, "not known"))


def _is_ours(path: str, ours: range) -> bool:
    number = path.removeprefix("/vms/")
    return number != path and number.isascii() and number.isdigit() and int(number) in ours


def _above(path: str) -> Iterator[str]:
    """Yield the paths above a path, the nearest first."""
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        yield path
