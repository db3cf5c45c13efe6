"""A protected backup under attack: the flag holds against a delete, and not against who may use the backup."""

from pathlib import Path

import pytest

from drverify.adapters import table
from drverify.engine.trials.immutability import Tamperer
from drverify.judging.immutability import withstood
from drverify.model.immutability import Tampering
from drverify.model.verdict import Outcome
from lab.pve.api.cluster import Cluster
from tests.support.memory import Silent

VOLID = "local:backup/vzdump-qemu-100-2026_11_01-02_00_00.vma"
MARKED = "drverify-canary: of a guest that nobody needs"


def writer(cluster: Cluster, ca: Path, **who: str) -> Tamperer:
    given = who or {"user": "root@pam", "password": "env:ROOT"}
    secrets = {"env:ROOT": cluster.root_password, "env:NOBODY": "nobody's"}
    options = {
        "address": cluster.url("pve1").removeprefix("https://").partition("/")[0],
        "ca": str(ca),
        "node": "pve1",
        "canary": VOLID,
        **given,
    }
    made: Tamperer = table.load(table.TAMPERERS, "proxmox", "writer")(
        "cluster", options, lambda ref: secrets[str(ref)].encode()
    )
    return made


async def attacked(one: Tamperer) -> Tampering:
    return await one.tamper((), Silent())


@pytest.fixture
def ca(tmp_path: Path, cluster: Cluster) -> Path:
    return tmp_path / "cluster/tls/ca.pem"


def plant(cluster: Cluster, archive: Path, *, notes: str = MARKED, protected: bool = True) -> None:
    name = VOLID.rpartition("/")[2]
    cluster.add_archive("pve1", "local", archive, name=name, notes=notes, protected=protected)


async def test_who_may_use_a_backup_can_bare_it(cluster: Cluster, archive: Path, ca: Path) -> None:
    plant(cluster, archive)
    found = await attacked(writer(cluster, ca))
    assert {one.what: one.outcome for one in found.attempts} == {
        "delete": "refused",
        "take the protection away": "went through",
    }
    assert "can't remove protected volume" in found.attempts[0].said
    assert withstood(found)[0] is Outcome.MISSED
    (held,) = found.held
    assert held.whole, "the protection was put back"


async def test_an_account_that_sees_no_canary_shows_nothing(
    cluster: Cluster, archive: Path, ca: Path
) -> None:
    plant(cluster, archive)
    cluster.add_user("backup@pve", "nobody's")
    found = await attacked(writer(cluster, ca, user="backup@pve", password="env:NOBODY"))
    assert (found.attempts, withstood(found)[0]) == ((), Outcome.UNPROVEN)
    assert "sees no local:backup/" in found.problem or "cannot be asked" in found.problem


@pytest.mark.parametrize(
    ("how", "said"),
    [({"notes": "nightly"}, "it is not touched"), ({"protected": False}, "is not protected")],
)
async def test_only_a_protected_canary_is_touched(
    cluster: Cluster, archive: Path, ca: Path, how: dict[str, object], said: str
) -> None:
    plant(cluster, archive, **how)  # type: ignore[arg-type]
    found = await attacked(writer(cluster, ca))
    assert (found.attempts, withstood(found)[0]) == ((), Outcome.UNPROVEN)
    assert said in found.problem
    assert cluster.world.storages.path(VOLID, "pve1").exists()
