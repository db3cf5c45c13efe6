"""What the lab writes, drverify reads."""

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.adapters.doors.inventory import load_inventory
from drverify.adapters.doors.playbook import load_playbook
from drverify.agreements.locks import load_lock
from drverify.settings import load_settings
from lab.estate import life
from lab.estate.layout import Estate, make_directories, rfc3339, write_inventory, write_settings
from lab.estate.machine import SHOP
from lab.settings import Lab

SINCE = datetime(2026, 11, 1, 12, 30, 0, 250000, tzinfo=UTC)


def estate(root: Path) -> Estate:
    made = replace(life.estate_of(Lab(root=root)), root=root / "a 'quoted' \"lab\"")
    make_directories(made)
    return made


def test_an_inventory_comes_back_as_it_was(tmp_path: Path) -> None:
    here = estate(tmp_path)
    written = life.workloads(here, SHOP, {"shop": SINCE, life.FILES: SINCE + timedelta(hours=1)})
    named = (replace(written[0], description="15m"), written[1])  # text that looks like a duration
    write_inventory(here, named)
    assert load_inventory(here.inventory) == named


def test_settings_are_read_with_other_password_and_state(tmp_path: Path) -> None:
    here = estate(tmp_path)
    write_settings(here, password=tmp_path / "p", state=tmp_path / "s")
    read = load_settings(here.config)
    assert read.state_dir == tmp_path / "s"
    assert read.path(read.inventory) == here.inventory
    options = read.sources["lab-restic"].options()
    assert options == {"repository": str(here.repository), "password": f"file:{tmp_path / 'p'}"}


def test_secrets_are_the_owners_alone_and_are_made_once(tmp_path: Path) -> None:
    here = estate(tmp_path)
    before = here.password.read_bytes(), here.key.read_bytes()
    make_directories(here)
    assert (here.password.read_bytes(), here.key.read_bytes()) == before
    for secret in (here.password, here.key):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(here.password.parent.stat().st_mode) == 0o700


def test_instants_keep_their_milliseconds() -> None:
    assert rfc3339(SINCE) == "2026-11-01T12:30:00.250Z"


def test_the_example_inventory_covers_what_the_sample_register_speaks_of(checkout: Path) -> None:
    agreed = load_lock(checkout / "contracts" / "acme-managed-hosting.lock.yaml")
    register = agreed.register(datetime(2026, 11, 23, tzinfo=UTC))
    inventory = load_inventory(checkout / "contracts" / "inventory.example.yaml")
    spoken_of = {name for obligation in register.obligations for name in obligation.scope}
    assert {one.name for one in inventory} == spoken_of == {"shop", "shop-files"}
    for one in inventory:
        playbook = load_playbook(checkout / "playbooks" / f"{one.playbook}.yaml", dict(one.variables))
        assert playbook.applies_to == one.payload.kind
    assert len(register.gaps) >= 2
