"""`drverify doctor --host`: a cluster as a drill would meet it, and a record of its answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drverify.adapters.proxmox import host_preflight as preflight
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.recording import ReplayingWire
from drverify.adapters.proxmox.tour import tour
from drverify.checkup import cluster
from drverify.checkup.findings import Finding, worst
from drverify.compose import Workshop
from drverify.errors import InputError
from lab.pve.api.storages import Storage
from tests.support.pve_drills import OURS, TOKEN, USER, Bench, bench

SETTINGS = """\
state_dir = "{root}/state"
register = "acme.lock.yaml"
inventory = "inventory.yaml"
playbooks = "playbooks"

[sources.pve]
{way_in}
storages = ["local"]
timezone = "UTC"

[hosts.pve]
{way_in}
run_on = ["pve1"]
vmids = [{first}, {last}]
pool = "drverify"
storage = "drill"
restores_from = ["pve"]
vantage = "agent"
bridges = [{{ bridge = "drill0" }}]
reserve_mib = 64
margin_mib = 16

[hosts.local]
kind = "libvirt"

[signing]
key = "file:runner.key"
"""
WAY_IN = """\
kind = "proxmox"
address = "{host}:{port}"
fingerprint = "{fingerprint}"
token = "{token}"
token_secret = "file:{secret}"
"""
INVENTORY = """\
version: 1
workloads:
  - name: small
    source: pve
    host: pve
    points: {host: "100"}
    payload: {kind: machine}
    playbook: tiny
    protected_since: 2026-10-01T00:00:00Z
