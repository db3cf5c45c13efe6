"""What the Proxmox client must do against anything that speaks Proxmox VE's API.

Inherit `PveClientSuite`, give the fixture `endpoint`, and name the class `Test...`. The stand-ins know
nothing of each other: what holds against both is more likely to hold against a real cluster.
"""

import traceback
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from drverify.adapters.proxmox.authority import authority
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import (
    AlreadyThere,
    ApiError,
    AuthenticationFailed,
    BadParameters,
    ConfigChanged,
    GuestLocked,
    LockTimeout,
    NoAgent,
    NodeUnreachable,
    NoQuorum,
    NotPermitted,
    NotThere,
    OutcomeUnknown,
    StillRunning,
)
from drverify.adapters.proxmox.recording import RecordingWire, ReplayingWire
from drverify.adapters.proxmox.settings import Access
from drverify.adapters.proxmox.tasks import Following, TaskResult, Upid
from drverify.adapters.proxmox.tour import tour
from drverify.adapters.proxmox.values import FirewallOptions
from drverify.adapters.proxmox.wire import Answer, HttpsWire, Question, Wire
from drverify.model.recovery import SecretRef

FREE = 9100
"""A VMID that nobody has at the start of each test."""
ABSENT = 9199


class PveEndpoint(ABC):
    """A stand-in, or a cluster, with one node at least; back in its first state for each test."""

    node: str
    """A node that is online."""
    pool: str
    """A pool that guests may be put into; empty: none."""
    storage: str
    """A storage for images."""
    secrets: Sequence[str]
    """Every secret that opens it."""

    @abstractmethod
    def by_token(self) -> Access:
        """The way in for a token that may do everything, with a pinned fingerprint."""

    @abstractmethod
    def by_password(self) -> Access:
        """The way in for a user that may do everything, with a pinned fingerprint."""

    @abstractmethod
    def by_ca(self) -> Access:
        """The token, trusting a CA instead of a fingerprint."""

    @abstractmethod
    def by_nobody(self) -> Access:
        """A token that may see FREE and change nothing."""

    @abstractmethod
    def resolve(self, reference: SecretRef) -> bytes:
        """The secrets that the ways in refer to; `env:WRONG` leads to one that opens nothing."""

    @abstractmethod
    def forget_tickets(self) -> None:
        """Refuse every ticket given so far."""

    @abstractmethod
    def lose_quorum(self) -> None:
        """Take no changes any more."""

    @abstractmethod
    def lock(self, vmid: int, kind: str) -> None:
        """Put a lock on a guest, as a backup does."""

    @abstractmethod
    def hold_config(self, vmid: int) -> None:
        """Hold the lock on a guest's configuration for longer than anybody waits."""

    @abstractmethod
    def lose_node(self) -> None:
        """Make a node `gone` of the cluster unreachable for the others."""

    @abstractmethod
    def answer(self, method: str, path: str, status: int, message: str, times: int) -> None:
        """Answer the next calls with this status instead of doing anything; `path` without /api2/json."""

    @abstractmethod
    def asked(self) -> Sequence[tuple[str, str]]:
        """Method and path of every call so far."""


class LosingWire:
    """Loses the answer to a change that was done: the connection broke in the wrong moment."""

    def __init__(self, inner: Wire) -> None:
        self._inner = inner
        self.lost = 0

    def send(self, question: Question, *, within: timedelta) -> Answer:
        answer = self._inner.send(question, within=within)
        if question.method != "GET":
            self.lost += 1
            raise OutcomeUnknown(f"{question.doing}: the connection broke: Connection reset by peer")
        return answer

    def hide(self, text: str) -> str:
        return self._inner.hide(text)

    def close(self) -> None:
        self._inner.close()


