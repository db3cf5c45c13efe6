"""The client against our own stand-in, its guests standing still."""

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from drverify.adapters.proxmox.settings import Access, endpoint
from drverify.model.recovery import SecretRef
from lab.pve.api.cluster import Cluster, NodeSetup
from lab.pve.api.storages import Storage
from tests.conformance.pve_client_suite import FREE, PveClientSuite, PveEndpoint

USER = "drverify@pve"
PASSWORD = "a password of the stand-in's user"
WRONG = "11111111-2222-3333-4444-555555555555"


class StandinEndpoint(PveEndpoint):
    """One stand-in, new for each test."""

    node = "pve1"
    pool = "drills"
    storage = "local-lvm"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        cluster.add_storage(Storage(id="local"))
        cluster.add_storage(Storage(id="local-lvm", type="lvmthin", content=("images", "rootdir")))
        cluster.add_pool("drills")
        cluster.add_user(USER, PASSWORD)
        self._secret = cluster.add_token(USER, "drill")
        self._nobodys = cluster.add_token(USER, "nobody")
        cluster.allow("/", [USER, f"{USER}!drill"], "Administrator")

    @property
    def secrets(self) -> Sequence[str]:
        return (PASSWORD, self._secret, self._nobodys)

    def _access(self, *, ca: bool = False, **how: object) -> Access:
        door = self._cluster.door(self.node)
        place = endpoint(f"{door.host}:{door.port}", "" if ca else door.fingerprint)
        return Access(endpoint=place, ca=self._cluster.authority if ca else None, **how)

    def by_token(self) -> Access:
        return self._access(token=f"{USER}!drill", token_secret=SecretRef("env:SECRET"))

    def by_password(self) -> Access:
        return self._access(user=USER, password=SecretRef("env:PASSWORD"))

    def by_ca(self) -> Access:
        return self._access(ca=True, token=f"{USER}!drill", token_secret=SecretRef("env:SECRET"))

    def by_nobody(self) -> Access:
        self._cluster.allow(f"/vms/{FREE}", f"{USER}!nobody", "PVEAuditor")
        return self._access(token=f"{USER}!nobody", token_secret=SecretRef("env:NOBODY"))

    def resolve(self, reference: SecretRef) -> bytes:
        known = {
            "env:PASSWORD": PASSWORD,
            "env:SECRET": self._secret,
            "env:NOBODY": self._nobodys,
            "env:WRONG": WRONG,
        }
        return known[reference].encode()

    def forget_tickets(self) -> None:
        self._cluster.world.people.rotate()

    def lose_quorum(self) -> None:
        self._cluster.world.store.put("state", "quorum-lost", {})

    def lock(self, vmid: int, kind: str) -> None:
        config = self._cluster.world.guests.load(self.node, "qemu", vmid)
        config.options["lock"] = kind
        self._cluster.world.guests.save(self.node, "qemu", vmid, config)

    def hold_config(self, vmid: int) -> None:
        self._cluster.world.guests.stuck.add(vmid)

    def lose_node(self) -> None:
        self._cluster.world.node("gone").up = False

    def answer(self, method: str, path: str, status: int, message: str, times: int) -> None:
        match = {"method": method, "path": f"^{re.escape(path)}$"}
        said = {"status": status, "message": message}
        self._cluster.world.faults.add("http", match=match, times=times, parameters=said)

    def asked(self) -> Sequence[tuple[str, str]]:
        return tuple(self._cluster.world.asked)


class TestStandin(PveClientSuite):
    """A cluster of three nodes in this process, on loopback."""

    @pytest.fixture
    async def endpoint(self, tmp_path: Path) -> AsyncIterator[PveEndpoint]:
        nodes = [NodeSetup(name=name) for name in ("pve1", "pve2", "gone")]
        cluster = Cluster(tmp_path / "cluster", nodes=nodes, port=0, time_scale=0.01)
        made = StandinEndpoint(cluster)
        async with cluster:
            yield made
