"""A stand-in cluster whose guests stand still, and a plain HTTP client for it."""

import asyncio
import ssl
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from lab.pve.api.cluster import Cluster, NodeSetup
from lab.pve.api.storages import Storage
from lab.vma.writer import write

ARCHIVE = "vzdump-qemu-100-2026_10_19-02_00_00.vma"
USER = "drill@pve"
TOKEN = f"{USER}!t"
CONFIG = """\
#what it is for
agent: 1
boot: order=scsi0;net0
cores: 2
ide2: none,media=cdrom
memory: 512
name: web01
net0: virtio=BC:24:11:00:00:64,bridge=vmbr0,firewall=1
onboot: 1
scsi0: local-lvm:vm-100-disk-0,iothread=1,size=1M
scsi1: local-lvm:vm-100-disk-1,backup=0,size=8G
scsihw: virtio-scsi-single
smbios1: uuid=9f3c2c5e-6f0e-4a36-9d8e-0a5f6f3d1b10
unused0: local-lvm:vm-100-disk-9
vmgenid: 3a2f0f7e-1c55-4b1c-8a63-5f7e2f7b9a11
#qmdump#map:scsi0:drive-scsi0:local-lvm:raw:
"""
NET = "virtio=BC:24:11:00:00:64,bridge=drill0,firewall=1"


@dataclass(frozen=True, kw_only=True)
class Said:
    """One answer."""

    status: int
    reason: str
    body: Any
    headers: Any

    @property
    def data(self) -> Any:
        assert self.status == 200, (self.status, self.reason, self.body)
        return self.body["data"]


class Api:
    """A client of one node, as one caller."""

    def __init__(self, session: aiohttp.ClientSession, root: str, headers: dict[str, str]) -> None:
        self._session = session
        self._root = root
        self._headers = headers

    async def call(self, method: str, path: str, **how: Any) -> Said:
        headers = self._headers | how.pop("headers", {})
        if method in {"POST", "PUT"} and "json" not in how:
            how.setdefault("data", {})
        async with self._session.request(method, self._root + path, headers=headers, **how) as response:
            kind = response.content_type
            body = await response.json() if kind == "application/json" else await response.text()
            return Said(
                status=response.status, reason=response.reason or "", body=body, headers=response.headers
            )

    async def get(self, path: str, /, **params: Any) -> Said:
        return await self.call("GET", path, params=_texts(params))

    async def post(self, path: str, /, **data: Any) -> Said:
        return await self.call("POST", path, data=_texts(data))

    async def put(self, path: str, /, **data: Any) -> Said:
        return await self.call("PUT", path, data=_texts(data))

    async def delete(self, path: str, /, **params: Any) -> Said:
        return await self.call("DELETE", path, params=_texts(params))

    async def task(self, said: Said | str) -> dict[str, Any]:
        """Wait for a task's end and return its status with its `log`."""
        upid = said if isinstance(said, str) else said.data
        path = f"/nodes/{upid.split(':')[1]}/tasks/{upid}"
        while (status := (await self.get(f"{path}/status")).data)["status"] == "running":
            await asyncio.sleep(0.005)
        lines = (await self.get(f"{path}/log", limit=0)).data
        return status | {"log": [line["t"] for line in lines]}


def _texts(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name.replace("__", "-"), str(each))
        for name, value in values.items()
        for each in (value if isinstance(value, list) else [value])
    ]


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound archive of one disk of 1 MiB."""
    folder = tmp_path_factory.mktemp("archive")
    disk = folder / "disk.raw"
    disk.write_bytes(bytes(range(256)) * 2048 + bytes(512 * 1024))
    configs = {"qemu-server.conf": CONFIG.encode(), "qemu-server.fw": b"[OPTIONS]\n\nenable: 0\n"}
    write(
        folder / ARCHIVE,
        configs=configs,
        devices={"drive-scsi0": disk},
        ctime=datetime(2026, 10, 19, 2, tzinfo=UTC),
        uuid=uuid.UUID(int=4711),
    )
    return folder / ARCHIVE


@pytest.fixture
def make(tmp_path: Path, archive: Path) -> Callable[..., Cluster]:
    """How to make a cluster with storages, an archive, a drill account as A6 has it."""

    def build(nodes: int = 1, *, fresh: bool = True, **how: Any) -> Cluster:
        setups = [NodeSetup(name=f"pve{number}") for number in range(1, nodes + 1)]
        cluster = Cluster(tmp_path / "cluster", nodes=setups, port=0, time_scale=0.001, **how)
        if fresh:
            furnish(cluster, archive)
        return cluster

    return build


def furnish(cluster: Cluster, archive: Path) -> None:
    cluster.add_storage(Storage(id="local", shared=True))
    cluster.add_storage(Storage(id="drills", type="lvmthin", content=("images", "rootdir")))
    cluster.add_archive("pve1", "local", archive, notes="nightly\nsecond line")
    account = {
        "pool": "drverify",
        "target": "drills",
        "backups": ["local"],
        "sources": [100],
        "bridges": ["drill0"],
    }
    cluster.add_drill_account(USER, "t", **account)
    cluster.add_user(USER, "drill's password")


@pytest.fixture
async def cluster(make: Callable[..., Cluster]) -> AsyncIterator[Cluster]:
    async with make() as running:
        yield running


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    context = ssl.create_default_context()
    context.load_verify_locations(tmp_path / "cluster/tls/ca.pem")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as open_:
        yield open_


def by_token(session: aiohttp.ClientSession, cluster: Cluster, node: str = "pve1", name: str = TOKEN) -> Api:
    user, _, token = name.partition("!")
    secret = cluster.add_token(user, token)
    return Api(session, cluster.url(node), {"Authorization": f"PVEAPIToken={name}={secret}"})


async def by_password(
    session: aiohttp.ClientSession, cluster: Cluster, user: str, password: str, node: str = "pve1"
) -> Api:
    nobody = Api(session, cluster.url(node), {})
    got = (await nobody.post("/access/ticket", username=user, password=password)).data
    cookie = f"PVEAuthCookie={got['ticket']}"
    return Api(
        session, cluster.url(node), {"Cookie": cookie, "CSRFPreventionToken": got["CSRFPreventionToken"]}
    )


@pytest.fixture
def nobody(cluster: Cluster, session: aiohttp.ClientSession) -> Api:
    return Api(session, cluster.url("pve1"), {})


@pytest.fixture
def drill(cluster: Cluster, session: aiohttp.ClientSession) -> Api:
    """The drill account by its token."""
    return by_token(session, cluster)


@pytest.fixture
async def root(cluster: Cluster, session: aiohttp.ClientSession) -> Api:
    """root@pam by password."""
    return await by_password(session, cluster, "root@pam", cluster.root_password)


@pytest.fixture
async def session_of() -> AsyncIterator[Callable[[Cluster], aiohttp.ClientSession]]:
    """Sessions that trust a cluster's own authority."""
    opened = []

    def open_(cluster: Cluster) -> aiohttp.ClientSession:
        context = ssl.create_default_context(cafile=str(cluster.authority))
        opened.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)))
        return opened[-1]

    yield open_
    for each in opened:
        await each.close()
