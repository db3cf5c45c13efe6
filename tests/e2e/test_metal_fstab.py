"""A real server whose fstab names a disk that is gone: MISSED in a whole drill, and the cause is named."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from drverify.model.verdict import Outcome
from lab.estate import guests, restic
from lab.estate.layout import Estate
from lab.estate.metal import BIOS, metal_estate
from lab.images.metal import ROOT, ROOT_UUID
from lab.images.variant import read_file, write_file
from tests.support.estates import drverify, traversable_directory

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.needs_lab,
    pytest.mark.soak,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
]
GONE = "00000000-dead-4000-8000-000000000000"


async def broken(estate: Estate) -> None:
    """Back the server up once more, with another file system's UUID for `/`."""
    disk = estate.production / "metal.raw"
    with guests.translated():
        table = await read_file(disk, ROOT, "/etc/fstab")
        assert ROOT_UUID in table
        await write_file(disk, ROOT, "/etc/fstab", table.replace(ROOT_UUID, GONE).encode())
    repository = restic.Repository(path=estate.repository, password=estate.password)
    as_of = datetime.now(UTC) - timedelta(seconds=30)
    await restic.backup(repository, disk, workload=BIOS, as_of=as_of)


@pytest.fixture
def estate() -> Iterator[Estate]:
    with traversable_directory("metal-fstab") as root:
        made = asyncio.run(metal_estate(root))
        playbook = made.playbooks / "metal.yaml"
        text = playbook.read_text().replace("healthy: 15m", "healthy: 4m")
        playbook.write_text(text.replace("probes:\n", "inspect: true\nprobes:\n", 1))
        asyncio.run(broken(made))
        yield made


def test_an_fstab_that_names_a_disk_that_is_gone(estate: Estate) -> None:
    ran = drverify(estate.config, "drill", "run", BIOS, "--json", within=1500)
    said = json.loads(ran.out)
    outcomes = {one["outcome"] for one in said["verdicts"]}
    assert Outcome.MISSED in outcomes, ran.out
    assert GONE in json.dumps(said["record"]["inspection"]), ran.out
    assert "/etc/fstab" in ran.out
