"""The copy of a guest on a node, from the claim of its VMID to its start.

A machine is restored in two steps. First an empty machine claims the VMID: that is atomic, joins the
pool, and carries our mark. Then the backup is restored over it, with every override in the same call. So
whatever fails on the way, what is left is in our pool and can be destroyed by us. A container is restored
in one step: its restore cleans up after itself, and nothing can be restored over it.
"""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import AlreadyThere
from drverify.adapters.proxmox.guests import Containers, Machines
from drverify.adapters.proxmox.host_preflight import admitted
from drverify.adapters.proxmox.host_settings import HostSettings
from drverify.adapters.proxmox.intent import ASKED, node_time
from drverify.adapters.proxmox.restoring_log import Logbook
from drverify.adapters.proxmox.restoring_plan import Plan
from drverify.adapters.proxmox.restoring_removal import KIND, Owned, Removal
from drverify.adapters.proxmox.tasks import Following, TaskResult
from drverify.adapters.proxmox.values import FirewallOptions, GuestConfig, GuestKind
from drverify.engine.ports import ResourceScope
from drverify.errors import HostError, IsolationError
from drverify.model.recovery import Deviation
from drverify.pveconf import text
from drverify.pveconf.qemu import DRIVE_KEY
from drverify.pveconf.restored import Problem, check_restored

ATTEMPTS = 5
"""VMIDs that are tried when others are quicker."""
PROMPT = timedelta(minutes=5)
"""How long a task that restores nothing may stand still; a start waits for memory and devices."""
STOPPING = frozenset({
    "qmstop", "qmshutdown", "qmdestroy", "qmsuspend", "qmigrate", "hastop",
    "vzstop", "vzshutdown", "vzdestroy",
})  # fmt: skip
"""Tasks after which a guest does not run any more."""


