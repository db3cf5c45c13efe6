"""What is drilled: one point of one machine, for drverify and for the script alike."""

import json
import re
import secrets
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.doors.inventory import load_inventory
from drverify.adapters.doors.playbook import load_playbook
from drverify.adapters.libvirt import acceleration
from drverify.adapters.libvirt.daemon import ensure_running
from drverify.errors import Exit, HostError
from drverify.model.recovery import DiskImage, Workload
from lab.bench.watching import Watched, watched
from lab.estate import restic
from lab.estate.layout import Estate

BY_HAND = Path(__file__).with_name("by_hand.sh")
WITHIN = 900.0
PAGES = {"shop": ("https://{address}/", "Latest orders")}
"""The page that shows health to the script, and words in it; every other guest is the tiny one."""
TINY_PAGE = ("http://{address}/", "tiny: ok")
MAC = "52:54:00:be:0c:01"
"""For a guest whose network states none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A workload's point, and a state directory of the bench's own, so that no drill is left in the lab."""

    estate: Estate
    config: Path
    work: Path
    """Directory for the script; QEMU's user gets there."""
    workload: Workload
    payload: DiskImage
    point: str
    accel: str
    settle: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """One run, ours or by hand; times in seconds."""

    healthy: float
    """From the declaration (by hand: the script's first line) until everything had settled."""
    total: float
    """From the process's start to its end."""
    read: int
    """Bytes read from the repository; 0 by hand."""
    phases: dict[str, float]
    took: Watched


async def subject(estate: Estate, name: str, scratch: Path) -> Subject | None:
    """Describe the newest point of a workload; None when there is none. `scratch` is the caller's."""
    if not (estate.config.is_file() and estate.inventory.is_file()):
        return None
    workload = next((one for one in load_inventory(estate.inventory) if one.name == name), None)
    if workload is None or not isinstance(workload.payload, DiskImage):
        return None
    repository = restic.Repository(path=estate.repository, password=estate.password)
    points = await restic.snapshots(repository, name)
    if not points:
        return None
    await ensure_running()
    state = scratch / f"state-{secrets.token_hex(4)}"
    state.mkdir()
    config = state.with_suffix(".toml")
    stated = f"state_dir = {json.dumps(str(state))}"
    config.write_text(re.sub(r"(?m)^state_dir = .*$", lambda _: stated, estate.config.read_text()))
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    chosen = await acceleration.measured(state / "acceleration.json", await acceleration.qemu_version(), boot)
    playbook = load_playbook(estate.playbooks / f"{workload.playbook}.yaml", dict(workload.variables))
    return Subject(
        estate=estate,
        config=config,
        work=scratch / "by-hand",
        workload=workload,
        payload=workload.payload,
        point=points[0].id,
        accel=chosen,
        settle=playbook.limits.settle,
    )


def drill(one: Subject, mode: str = "full") -> Drilled:
    """Run the whole `drverify drill run` process. HostError when the guest did not get healthy."""
    words = ["drill", "run", one.workload.name, "--point", one.point, "--mode", mode, "--json"]
    took = watched([sys.executable, "-m", "drverify", "--config", str(one.config), *words], within=WITHIN)
    if took.code not in {Exit.OK, Exit.MISSED, Exit.UNPROVEN}:  # an old point misses its RPO, and may
        raise HostError(f"drverify ended with {took.code}: {took.err[-2000:]}")
    done = json.loads(took.out)
    record = done["record"]
    asked = {probe["id"] for probe in done["plan"]["playbook"]["probes"] if probe["required"]}
    settled = [probe["settledMs"] for probe in record["probes"] if probe["probe"] in asked]
    if len(settled) < len(asked) or None in settled or record["faults"] or record["defects"]:
        raise HostError(f"the drill did not get healthy: {took.err[-2000:]}")
    return Drilled(
        healthy=max(settled) / 1000,
        total=took.wall,
        read=(record["restore"] or {}).get("readBytes") or 0,
        phases={phase["name"]: phase["tookMs"] / 1000 for phase in record["phases"]},
        took=took,
    )


def by_hand(one: Subject) -> Drilled:
    """Run the script. HostError when it failed."""
    took = watched(["sh", str(BY_HAND)], within=WITHIN, env=environment(one))
    said: dict[str, Any] = dict(re.findall(r"(\w+)=([\d.]+)", took.out))
    if took.code != 0 or {"restored", "healthy", "total"} - said.keys():
        raise HostError(f"by_hand.sh ended with {took.code}: {took.err[-2000:]}")
    phases = {"restore": float(said["restored"])}
    return Drilled(healthy=float(said["healthy"]), total=took.wall, read=0, phases=phases, took=took)


def environment(one: Subject) -> dict[str, str]:
    """What the script is told; see its head."""
    (network,) = one.payload.guest.networks
    url, pattern = PAGES.get(one.workload.name, TINY_PAGE)
    kvm = one.accel == "kvm"
    return {
        "REPO": str(one.estate.repository),
        "PASSFILE": str(one.estate.password),
        "SNAPSHOT": one.point,
        "STORED": one.payload.path,
        "WORK": str(one.work),
        "GATEWAY": network.gateway,
        "DNS": network.dns,
        "ADDRESS": network.address,
        "PREFIX": network.subnet.partition("/")[2],
        "MAC": network.mac or MAC,
        "MEMORY": str(one.payload.guest.memory_mib),
        "CPUS": str(one.payload.guest.vcpus),
        "ACCEL": "kvm" if kvm else "qemu",
        "CPU": "host-passthrough" if kvm else "maximum",
        "URL": url.format(address=network.address),
        "PATTERN": pattern,
        "SETTLE": str(round(one.settle.total_seconds() * 1000)),
    }