class PveClientSuite:
    """The contract of `ProxmoxClient` against a live API."""

    @pytest.fixture
    def endpoint(self) -> PveEndpoint:
        raise NotImplementedError

    @pytest.fixture
    async def pve(self, endpoint: PveEndpoint) -> AsyncIterator[ProxmoxClient]:
        access = replace(endpoint.by_token(), pauses=(0.01, 0.01, 0.01))
        async with ProxmoxClient(access, endpoint.resolve) as client:
            yield client

    async def reserve(self, pve: ProxmoxClient, endpoint: PveEndpoint, vmid: int = FREE) -> TaskResult:
        return await pve.qemu.reserve(endpoint.node, vmid, pool=endpoint.pool, description="nonce 4711")

    # --- getting in -------------------------------------------------------------------------

    async def test_a_token_gets_in(self, pve: ProxmoxClient) -> None:
        version = await pve.cluster.version()
        assert version.major >= 8
        assert version.repoid

    async def test_a_wrong_secret_is_told_apart_and_never_shown(self, endpoint: PveEndpoint) -> None:
        access = replace(endpoint.by_token(), token_secret=SecretRef("env:WRONG"))
        async with ProxmoxClient(access, endpoint.resolve) as pve:
            with pytest.raises(AuthenticationFailed) as caught:
                await pve.cluster.guests()
        assert caught.value.status == 401
        assert caught.value.hint
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(access)
        assert endpoint.resolve(SecretRef("env:WRONG")).decode() not in shown
        assert not any(secret in shown for secret in endpoint.secrets)

    async def test_a_wrong_password_is_told_apart_and_never_shown(self, endpoint: PveEndpoint) -> None:
        access = replace(endpoint.by_password(), password=SecretRef("env:WRONG"))
        async with ProxmoxClient(access, endpoint.resolve) as pve:
            with pytest.raises(AuthenticationFailed, match="not accepted") as caught:
                await pve.cluster.guests()
        assert endpoint.resolve(SecretRef("env:WRONG")).decode() not in "".join(
            traceback.format_exception(caught.value)
        )

    async def test_a_user_logs_in_once_and_changes_things(self, endpoint: PveEndpoint) -> None:
        async with ProxmoxClient(endpoint.by_password(), endpoint.resolve) as pve:
            await pve.cluster.nodes()
            done = await self.reserve(pve, endpoint)
        assert done.outcome == "ok"
        assert [path for _, path in endpoint.asked()].count("/access/ticket") == 1

    async def test_a_refused_ticket_is_replaced_and_the_change_done_once(self, endpoint: PveEndpoint) -> None:
        async with ProxmoxClient(endpoint.by_password(), endpoint.resolve) as pve:
            await pve.cluster.nodes()
            endpoint.forget_tickets()
            assert (await self.reserve(pve, endpoint)).outcome == "ok"
            endpoint.forget_tickets()
            assert (await pve.qemu.destroy(endpoint.node, FREE)).outcome == "ok"
        assert [path for _, path in endpoint.asked()].count("/access/ticket") == 3

    async def test_another_certificate_gets_nothing_from_us(self, endpoint: PveEndpoint) -> None:
        for access in (endpoint.by_token(), endpoint.by_password()):
            before = len(endpoint.asked())
            stranger = replace(access, endpoint=replace(access.endpoint, fingerprint="00" * 32))
            async with ProxmoxClient(stranger, endpoint.resolve) as pve:
                with pytest.raises(NodeUnreachable, match="certificate") as caught:
                    await pve.cluster.version()
            assert "fingerprint" in caught.value.hint
            assert len(endpoint.asked()) == before

    async def test_a_ca_is_enough_and_the_systems_own_are_not(self, endpoint: PveEndpoint) -> None:
        async with ProxmoxClient(endpoint.by_ca(), endpoint.resolve) as pve:
            assert (await pve.cluster.version()).version
        async with ProxmoxClient(replace(endpoint.by_ca(), ca=None), endpoint.resolve) as pve:
            with pytest.raises(NodeUnreachable, match="certificate"):
                await pve.cluster.version()

    async def test_the_environment_changes_nothing(
        self, endpoint: PveEndpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
        async with ProxmoxClient(endpoint.by_token(), endpoint.resolve) as pve:
            assert (await pve.cluster.version()).version

    # --- questions --------------------------------------------------------------------------

    async def test_cluster_and_node_are_described(self, pve: ProxmoxClient, endpoint: PveEndpoint) -> None:
        status = await pve.cluster.status()
        assert status.quorate
        assert endpoint.node in status.online
        assert endpoint.node in {node.name for node in await pve.cluster.nodes() if node.online}
        bridges = {one.name: one for one in await pve.nodes.bridges(endpoint.node)}
        assert "vmbr0" in bridges
        storages = {one.name: one for one in await pve.storages.list(endpoint.node)}
        assert storages[endpoint.storage].active
        assert "images" in storages[endpoint.storage].content
        assert (await pve.storages.status(endpoint.node, endpoint.storage)).kind == storages[
            endpoint.storage
        ].kind
        assert [one.name for one in await pve.storages.list(endpoint.node, content="images")]

    async def test_own_rights_and_roles(self, pve: ProxmoxClient) -> None:
        rights = await pve.accounts.permissions()
        assert rights["/"]["VM.Allocate"] is True
        roles = {role.name: role for role in await pve.accounts.roles()}
        assert "VM.Audit" in roles["PVEAuditor"].privileges

    async def test_what_is_not_there_is_said_so(self, pve: ProxmoxClient, endpoint: PveEndpoint) -> None:
        for question in (
            pve.qemu.config(endpoint.node, ABSENT),
            pve.qemu.status(endpoint.node, ABSENT),
            pve.lxc.config(endpoint.node, ABSENT),
            pve.tasks.state(Upid(f"UPID:{endpoint.node}:00000001:00000001:65000000:qmstart:1:root@pam:")),
        ):
            with pytest.raises(NotThere):
                await question

    async def test_a_wrong_parameter_is_named(self, pve: ProxmoxClient, endpoint: PveEndpoint) -> None:
        with pytest.raises(BadParameters) as caught:
            await pve.qemu.restore(
                endpoint.node,
                FREE,
                archive="local:backup/vzdump-qemu-100-2026_10_19-02_00_00.vma.zst",
                storage=endpoint.storage,
                overrides={"no-such-option": "1"},
            )
        assert caught.value.status == 400
        assert set(caught.value.fields) == {"no-such-option"}

    # --- a guest's life ---------------------------------------------------------------------

    async def test_reserve_configure_start_stop_destroy(
        self, pve: ProxmoxClient, endpoint: PveEndpoint
    ) -> None:
        node = endpoint.node
        heard: list[Upid] = []
        made = await pve.qemu.reserve(
            node,
            FREE,
            pool=endpoint.pool,
            description="nonce 4711",
            following=Following(announce=heard.append),
        )
        assert (made.outcome, made.exit_status, made.found_again) == ("ok", "OK", False)
        assert heard == [made.upid]
        assert made.log[-1] == "TASK OK"
        with pytest.raises(AlreadyThere):
            await self.reserve(pve, endpoint)
        entry = next(one for one in await pve.cluster.guests() if one.vmid == FREE)
        assert (entry.kind, entry.node, entry.status) == ("qemu", node, "stopped")

        config = await pve.qemu.config(node, FREE)
        assert config.values["description"].strip() == "nonce 4711"
        await pve.qemu.configure(node, FREE, {"memory": 256, "onboot": False}, digest=config.digest)
        changed = await pve.qemu.config(node, FREE)
        assert changed.values["memory"] == "256"
        assert changed.digest != config.digest
        with pytest.raises(ConfigChanged):
            await pve.qemu.configure(node, FREE, {"memory": 512}, digest=config.digest)
        await pve.qemu.configure(node, FREE, digest=changed.digest, delete=("onboot",))
        assert "onboot" not in (await pve.qemu.config(node, FREE)).values
        assert {one.key for one in await pve.qemu.pending(node, FREE)} >= {"memory", "description"}
        assert (await pve.qemu.pending(node, FREE))[0].pending is None

        await pve.qemu.start(node, FREE)
        status = await pve.qemu.status(node, FREE)
        assert status.is_running
        assert status.qmp == "running"
        assert not status.ha_managed
        with pytest.raises(StillRunning):
            await pve.qemu.destroy(node, FREE)
        await pve.qemu.stop(node, FREE)
        assert not (await pve.qemu.status(node, FREE)).is_running
        assert (await pve.qemu.destroy(node, FREE)).outcome == "ok"
        with pytest.raises(NotThere):
            await pve.qemu.config(node, FREE)

    async def test_starting_twice_is_told_apart(self, pve: ProxmoxClient, endpoint: PveEndpoint) -> None:
        await self.reserve(pve, endpoint)
        await pve.qemu.start(endpoint.node, FREE)
        with pytest.raises(StillRunning) as caught:
            await pve.qemu.start(endpoint.node, FREE)
        assert caught.value.upid
        assert caught.value.log

    async def test_the_firewall_is_read_and_set(self, pve: ProxmoxClient, endpoint: PveEndpoint) -> None:
        await self.reserve(pve, endpoint)
        await pve.qemu.set_firewall(
            endpoint.node, FREE, FirewallOptions(enabled=True, policy_in="DROP", policy_out="DROP")
        )
        assert await pve.qemu.firewall(endpoint.node, FREE) == FirewallOptions(
            enabled=True, policy_in="DROP", policy_out="DROP"
        )

    async def test_no_agent_is_told_apart(self, pve: ProxmoxClient, endpoint: PveEndpoint) -> None:
        await self.reserve(pve, endpoint)
        await pve.qemu.start(endpoint.node, FREE)
        with pytest.raises(NoAgent) as caught:
            await pve.agent.ping(endpoint.node, FREE)
        assert "qemu-guest-agent" in caught.value.hint

    async def test_tasks_are_listed_with_state_and_log(
        self, pve: ProxmoxClient, endpoint: PveEndpoint
    ) -> None:
        made = await self.reserve(pve, endpoint)
        listed = await pve.tasks.list(endpoint.node, vmid=FREE, kind="qmcreate")
        entry = next(one for one in listed if one.upid == made.upid)
        assert (entry.kind, entry.id, entry.status) == ("qmcreate", str(FREE), "OK")
        assert entry.ended is not None
        state = await pve.tasks.state(made.upid)
        assert (state.running, state.exit_status) == (False, "OK")
        assert await pve.tasks.log(made.upid) == made.log

    # --- refusals ---------------------------------------------------------------------------

    async def test_a_locked_guest_names_its_lock(self, pve: ProxmoxClient, endpoint: PveEndpoint) -> None:
        await self.reserve(pve, endpoint)
        endpoint.lock(FREE, "backup")
        with pytest.raises(GuestLocked) as caught:
            await pve.qemu.start(endpoint.node, FREE)
        assert caught.value.lock == "backup"

    async def test_a_held_configuration_is_told_apart(
        self, pve: ProxmoxClient, endpoint: PveEndpoint
    ) -> None:
        await self.reserve(pve, endpoint)
        endpoint.hold_config(FREE)
        with pytest.raises(LockTimeout):
            await pve.qemu.start(endpoint.node, FREE)

    async def test_without_quorum_questions_are_answered_and_changes_refused(
        self, pve: ProxmoxClient, endpoint: PveEndpoint
    ) -> None:
        endpoint.lose_quorum()
        with pytest.raises(NoQuorum):
            await self.reserve(pve, endpoint)
        assert await pve.cluster.nodes()
        assert not (await pve.cluster.status()).quorate

    async def test_a_node_that_is_gone_is_unreachable_and_nothing_is_sent(
        self, pve: ProxmoxClient, endpoint: PveEndpoint
    ) -> None:
        endpoint.lose_node()
        assert "gone" in {node.name for node in await pve.cluster.nodes() if not node.online}
        with pytest.raises(NodeUnreachable):
            await pve.qemu.reserve("gone", FREE, pool="", description="")
        assert ("POST", "/nodes/gone/qemu") not in endpoint.asked()

    async def test_a_missing_right_is_named(self, endpoint: PveEndpoint) -> None:
        async with ProxmoxClient(endpoint.by_token(), endpoint.resolve) as pve:
            await self.reserve(pve, endpoint)
        async with ProxmoxClient(endpoint.by_nobody(), endpoint.resolve) as pve:
            await pve.qemu.config(endpoint.node, FREE)
            with pytest.raises(NotPermitted) as caught:
                await pve.qemu.start(endpoint.node, FREE)
        assert caught.value.where == f"/vms/{FREE}"
        assert caught.value.privileges == ("VM.PowerMgmt",)
        assert "VM.PowerMgmt" in caught.value.hint

    # --- answers that get lost --------------------------------------------------------------

    async def test_a_question_is_asked_again(self, pve: ProxmoxClient, endpoint: PveEndpoint) -> None:
        endpoint.answer("GET", "/cluster/resources", 596, "Connection timed out", 2)
        assert isinstance(await pve.cluster.guests(), tuple)

    async def test_a_change_whose_answer_was_lost_is_found_and_not_repeated(
        self, endpoint: PveEndpoint
    ) -> None:
        access = endpoint.by_token()
        wire = LosingWire(HttpsWire(access, lambda: authority(access, endpoint.resolve)))
        async with ProxmoxClient(access, endpoint.resolve, wire=wire) as pve:
            done = await self.reserve(pve, endpoint)
            assert (done.outcome, done.found_again) == ("ok", True)
            assert (await pve.qemu.start(endpoint.node, FREE)).found_again
            assert (await pve.qemu.stop(endpoint.node, FREE)).found_again
            assert (await pve.qemu.start(endpoint.node, FREE)).found_again
        assert wire.lost == 4
        assert [one for one in endpoint.asked() if one[0] == "POST"] == [
            ("POST", f"/nodes/{endpoint.node}/qemu"),
            ("POST", f"/nodes/{endpoint.node}/qemu/{FREE}/status/start"),
            ("POST", f"/nodes/{endpoint.node}/qemu/{FREE}/status/stop"),
            ("POST", f"/nodes/{endpoint.node}/qemu/{FREE}/status/start"),
        ]

    async def test_a_change_that_never_began_is_left_open(
        self, endpoint: PveEndpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with ProxmoxClient(endpoint.by_token(), endpoint.resolve) as pve:
            monkeypatch.setattr(pve.tasks, "_find", timedelta(seconds=1.5))
            endpoint.answer("POST", f"/nodes/{endpoint.node}/qemu", 596, "Connection timed out", 1)
            with pytest.raises(OutcomeUnknown, match="no task qmcreate for 9100") as caught:
                await self.reserve(pve, endpoint)
        assert caught.value.hint
        assert endpoint.asked().count(("POST", f"/nodes/{endpoint.node}/qemu")) == 1

    # --- recording --------------------------------------------------------------------------

    async def test_a_recorded_tour_is_replayed_and_holds_no_secret(
        self, endpoint: PveEndpoint, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        file = tmp_path_factory.mktemp("recording") / "cluster.jsonl"
        access = endpoint.by_password()
        wire = RecordingWire(HttpsWire(access, lambda: authority(access, endpoint.resolve)), file)
        async with ProxmoxClient(access, endpoint.resolve, wire=wire) as pve:
            await self.reserve(pve, endpoint)
            seen = await tour(pve)
        assert {one.what for one in seen if one.answered} >= {"version", "nodes", "guests", "own rights"}
        written = file.read_text()
        assert file.stat().st_mode & 0o077 == 0
        assert not any(secret in written for secret in endpoint.secrets)
        assert "PVE:" not in written
        assert "CSRF" not in written
        async with ProxmoxClient(access, endpoint.resolve, wire=ReplayingWire.read(file)) as again:
            assert {one.what: one.answered for one in await tour(again)} == {
                one.what: one.answered for one in seen
            }
            with pytest.raises(ApiError, match="not in the recording"):
                await again.qemu.config(endpoint.node, ABSENT)
