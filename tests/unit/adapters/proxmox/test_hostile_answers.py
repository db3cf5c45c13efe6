"""Whatever JSON an API says: it is read, or refused as malformed; nothing else happens."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import ApiError, Malformed
from drverify.adapters.proxmox.inventory import facts
from drverify.adapters.proxmox.rights import read_rights
from drverify.adapters.proxmox.settings import SourceSettings
from drverify.adapters.proxmox.source import ProxmoxSource
from drverify.adapters.proxmox.tasks import Upid
from drverify.adapters.proxmox.wire import Answer, Question
from drverify.errors import DefectError, DrverifyError
from drverify.model.recovery import PointFilter
from drverify.pveconf.rights import Wants
from tests.support.pve_script import ACCESS, no_secret

UPID = Upid("UPID:pve1:00000001:00000001:6553F100:qmrestore:9100:drill@pve!one:")
KEYS = st.sampled_from([
    "node", "status", "vmid", "type", "name", "storage", "content", "active", "shared", "enabled", "volid", "size",
    "ctime", "format", "subtype", "notes", "verification", "state", "time", "timezone", "memory", "total", "free",
    "upid", "starttime", "endtime", "exitstatus", "t", "n", "key", "value", "pending", "delete", "digest", "version",
    "release", "roleid", "privs", "iface", "bridge_ports", "cidr", "members", "poolid", "vnet", "zone", "ha", "pid",
    "result", "ip-addresses", "prune-backups", "schedule", "id", "all", "exclude", "/", "/vms/100", "next-run",
])  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(
        ["pve1", "online", "qemu", "100", "nas", "backup", UPID, "9.1.4", "Europe/Berlin", "02:00"]
    ),
    st.sampled_from(["nas:backup/vzdump-qemu-100-2026_10_19-02_00_00.vma.zst", "pbs:backup/vm/100/x"]),
)
ANSWERS = st.recursive(
    SCALARS,
    lambda deeper: st.one_of(
        st.lists(deeper, max_size=3), st.dictionaries(KEYS | st.text(max_size=4), deeper, max_size=8)
    ),
    max_leaves=25,
)
ROWS = st.lists(st.dictionaries(KEYS, ANSWERS, max_size=12), max_size=4)


class Saying:
    """Says one thing to everybody."""

    def __init__(self, data: Any) -> None:
        self._body = json.dumps({"data": data}).encode()

    def send(self, question: Question, *, within: timedelta) -> Answer:
        return Answer(status=200, reason="OK", body=self._body)

    def hide(self, text: str) -> str:
        return text

    def close(self) -> None:
        pass


def _source(pve: ProxmoxClient) -> ProxmoxSource:
    made = ProxmoxSource(SourceSettings(name="cluster", access=ACCESS), no_secret)
    made.client = pve
    return made


ASKED: dict[str, Callable[[ProxmoxClient], Awaitable[Any]]] = {
    "version": lambda pve: pve.cluster.version(),
    "status": lambda pve: pve.cluster.status(),
    "nodes": lambda pve: pve.cluster.nodes(),
    "guests": lambda pve: pve.cluster.guests(),
    "ha": lambda pve: pve.cluster.ha_resources(),
    "replication": lambda pve: pve.cluster.replication(),
    "jobs": lambda pve: pve.cluster.backup_jobs(),
    "uncovered": lambda pve: pve.cluster.not_backed_up(),
    "pools": lambda pve: pve.cluster.pools(),
    "pool": lambda pve: pve.cluster.pool("drills"),
    "vnets": lambda pve: pve.cluster.vnets(),
    "zones": lambda pve: pve.cluster.zones(),
    "subnets": lambda pve: pve.cluster.subnets("drill0"),
    "load": lambda pve: pve.nodes.load("pve1"),
    "time": lambda pve: pve.nodes.time("pve1"),
    "bridges": lambda pve: pve.nodes.bridges("pve1"),
    "storages": lambda pve: pve.storages.list("pve1"),
    "storage": lambda pve: pve.storages.status("pve1", "nas"),
    "content": lambda pve: pve.storages.content("pve1", "nas"),
    "extract": lambda pve: pve.storages.extract_config("pve1", "nas:backup/x"),
    "permissions": lambda pve: pve.accounts.permissions(),
    "roles": lambda pve: pve.accounts.roles(),
    "config": lambda pve: pve.qemu.config("pve1", 9100),
    "pending": lambda pve: pve.qemu.pending("pve1", 9100),
    "current": lambda pve: pve.qemu.status("pve1", 9100),
    "firewall": lambda pve: pve.qemu.firewall("pve1", 9100),
    "vnc": lambda pve: pve.qemu.vncproxy("pve1", 9100),
    "lxc-interfaces": lambda pve: pve.lxc.interfaces("pve1", 9100),
    "tasks": lambda pve: pve.tasks.list("pve1"),
    "task": lambda pve: pve.tasks.state(UPID),
    "log": lambda pve: pve.tasks.log(UPID),
    "exec": lambda pve: pve.agent.exec("pve1", 9100, ["true"]),
    "exec-status": lambda pve: pve.agent.exec_status("pve1", 9100, 7),
    "file": lambda pve: pve.agent.read_file("pve1", 9100, "/x"),
    "interfaces": lambda pve: pve.agent.interfaces("pve1", 9100),
    "filesystems": lambda pve: pve.agent.filesystems("pve1", 9100),
    "guest-time": lambda pve: pve.agent.time("pve1", 9100),
    "guest-os": lambda pve: pve.agent.os("pve1", 9100),
    "points": lambda pve: _source(pve).points(PointFilter(host="100")),
    "facts": lambda pve: facts(_source(pve)),
    "rights": lambda pve: read_rights(
        pve, lambda release: Wants(release=release, storages=("nas",), sources=("/vms",))
    ),
}


@settings(max_examples=150, deadline=None)
@given(answer=ROWS | ANSWERS, wrap=st.booleans())
def test_any_answer_is_read_or_refused(answer: Any, wrap: bool) -> None:
    async def everything() -> None:
        async with ProxmoxClient(
            ACCESS, no_secret, wire=Saying({"result": answer} if wrap else answer)
        ) as pve:
            for name, ask in ASKED.items():
                allowed = DrverifyError if name in {"points", "facts"} else (ApiError, DefectError)
                with suppress(allowed):
                    await ask(pve)

    asyncio.run(everything())


@pytest.mark.parametrize("name", sorted(ASKED))
@pytest.mark.parametrize("answer", [None, 7, "x", [], {}, [None], [[]], [7]])
async def test_an_answer_of_another_kind_is_never_a_crash(name: str, answer: Any) -> None:
    async with ProxmoxClient(ACCESS, no_secret, wire=Saying(answer)) as pve:
        with suppress(DrverifyError):
            await ASKED[name](pve)


@pytest.mark.parametrize(
    "name", ["nodes", "guests", "content", "config", "current", "tasks", "points", "bridges"]
)
async def test_no_answer_is_not_an_empty_one(name: str) -> None:
    async with ProxmoxClient(ACCESS, no_secret, wire=Saying(None)) as pve:
        with pytest.raises(DrverifyError) as caught:
            await ASKED[name](pve)
    assert isinstance(caught.value, Malformed) or isinstance(caught.value.__cause__, Malformed)
