"""The client against fakepve, which was written by somebody else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.proxmox.settings import Access
from drverify.model.recovery import SecretRef
from tests.conformance.pve_client_suite import FREE, PveClientSuite, PveEndpoint
from tests.support.fakepve import PASSWORD, SECRET, TOKEN, FakeCluster, fake_cluster

NOBODY = "drverify@pve!nobody"
NOBODYS = "0d7f2c55-3b0e-4f6c-9a40-5a8d3c0e7b21"
WRONG = "11111111-2222-3333-4444-555555555555"


class FakeEndpoint(PveEndpoint):
    """One fakepve, put back into its first state."""

    node = "pve1"
    pool = "drills"
    storage = "local-lvm"
    secrets = (PASSWORD, SECRET, NOBODYS)

    def __init__(self, cluster: FakeCluster, ca: Path) -> None:
        self._cluster = cluster
        self._ca = ca
        cluster.set("vms", [])
        cluster.tell("pool", "drills")
        cluster.set("nodes", {"pve1": {"online": True}})
        cluster.set("quorate", True)
        cluster.set("failures", {})
        cluster.set("tickets", {})
        cluster.set("tasks", {})
        cluster.set("tasklog", [])
        cluster.set("requests", [])
        cluster.set("acl", None)
        cluster.set("apitokens", {TOKEN: SECRET, NOBODY: NOBODYS})

    def by_token(self) -> Access:
        return self._cluster.access()

    def by_password(self) -> Access:
        return self._cluster.access(ticket=True)

    def by_ca(self) -> Access:
        return self._cluster.access(fingerprint="", ca=self._ca)

    def by_nobody(self) -> Access:
        self._cluster.call("grant", TOKEN, "/", "VM.Allocate")
        self._cluster.call("grant", NOBODY, f"/vms/{FREE}", "VM.Audit")
        return self._cluster.access(token=NOBODY, token_secret=SecretRef("env:NOBODY"))

    def resolve(self, reference: SecretRef) -> bytes:
        known = {"env:PASSWORD": PASSWORD, "env:SECRET": SECRET, "env:NOBODY": NOBODYS, "env:WRONG": WRONG}
        return known[reference].encode()

    def forget_tickets(self) -> None:
        self._cluster.call("revoke_tickets")

    def lose_quorum(self) -> None:
        self._cluster.call("lose_quorum")

    def lock(self, vmid: int, kind: str) -> None:
        self._cluster.call("snapshot_lock", vmid, kind)

    def hold_config(self, vmid: int) -> None:
        self._cluster.call("hold_config_lock", vmid, None)

    def lose_node(self) -> None:
        self._cluster.call("set_node_offline", "gone")

    def answer(self, method: str, path: str, status: int, message: str, times: int) -> None:
        self._cluster.call("fail", method, path, status, message, times=times)

    def asked(self) -> Any:
        return self._cluster.requests()


@pytest.fixture(scope="module")
def cluster() -> Iterator[FakeCluster]:
    with fake_cluster() as running:
        yield running


class TestFakepve(PveClientSuite):
    """fakepve 0.5.0 on loopback, in a process of its own."""

    @pytest.fixture
    def endpoint(self, cluster: FakeCluster, tmp_path: Path) -> PveEndpoint:
        ca = tmp_path / "ca.pem"
        ca.write_text(cluster.pem)
        return FakeEndpoint(cluster, ca)
