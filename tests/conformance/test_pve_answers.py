"""What the stand-in answers, against the shapes that an independent stand-in's schema (fakepve) declares.

Known untruths of the published schema, where sources and real answers differ from it, are listed by name.
"""

import asyncio
import gzip
import json
import ssl
from importlib import resources
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from lab.pve.api.cluster import Cluster, NodeSetup
from lab.pve.api.storages import Storage

pytest.importorskip("fakepve", reason="the independent schema is fakepve's")
SCHEMA = json.loads(gzip.decompress((resources.files("fakepve") / "data/pve-api.json.gz").read_bytes()))[
    "paths"
]
GUEST = "memory: 64\nname: one\nnet0: virtio=BC:24:11:00:00:01,bridge=vmbr0\nagent: 1\nonboot: 1\n"
QUESTIONS = (
    "/version",
    "/access/roles",
    "/access/acl",
    "/access/users/{userid}/token",
    "/cluster/status",
    "/cluster/resources",
    "/cluster/tasks",
    "/cluster/backup-info/not-backed-up",
    "/cluster/backup",
    "/cluster/ha/resources",
    "/cluster/replication",
    "/cluster/sdn/zones",
    "/cluster/sdn/vnets",
    "/nodes",
    "/nodes/{node}/status",
    "/nodes/{node}/time",
    "/nodes/{node}/network",
    "/nodes/{node}/storage",
    "/nodes/{node}/storage/{storage}/status",
    "/nodes/{node}/storage/{storage}/content",
    "/nodes/{node}/tasks",
    "/nodes/{node}/qemu",
    "/nodes/{node}/qemu/{vmid}/config",
    "/nodes/{node}/qemu/{vmid}/pending",
    "/nodes/{node}/qemu/{vmid}/snapshot",
    "/nodes/{node}/qemu/{vmid}/status/current",
    "/nodes/{node}/qemu/{vmid}/firewall/options",
    "/nodes/{node}/lxc",
    "/pools",
    "/pools/{poolid}",
)
UNTRUE = {("/nodes/{node}/qemu/{vmid}/pending", "value"), ("/nodes/{node}/qemu/{vmid}/pending", "pending")}
"""Declared as texts; numbers come as numbers."""
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (int,),
    "array": (list,),
    "object": (dict,),
}
NAMES = {"node": "pve1", "storage": "local", "vmid": "100", "poolid": "drills", "userid": "root@pam"}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every question's answer, asked once."""
    return asyncio.run(_ask(tmp_path_factory.mktemp("answers") / "cluster"))


async def _ask(root: Path) -> dict[str, Any]:
    cluster = Cluster(root, nodes=[NodeSetup(name=name) for name in ("pve1", "pve2")], port=0)
    cluster.add_storage(Storage(id="local"))
    cluster.add_pool("drills", guests=[100], storages=["local"])
    cluster.add_guest("pve1", 100, GUEST)
    cluster.add_guest("pve1", 200, "hostname: box\nmemory: 64\n", kind="lxc")
    cluster.add_job("nightly", {"vmid": "200", "storage": "local", "schedule": "02:00", "enabled": 1})
    cluster.add_replication(
        "100-0", {"guest": 100, "target": "pve2", "type": "local", "jobnum": 0, "source": "pve1"}
    )
    image = cluster.volume("pve1", "local:100/vm-100-disk-0.raw")
    image.write_bytes(bytes(4096))
    secret = cluster.add_token("root@pam", "t", separated=False)
    cluster.allow("/", "root@pam", "Administrator")
    cluster.world.fabric.add_zone("drill", {"type": "simple"})
    cluster.world.fabric.add_vnet("drnet", {"zone": "drill"})
    headers = {"Authorization": f"PVEAPIToken=root@pam!t={secret}"}
    async with cluster, _session(cluster) as session:
        await cluster.world.tasks.join()
        found = {}
        for path in QUESTIONS:
            async with session.get(cluster.url("pve1") + path.format_map(NAMES), headers=headers) as response:
                assert response.status == 200, (path, response.reason)
                found[path] = (await response.json())["data"]
        return found


def _session(cluster: Cluster) -> aiohttp.ClientSession:
    context = ssl.create_default_context(cafile=str(cluster.authority))
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))


@pytest.mark.parametrize("path", QUESTIONS)
def test_an_answer_has_the_declared_shape(path: str, answers: dict[str, Any]) -> None:
    declared = SCHEMA[path]["GET"].get("returns", {})
    answer = answers[path]
    if declared.get("type") == "array":
        assert isinstance(answer, list)
        assert answer or path == "/cluster/ha/resources", "an empty list shows nothing"
        rows, facts = answer, declared.get("items", {}).get("properties", {})
    else:
        rows, facts = [answer], declared.get("properties", {})
    for row in rows:
        _check(path, row, facts)


def _check(path: str, row: dict[str, Any], facts: dict[str, Any]) -> None:
    for name, about in facts.items():
        if name not in row:
            assert about.get("optional") or "[n]" in name, f"{name} is missing"
        elif (path, name) not in UNTRUE and about.get("type") in TYPES:
            assert isinstance(row[name], TYPES[about["type"]]), (name, row[name])
