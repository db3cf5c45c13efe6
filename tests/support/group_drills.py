"""A group of tiny guests behind each other, ready for `drverify drill run --group`."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from drverify.adapters.doors.contract import dump_contract, load_contract
from drverify.model.recovery import DiskImage, PointFilter
from drverify.sealing.agreed import accept
from lab.estate import restic
from lab.estate.layout import Estate, write_inventory, write_settings
from lab.estate.tiny import NETWORK, repository_of, stamp, workload
from lab.images.recipe import ensure_image
from lab.images.variant import tiny_variant
from tests.support.guests import CACHE
from tests.support.restic_init import initialise_in

GROUP = "webshop"
AGE = timedelta(minutes=2)
ADDRESSES = {"database": "10.30.0.10", "app": "10.30.0.11", "front": "10.30.0.12"}
AFTER: dict[str, list[str]] = {"database": [], "app": ["database"], "front": ["app"]}
MACS = {name: f"52:54:00:30:00:{number:02x}" for number, name in enumerate(ADDRESSES, 1)}

PLAYBOOK = """\
version: 1
name: tier
description: a tiny guest of the tests as one tier of an application
applies_to: disk-image
probes:
  - {{id: boot, kind: boot, console: "tiny: up"}}
  - {{id: agent, kind: boot, agent: true}}
  - {{id: page, kind: http, url: "http://${{address}}/{page}", proves_application: true}}
{more}
limits: {{drill: 15m, restore_stall: 1m, boot_stall: 90s, healthy: {healthy}, settle: 1s}}
"""
REACHES = """\
  - id: reaches
    kind: command
    access: {via: agent}
    command: [/bin/sh, -c, "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 ${needs} 80"]
    output: "tiny: ok"
    proves_application: true
steps:
  - {id: settings, kind: put, party: provider, clause: "2.2", access: {via: agent},
     source: app.conf, path: /etc/app/app.conf, mode: "0600"}
  - {id: volume, kind: mount, party: provider, clause: "2.2", access: {via: agent},
     device: LABEL=tinydata, path: /srv/data}
  - {id: mapping, kind: address, access: {via: agent}, mac: "${mac}", address: "${second}/24"}
  - {id: start, kind: run, party: provider, access: {via: agent},
     command: [/bin/sh, -c, "grep -q 10.30.0.10 /etc/app/app.conf && test -s /srv/data/heartbeat && echo begun"]}
  - {id: pause, kind: wait, party: provider, time: 500ms}
"""
RACK = """\
  - {id: rack, kind: ask, party: customer, clause: "7", question: "Plug in the scanner", allowance: 5m}
"""
SETTINGS_FILE = "database = 10.30.0.10\n"


@dataclass(frozen=True, kw_only=True)
class Tiers:
    """Estates of the same backups: what differs is the inventory's group and the playbooks."""

    estate: Estate

    def config(self, state: Path, members: Sequence[str], *, broken: str = "") -> Path:
        """Settings with a state directory of its own, for a group of these; `broken` never serves its page."""
        root = state.parent / f"{state.name}-of"
        root.mkdir()
        folder = root / "playbooks"
        folder.mkdir()
        (folder / "app.conf").write_text(SETTINGS_FILE)
        for name in members:
            last = not any(name in AFTER[one] for one in members)  # others wait for no question
            more = REACHES + (RACK if last else "") if AFTER[name] else ""
            page, healthy = ("missing", "90s") if name == broken else ("", "5m")
            (folder / f"{name}.yaml").write_text(PLAYBOOK.format(page=page, more=more, healthy=healthy))
        inventory = yaml.safe_load(self.estate.inventory.read_text())
        inventory["workloads"] = [one for one in inventory["workloads"] if one["name"] in members]
        inventory["groups"] = [
            {
                "name": GROUP,
                "members": [
                    {"workload": name, "after": [one for one in AFTER[name] if one in members]}
                    for name in members
                ],
            }
        ]
        (root / "inventory.yaml").write_text(yaml.safe_dump(inventory))
        text = self.estate.config.read_text()
        for key, value in (
            ("state_dir", state),
            ("inventory", root / "inventory.yaml"),
            ("playbooks", folder),
        ):
            text = re.sub(rf"(?m)^{key} = .*$", f'{key} = "{value}"', text)
        config = root / "drverify.toml"
        config.write_text(text)
        return config


async def tiers(root: Path, lender: Estate) -> Tiers:
    """Build it in the new directory `root`; the tiny estate lends its agreement."""
    estate = Estate(root=root, register=root / "tiny-agreement.lock.yaml", playbooks=root / "playbooks")
    initialise_in(root)
    _agreement(lender, estate)
    repository, end = repository_of(estate), datetime.now(UTC)
    image = await ensure_image("tiny", CACHE)
    made = []
    for name, address in ADDRESSES.items():
        disk = await tiny_variant(
            image, estate.production / f"{name}.raw", address=f"{address}/24", name=name
        )
        await stamp(disk, end - AGE, sequence=1000)
        await restic.backup(repository, disk, workload=name, as_of=end - AGE)
        needs = ADDRESSES["database" if name != "front" else "app"]
        one = workload(estate, protected_since=end - AGE)
        network = replace(NETWORK, address=address, mac=MACS[name])
        assert isinstance(one.payload, DiskImage)
        guest = replace(one.payload.guest, networks=(network,))
        made.append(
            replace(
                one,
                name=name,
                points=PointFilter(host=name, tags=(f"workload={name}",), path=str(disk)),
                payload=DiskImage(path=str(disk), guest=guest),
                playbook=name,
                variables=(
                    ("address", address),
                    ("needs", needs),
                    ("mac", MACS[name]),
                    ("second", address.replace("10.30.0.1", "10.30.0.2")),
                ),
            )
        )
    write_settings(estate)
    write_inventory(estate, made)
    return Tiers(estate=estate)


def _agreement(lender: Estate, estate: Estate) -> None:
    """The tiny agreement, accepted for every tier."""
    shutil.copy(lender.root / "tiny-agreement.md", estate.root / "tiny-agreement.md")
    accepted_for_tiers(lender.register, estate.register)


def accepted_for_tiers(register: Path, into: Path) -> None:
    """Accept the agreement in `register` with every tier in its scope, and write it to `into`."""
    contract = load_contract(register)
    scoped = tuple(
        replace(one, scope=replace(one.scope, systems=tuple(ADDRESSES))) if one.scope.systems else one
        for one in contract.provisions
    )
    agreed = accept(replace(contract, provisions=scoped), by="tests", at=datetime.now(UTC))
    into.write_text(dump_contract(agreed))
