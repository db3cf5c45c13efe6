"""Tiers of an application as guests of a stand-in cluster, ready for `drverify drill run --group`."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from lab.estate.tiny import NETWORK, stamp
from lab.images.recipe import ensure_image
from lab.images.variant import tiny_variant
from tests.support.group_drills import ADDRESSES, AFTER, GROUP, PLAYBOOK, REACHES, accepted_for_tiers
from tests.support.guests import CACHE
from tests.support.pve_lanes import CONFIG, Lane, PveEstate, packed

GUESTS = {name: 101 + place for place, name in enumerate(ADDRESSES)}
"""VMIDs of the production guests."""
AGE = timedelta(minutes=2)
PROBES = REACHES.partition("steps:")[0]


async def adopt_tiers(one: PveEstate, names: Sequence[str]) -> dict[str, Path]:
    """Back up a tiny guest for each tier; the archives as they lie in the cluster's storage."""
    accepted_for_tiers(one.papers.register, one.papers.register)
    found = {}
    for name in names:
        address = f"{ADDRESSES[name]}/24"
        image = await ensure_image("tiny", CACHE)
        disk = await tiny_variant(image, one.root / f"{name}.raw", address=address, name=name)
        await stamp(disk, datetime.now(UTC) - AGE, sequence=77)
        config = CONFIG.replace("name: tiny", f"name: {name}").replace(":00:10", f":00:{GUESTS[name] - 90}")
        archive = one.root / f"{name}.vma.zst"
        await asyncio.to_thread(packed, archive, config, {"drive-virtio0": disk})
        one.cluster.add_guest("pve1", GUESTS[name], f"name: {name}\nmemory: 192\n")
        found[name] = one.adopt(GUESTS[name], archive)
    return found


def grouped(lane: Lane, names: Sequence[str], *, on_libvirt: bool = False) -> None:
    """Let the lane drill these tiers as a group, on the cluster or out of its archives under libvirt."""
    folder = Path(f"{lane.state}.playbooks")
    workloads = []
    for name in names:
        more = PROBES if AFTER[name] else ""
        (folder / f"{name}.yaml").write_text(PLAYBOOK.format(page="", more=more, healthy="4m"))
        network = {key: getattr(NETWORK, key) for key in ("name", "subnet", "gateway", "dns")}
        workloads.append({
            "name": name,
            "source": "dumps" if on_libvirt else "pve",
            "host": "local" if on_libvirt else "pve",
            "points": {"host": str(GUESTS[name])},
            "payload": {"kind": "machine", "networks": [network | {"address": ADDRESSES[name]}]},
            "playbook": name,
            "protected_since": datetime.now(UTC) - AGE,
            "variables": {"address": ADDRESSES[name], "needs": ADDRESSES["database"]},
        })  # fmt: skip
    members = [{"workload": name, "after": [one for one in AFTER[name] if one in names]} for name in names]
    body = {"version": 1, "workloads": workloads, "groups": [{"name": GROUP, "members": members}]}
    Path(f"{lane.state}.yaml").write_text(yaml.safe_dump(body))
