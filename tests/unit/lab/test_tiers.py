"""The application in three tiers: its machines, playbooks and plan belong together."""

from pathlib import Path

import pytest

from drverify.adapters.doors.inventory import load_groups, load_inventory
from drverify.adapters.doors.migration import baseline_findings, load_plan
from drverify.adapters.doors.playbook import load_playbook
from drverify.adapters.linux.links import one_each
from drverify.errors import HostError
from drverify.model.playbook import Playbook
from lab.demo_migrate import LIBVIRT, ONCE, PLANS, PROXMOX, TWICE, is_go, names_the_database
from lab.estate import tiers
from lab.estate.layout import make_directories, write_inventory
from lab.settings import Lab
from tests.support.records import INCIDENT

VARIABLES = {"address": "10.20.0.41", "credentials": "/etc/lab"}


def playbook(name: str) -> Playbook:
    return load_playbook(tiers._PLAYBOOKS / f"tier-{name}.yaml", VARIABLES)


def test_three_machines_stand_on_one_bridge() -> None:
    segments = [one.segment for one in tiers.MACHINES]
    assert len(one_each(segments)) == 1
    assert len({one.tap for one in segments}) == len({one.mac for one in segments}) == 3
    assert max(len(one.tap) for one in segments) <= 15
    assert {one.namespace for one in tiers.MACHINES} == {"lab-tiers"}


@pytest.mark.parametrize("name", [PROXMOX, LIBVIRT])
def test_the_plans_are_of_these_systems_and_ask_what_their_playbooks_have(name: str) -> None:
    path = PLANS / name
    plan = load_plan(path).plan
    addresses = {one.workload: one.source.access.address for one in plan.systems}
    assert addresses == {one.name: one.network.address for one in tiers.MACHINES}
    assert {one.source.namespace for one in plan.systems} == {"lab-tiers"}
    assert [one.dependencies for one in plan.groups] == [tiers.GROUP]
    for one in plan.systems:
        assert list(baseline_findings(one.source, playbook(one.workload))) == []
    assert path.read_text().count(TWICE) == 1
    assert ONCE not in path.read_text()


def test_the_front_is_asked_for_what_lies_in_the_database() -> None:
    chain = next(one for one in playbook("front").probes if one.id == "chain")
    assert chain.required
    assert chain.proves_application


def test_the_inventory_holds_the_group(tmp_path: Path) -> None:
    estate = tiers.estate_of(Lab(root=tmp_path))
    make_directories(estate)
    write_inventory(estate, tiers._workloads(estate, INCIDENT), [tiers._group()])
    assert [one.name for one in load_inventory(estate.inventory)] == ["database", "app", "front"]
    (group,) = load_groups(estate.inventory)
    assert [one.after for one in group.members] == [(), ("database",), ("app",)]


def test_each_tier_runs_its_part_alone(tmp_path: Path) -> None:
    for tier in tiers.TIERS:
        root = tmp_path / tier.machine.name
        for name, text in {
            "etc/systemd/network/10-production.network": "Address=10.20.0.10/24\n",
            "etc/nginx/sites-available/shop": "proxy_pass http://127.0.0.1:8080;\n",
            "usr/local/lib/shop/shop.py": '(("127.0.0.1", 8080), Shop)\n',
            "etc/systemd/system/shop.service": "[Service]\n",
        }.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        tiers._configured(root, tier, "secret")
        units = root / "etc/systemd/system"
        masked = {one.name.removesuffix(".service") for one in units.iterdir() if one.is_symlink()}
        assert masked == {*tiers._UNITS} - {*tier.runs}
        assert (
            tier.machine.network.address in (root / "etc/systemd/network/10-production.network").read_text()
        )
    secret = tmp_path / "app/etc/shop-database.env"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert "PGHOST=10.20.0.41" in secret.read_text()
    assert "10.20.0.42:8080" in (tmp_path / "front/etc/nginx/sites-available/shop").read_text()
    with pytest.raises(HostError, match=r"has no 10\.20\.0\.10/24"):
        tiers._configured(tmp_path / "front", tiers.TIERS[2], "secret")


def test_the_demo_wants_a_go_for_reasons_and_a_no_go_by_name() -> None:
    drills = [{"run": "r", "earlier": False, "recovery": {"outcome": "MET"}}]
    back = {"recovery": {"outcome": "MET"}}
    systems = [
        {"workload": name, "differences": [{"cause": "hardware"}], "drills": drills, "rollback": back}
        for name in ("database", "front")
    ]
    against = [{"where": "database", "weight": "against", "what": "it does not work"}]
    go = {"facts": {"systems": systems}, "decided": {"decision": "GO", "reasons": []}}
    assert is_go(go)
    assert not is_go(go | {"facts": {"systems": [systems[0], systems[1] | {"rollback": None}]}})
    assert not is_go(go | {"facts": {"systems": [one | {"differences": []} for one in systems]}})
    refused = {"facts": {"systems": systems}, "decided": {"decision": "NO-GO", "reasons": against}}
    assert not names_the_database(refused), "the front is said to work"
    away = [{"run": "r", "earlier": False, "recovery": {"outcome": "MISSED"}}]
    refused["facts"] = {"systems": [systems[0], systems[1] | {"drills": away}]}
    assert names_the_database(refused)