class Copy:
    """One copy on a node; made by `restore`, removed by `remove`."""

    def __init__(
        self,
        client: ProxmoxClient,
        settings: HostSettings,
        *,
        node: str,
        scope: ResourceScope,
        logs: Logbook,
        meets: bool = False,
    ) -> None:
        """Is the copy one of several that `meets` the others, its network is needed whoever asks it."""
        self._client = client
        self._settings = settings
        self._scope = scope
        self._logs = logs
        self._meets = meets
        self.node = node
        self.mark = f"{scope.tag} {secrets.token_hex(8)}"
        self.notes: list[str] = []
        self._plan: Plan | None = None
        self._owned: Owned | None = None
        self._digest = ""
        self._is_live = False
        self._started = 0.0

    @property
    def vmid(self) -> int:
        """Its VMID. HostError when there is no copy."""
        return self._own.vmid

    @property
    def exists(self) -> bool:
        """Whether there may be something of it on the node."""
        return self._owned is not None

    @property
    def may_run(self) -> bool:
        """Whether it was started, by us or by its own live restore: an announced VMID may not be ours."""
        return self._owned is not None and self._owned.claimed and (self._is_live or self._started > 0)

    @property
    def is_container(self) -> bool:
        """Whether it is a container, which has neither agent nor screen."""
        return self._owned is not None and self._owned.kind == "lxc"

    @property
    def guests(self) -> Machines | Containers:
        """The API of its kind."""
        return self._client.lxc if self.is_container else self._client.qemu

    @property
    def _own(self) -> Owned:
        if self._owned is None:
            raise HostError("nothing was restored on the node yet")
        return self._owned

    async def restore(self, archive: str, plan: Plan, *, live: bool, following: Following) -> TaskResult:
        """Claim a VMID and restore the archive under it; the copy is not started (unless `live`).

        ApiErrors as the tasks raise them, DefectError when the cluster finds the archive damaged.
        """
        self._plan, self._is_live = plan, live
        overrides = dict(plan.expected.overrides)
        if plan.config.kind == "lxc":
            return await self._contained(archive, overrides, following)
        await self._claim()
        await self._sure_to_be_ours()
        return await self._client.qemu.restore(
            self.node,
            self.vmid,
            archive=archive,
            storage=self._settings.storage,
            overrides=overrides,
            force=True,
            live=live,
            bwlimit_kib=self._settings.bwlimit_kib,
            following=self._logs.following("restore", following),
        )

    async def runs(self) -> bool:
        """Whether the copy runs."""
        if self._owned is None or not self._owned.claimed:
            return False
        return (await self.guests.status(self.node, self.vmid)).is_running

    async def stopped_by(self) -> str:
        """Say what else than the guest itself stopped it, as far as that can be seen; else empty."""
        load = await self._client.nodes.load(self.node)
        ran = asyncio.get_running_loop().time() - self._started
        if 0 < load.uptime < ran:
            return f"node {self.node} was restarted"
        ours = {log.upid for log in self._logs.tasks}
        tasks = await self._client.tasks.list(self.node, vmid=self.vmid)
        since = min((one.started for one in tasks if one.upid in ours), default=None)
        for one in tasks:
            if one.kind in STOPPING and one.upid not in ours and since is not None and one.started >= since:
                return f"{one.user} stopped the guest ({one.kind})"
        return ""

    async def create(self, plan: Plan, values: Mapping[str, str], following: Following) -> TaskResult:
        """Claim a VMID with the machine itself; it is not started.

        What fails on the way is taken back by the API. ApiErrors as the task raises them.
        """
        self._plan = plan
        mine = replace(following, announce=lambda _: self._claimed())  # the API claims before it answers

        def make(vmid: int) -> Awaitable[TaskResult]:
            done = self._logs.following("create", mine)
            pool = self._settings.pool
            return self._client.qemu.create(self.node, vmid, pool=pool, values=values, following=done)

        return await self._first_free("qemu", make)

    async def _claim(self) -> None:
        def make(vmid: int) -> Awaitable[TaskResult]:
            return self._client.qemu.reserve(
                self.node,
                vmid,
                description=self.mark,
                pool=self._settings.pool,
                following=self._logs.following("reserve", Following(stall=PROMPT)),
            )

        await self._first_free("qemu", make)

    async def _contained(self, archive: str, overrides: dict[str, str], following: Following) -> TaskResult:
        def make(vmid: int) -> Awaitable[TaskResult]:
            return self._client.lxc.restore(
                self.node,
                vmid,
                archive=archive,
                storage=self._settings.storage,
                pool=self._settings.pool,
                overrides=overrides,
                bwlimit_kib=self._settings.bwlimit_kib,
                following=self._logs.following("restore", following),
            )

        return await self._first_free("lxc", make)

    async def _first_free(self, kind: str, make: Callable[[int], Awaitable[TaskResult]]) -> TaskResult:
        """Announce a VMID, then take it with `make`; another one when somebody was quicker."""
        taken: set[int] = set()
        for _ in range(ATTEMPTS):
            vmid = await self._next(taken)
            self._announce(vmid, kind, await node_time(self._client, self.node))
            try:
                done = await make(vmid)
            except AlreadyThere:
                self._forget(vmid)
                taken.add(vmid)
                continue
            self._claimed()
            return done
        raise HostError(f"others took {ATTEMPTS} VMIDs before us", hint="give drills a range of their own")

    async def _next(self, taken: set[int]) -> int:
        candidates = [vmid for vmid in self._settings.vmids if vmid not in taken]
        random.shuffle(candidates)
        found = await admitted(self._client, self._settings, self.node, candidates)
        self.notes = [str(note) for note in found.notes]
        return found.vmid

    def _announce(self, vmid: int, kind: str, asked: str) -> None:
        settings = self._settings
        guest: GuestKind = "lxc" if kind == "lxc" else "qemu"
        self._owned = Owned(node=self.node, vmid=vmid, mark=self.mark, kind=guest, asked=asked)
        self._scope.opening(
            KIND,
            self._entry(vmid),
            host=settings.name,
            node=self.node,
            vmid=str(vmid),
            mark=self.mark,
            guest=kind,
            pool=settings.pool,
            storage=settings.storage,
            **{ASKED: asked},
        )
        self._logs.tell(lambda doing, upid: self._scope.opening(KIND, self._entry(vmid), **{doing: upid}))

    def _claimed(self) -> None:
        self._owned = replace(self._own, claimed=True)
        self._scope.opening(KIND, self._entry(self.vmid), claimed="yes")

    def _forget(self, vmid: int) -> None:
        """Strike out a VMID that turned out to be somebody else's."""
        self._owned = None
        self._scope.closed(KIND, self._entry(vmid))

    def _entry(self, vmid: int) -> str:
        return f"{self._settings.name}:{vmid}"

    async def _sure_to_be_ours(self) -> None:
        """What `force` overwrites must be in our range, carry our mark, hold no disk and not run."""
        config = await self._client.qemu.config(self.node, self.vmid)
        status = await self._client.qemu.status(self.node, self.vmid)
        marked = self.mark in config.values.get("description", "").split("\n")
        disks = [key for key in config.values if DRIVE_KEY.fullmatch(key) or key.startswith("unused")]
        if self.vmid not in self._settings.vmids or not marked or disks or status.is_running:
            raise HostError(
                f"guest {self.vmid} on node {self.node} is not the empty machine that claimed its VMID",
                hint="somebody else works within the range of `vmids`; give drills a range of their own",
            )

    async def make_harmless(self) -> Deviation:
        """Between restore and start: what the restore call could not change, and the firewall.

        Returns what became of the firewall; the plan's own deviations are the plan's.
        """
        plan = self._planned
        settings, deletions = dict(plan.expected.settings), plan.expected.deletions
        if settings or deletions:
            config = await self.guests.config(self.node, self.vmid)
            present = tuple(key for key in deletions if key in config.values)
            if settings or present:
                await self.guests.configure(
                    self.node, self.vmid, settings, digest=config.digest, delete=present
                )
        policy = "DROP" if self._settings.vantage == "agent" and not self._meets else "ACCEPT"
        options = FirewallOptions(enabled=True, policy_in=policy, policy_out=policy)
        await self.guests.set_firewall(self.node, self.vmid, options)
        reaches = "the group's other members" if self._meets else "probes"
        why = f"{reaches} must reach the copy" if policy == "ACCEPT" else "nothing needs the copy's network"
        return Deviation(
            what="firewall",
            change=f"on, policies {policy} both ways",
            why=f"{why}; isolation rests on the bridge",
        )

    async def require_as_planned(self) -> GuestConfig:
        """IsolationError when the copy is not what was planned; remembers the configuration's digest."""
        config, problems = await self._looked_at()
        if problems:
            raise IsolationError(
                f"the copy {self.vmid} on node {self.node} is not what was asked for: "
                + "; ".join(map(str, problems)),
                hint="it was not started; somebody or something changed it after the restore",
            )
        self._digest = config.digest
        return config

    async def problems(self) -> tuple[Problem, ...]:
        """What is not as planned now."""
        return (await self._looked_at())[1]

    async def _looked_at(self) -> tuple[GuestConfig, tuple[Problem, ...]]:
        plan = self._planned
        config, pending = await asyncio.gather(
            self.guests.config(self.node, self.vmid), self.guests.pending(self.node, self.vmid)
        )
        waiting = [one.key for one in pending if one.deleted or one.pending not in {None, one.current}]
        values = dict(config.answer)
        if self._is_live and values.get("lock") == "create":
            del values["lock"]  # our own restore, which goes on
        found = text.from_api(values, kind=plan.config.kind)
        return config, check_restored(found, plan.policy, plan.expected, pending=waiting)

    async def start(self) -> TaskResult:
        """Start the copy, if it still is what was looked at."""
        config = await self.guests.config(self.node, self.vmid)
        if config.digest != self._digest:
            await self.require_as_planned()
        self._started = asyncio.get_running_loop().time()
        return await self.guests.start(
            self.node, self.vmid, following=self._logs.following("start", Following(stall=PROMPT))
        )

    def cards(self) -> tuple[str, ...]:
        """Card addresses that the copy was given."""
        return self._planned.cards

    @property
    def _planned(self) -> Plan:
        if self._plan is None:
            raise HostError("nothing was planned yet")
        return self._plan

    async def remove(self) -> None:
        """Take it back and strike it out. Idempotent; TeardownError when something is left."""
        if self._owned is None:
            return
        owned = self._owned
        await Removal(self._client, self._settings, owned, self._logs).run()
        self._forget(owned.vmid)