"""


@pytest.fixture
async def up() -> AsyncIterator[Bench]:
    async with bench() as one:
        yield one


@pytest.fixture
def workshop(up: Bench, tmp_path: Path) -> Workshop:
    secret = tmp_path / "token"
    secret.write_text(up.secret)
    secret.chmod(0o600)
    door = up.cluster.door("pve1")
    way_in = WAY_IN.format(
        host=door.host, port=door.port, fingerprint=door.fingerprint, token=TOKEN, secret=secret
    )
    config = tmp_path / "drverify.toml"
    config.write_text(SETTINGS.format(root=tmp_path, way_in=way_in, first=OURS.start, last=OURS.stop - 1))
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    return Workshop.open(config)


def named(findings: tuple[Finding, ...], what: str) -> Finding:
    return next(one for one in findings if one.what == what)


async def test_a_cluster_that_drills_can_run_on(up: Bench, workshop: Workshop) -> None:
    findings = await cluster.examine(workshop, "pve")
    assert worst(findings) != "lack", findings
    assert "9.1" in named(findings, "cluster").seen
    assert TOKEN in named(findings, "cluster").seen
    assert named(findings, "drill0 of pve1").state == "ok"
    assert "GiB free" in named(findings, "storage on pve1").seen
    assert "1 guests, 1 with a good backup" in named(findings, "backups of pve").seen or named(
        findings, "backups of pve"
    ).seen.startswith("0 guests")


async def test_a_cluster_that_only_takes_disks_and_gives_them_back(
    up: Bench, workshop: Workshop, tmp_path: Path
) -> None:
    """It holds no backups of ours, so no right on a guest of its own is asked for."""
    config, dump = tmp_path / "drverify.toml", tmp_path / "dump"
    text = config.read_text().replace('restores_from = ["pve"]', 'import_storage = "drill"')
    returns = f'[hosts.pve.returns]\nstorage = "handover"\ndirectory = "{dump}"\n'
    config.write_text(text.replace("[hosts.local]", f"{returns}\n[hosts.local]"))
    up.cluster.add_storage(Storage(id="drill", content=("images", "import")))
    up.cluster.add_storage(Storage(id="handover", content=("images",)))
    for role, path, names in (
        ("MakesMachines", "/pool/drverify", ("VM.Config.CPU", "VM.Config.Memory", "VM.Backup")),
        ("TakesDisks", "/storage/drill", ("Datastore.AllocateTemplate",)),
        ("GivesBack", "/storage/handover", preflight.ON_STORAGE),
    ):
        up.cluster.add_role(role, names)
        up.cluster.allow(path, (USER, TOKEN), role)
    findings = await cluster.examine(Workshop.open(config), "pve")
    assert {one.what for one in findings if one.state == "lack"} == {"returns from pve1"}
    assert "handover takes no backups" in named(findings, "returns from pve1").seen
    up.cluster.add_storage(Storage(id="handover", content=("backup",)))
    findings = await cluster.examine(Workshop.open(config), "pve")
    assert f"cannot list {dump}" in named(findings, "returns from pve1").seen
    dump.mkdir()
    findings = await cluster.examine(Workshop.open(config), "pve")
    assert worst(findings) != "lack", findings
    assert str(dump) in named(findings, "returns from pve1").seen


async def test_each_right_that_is_missing_or_in_excess_is_named(up: Bench, workshop: Workshop) -> None:
    up.cluster.add_role("TooMuch", ("VM.Snapshot", "Permissions.Modify"))
    up.cluster.allow("/vms/100", (USER, TOKEN), "TooMuch")
    up.cluster.add_role("DrillTarget", ("Datastore.Audit",))
    findings = await cluster.examine(workshop, "pve")
    assert worst(findings) == "lack"
    lacking = named(findings, "right Datastore.AllocateSpace")
    assert (lacking.state, "missing on /storage/drill" in lacking.seen) == ("lack", True)
    assert f"--tokens '{TOKEN}'" in lacking.mend
    much = named(findings, "right Permissions.Modify")
    assert (much.state, "/vms/100" in much.seen) == ("warn", True)
    assert "every other right" in much.seen


async def test_a_cluster_that_does_not_answer_is_one_finding(up: Bench, workshop: Workshop) -> None:
    await up.cluster.node_down("pve1")
    findings = await cluster.examine(workshop, "pve")
    assert [(one.what, one.state) for one in findings] == [("cluster", "lack")]


async def test_what_was_recorded_is_played_again_and_holds_no_secret(
    up: Bench, workshop: Workshop, tmp_path: Path
) -> None:
    file = tmp_path / "pve.jsonl"
    asked = await cluster.recorded(workshop, "pve", file)
    assert all(one.answered for one in asked), asked
    text = file.read_text()
    assert up.secret not in text
    assert json.loads(text.splitlines()[0])["recording"] == 1
    async with ProxmoxClient(up.access, up.resolve, wire=ReplayingWire.read(file)) as again:
        assert await tour(again) == asked


async def test_facts_of_its_guests_for_holding_an_agreement_against(up: Bench, workshop: Workshop) -> None:
    up.cluster.add_guest("pve1", 100, "name: small\nmemory: 32\n")
    (fact,) = await cluster.facts(workshop, "pve")
    assert (fact.name, fact.kind, fact.backed_up) == ("small", "vm", True)


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [
        ("local", "local is no Proxmox cluster", "without --host"),
        ("absent", "no host or source 'absent'", "known are: local, pve"),
    ],
)
async def test_another_name_is_refused(workshop: Workshop, name: str, said: str, hint: str) -> None:
    for ask in (lambda: cluster.examine(workshop, name), lambda: cluster.recorded(workshop, name, Path("x"))):
        with pytest.raises(InputError, match=said) as raised:
            await ask()
        assert hint in raised.value.hint
    await asyncio.sleep(0)


async def test_a_source_that_does_not_answer_is_one_finding(up: Bench, workshop: Workshop) -> None:
    source = workshop.settings.sources["pve"]
    settings = workshop.settings.model_copy(update={"hosts": {}, "sources": {"backups": source}})
    await up.cluster.node_down("pve1")
    findings = await cluster.examine(Workshop(settings), "backups")
    assert [(one.what, one.state) for one in findings] == [("cluster", "lack")]
