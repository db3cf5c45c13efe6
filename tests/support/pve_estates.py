"""Settings, inventory and playbook for drills on a bench's cluster by the command line."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from lab.estate import tiny
from lab.estate.layout import Estate, make_directories, write_secret
from tests.support.pve_drills import OURS, TOKEN, Bench

AGE = timedelta(minutes=2)
AGENT_ONLY = {
    "version": 1,
    "name": "agent",
    "description": "a machine whose agent answers",
    "applies_to": "disk-image",
    "probes": [{"id": "agent", "kind": "boot", "agent": True}],
    "limits": {"drill": "5m", "restore_stall": "2s", "boot_stall": "30s", "healthy": "60s", "settle": "1s"},
}
"""All that a claimed guest can be asked."""


def pve_estate(one: Bench, *, playbook: str) -> Estate:
    """Write everything that `drverify --config` wants; `playbook` is `tiny` or `agent`."""
    root = one.root / "estate"
    estate = Estate(root=root, register=root / "tiny-agreement.lock.yaml", playbooks=root / "playbooks")
    make_directories(estate)
    papers = Path(tiny.__file__).parent
    for name in ("tiny-agreement.lock.yaml", "tiny-agreement.md"):
        shutil.copy(papers / name, root / name)
    estate.playbooks.mkdir()
    shutil.copy(papers / "tiny-playbook.yaml", estate.playbooks / "tiny.yaml")
    (estate.playbooks / "agent.yaml").write_text(yaml.safe_dump(AGENT_ONLY))
    write_secret(root / "credentials" / "token", one.secret.encode())
    estate.config.write_text(_settings(one, estate))
    network = {key: getattr(tiny.NETWORK, key) for key in ("name", "subnet", "gateway", "dns", "address")}
    workload = {
        "name": "tiny",
        "source": "pve",
        "host": "pve",
        "points": {"host": "100"},
        "payload": {"kind": "machine", "networks": [network]},
        "playbook": playbook,
        "protected_since": datetime.now(UTC) - AGE,
        "variables": {"address": tiny.NETWORK.address} if playbook == "tiny" else {},
    }
    estate.inventory.write_text(yaml.safe_dump({"version": 1, "workloads": [workload]}))
    return estate


def fresh_name() -> str:
    """Name of an archive that was begun two minutes ago."""
    return f"vzdump-qemu-100-{datetime.now(UTC) - AGE:%Y_%m_%d-%H_%M_%S}.vma.zst"


def host_table(one: Bench, secret: str) -> dict[str, Any]:
    """The table `[hosts.pve]`; `secret` is a reference."""
    settings = one.settings()
    door = settings.access.endpoint
    table: dict[str, Any] = {
        "address": f"{door.host}:{door.port}",
        "fingerprint": door.fingerprint,
        "token": TOKEN,
        "token_secret": secret,
        "run_on": ["pve1"],
        "vmids": [OURS.start, OURS.stop - 1],
        "pool": "drverify",
        "storage": "drill",
        "restores_from": ["pve"],
        "vantage": one.vantage,
        "bridges": [
            {
                key: value
                for key, value in (("bridge", b.bridge), ("tap", b.tap), ("key", b.key))
                if value is not None
            }
            for b in settings.bridges
        ],
        "ssh": {
            name: {"address": ssh.address, "port": ssh.port, "key": ssh.key, "host_key": ssh.host_key}
            for name, ssh in settings.ssh.items()
        },
        "reserve_mib": 64,
        "margin_mib": 16,
    }
    return table


def _settings(one: Bench, estate: Estate) -> str:
    host = host_table(one, f"file:{estate.root}/credentials/token")
    bridges, ssh = host.pop("bridges"), host.pop("ssh")
    source = {key: host[key] for key in ("address", "fingerprint", "token", "token_secret")}
    source |= {"kind": "proxmox", "storages": ["local"], "timezone": "UTC"}
    lines = [
        *_pairs({"state_dir": str(estate.state), "register": str(estate.register)}),
        *_pairs({"inventory": str(estate.inventory), "playbooks": str(estate.playbooks)}),
        "[sources.pve]",
        *_pairs(source),
        "[hosts.pve]",
        *_pairs({"kind": "proxmox", **host}),
        f"bridges = [{', '.join('{ ' + ', '.join(_pairs(bridge)) + ' }' for bridge in bridges)}]",
    ]
    for name, door in ssh.items():
        lines += [f"[hosts.pve.ssh.{name}]", *_pairs(door)]
    return "\n".join([*lines, "[signing]", *_pairs({"key": f"file:{estate.key}"})]) + "\n"


def _pairs(table: dict[str, Any]) -> list[str]:
    """Lines of TOML: JSON is TOML for texts, numbers and lists of them."""
    return [f"{key} = {json.dumps(value)}" for key, value in table.items()]
