"""``make demo-migrate``: a planned migration of three tiers, verified: from libvirt to Proxmox, and back.

Database, application and front run in the lab's production (libvirt, virtio) and are to move together to a
stand-in for a Proxmox VE cluster (not Proxmox): each backup is restored here, sent there and made a machine
with its disk behind VirtIO SCSI. They are drilled as one, each started when what it needs is healthy. On the
way back each is backed up there by vzdump, its disk is taken out of the archive, and all three are started as
one on the shape that they have on libvirt. Then the database's backup is one from which PostgreSQL does not
start: NO-GO. With `--libvirt` they move to other hardware (SATA) on libvirt instead, without a cluster.
"""

import asyncio
import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drverify.compose import Workshop
from drverify.errors import DrverifyError, Exit, HostError
from drverify.migrations import DATA, PAGE, Migrations
from lab.demo import captured, run, say, step
from lab.estate import tiers
from lab.estate.layout import Estate
from lab.pve.estate import target
from lab.settings import ROOT, Lab, lab

PLANS = ROOT / "contracts"
PROXMOX, LIBVIRT = "migration-proxmox.example.yaml", "migration-tiers.example.yaml"
LIBVIRT_ONLY = "--libvirt"
TWICE, ONCE = "\ndrills: 2 ", "\ndrills: 1 "


def newest(estate: Estate) -> Path:
    """Directory of the newest verification. HostError when none was concluded."""
    place = Migrations(Workshop.open(estate.config)).path
    found = sorted(one.parent for one in place.glob(f"*/{DATA}"))
    if not found:
        raise HostError(f"no verification in {place} was concluded", hint="see what was printed above")
    return found[-1]


def told(directory: Path) -> Any:
    """What was found and decided, as the machine-readable file has it."""
    return json.loads((directory / DATA).read_bytes())


def is_go(content: Any) -> bool:
    """Whether it is a GO for reasons that hold: compared, drilled as one, and all three back again."""
    systems = content["facts"]["systems"]
    found = [one for system in systems for one in system["differences"]]
    runs = {one["run"] for system in systems for one in system["drills"] if not one["earlier"]}
    back = [one["rollback"]["recovery"]["outcome"] for one in systems if one["rollback"]]
    went = content["decided"]["decision"] == "GO" and back == ["MET"] * len(systems)
    return went and bool(found) and all(one["cause"] for one in found) and "" not in runs


def names_the_database(content: Any) -> bool:
    """Whether it is a NO-GO for the database, and the front is not said to work."""
    against = {one["where"] for one in content["decided"]["reasons"] if one["weight"] == "against"}
    front = next(one for one in content["facts"]["systems"] if one["workload"] == "front")
    outcomes = {one["recovery"]["outcome"] for one in front["drills"] if not one["earlier"]}
    return content["decided"]["decision"] == "NO-GO" and "database" in against and "MET" not in outcomes


def verified(estate: Estate, plan: Path) -> tuple[int, Path]:
    """Verify the plan; the exit code, and the directory."""
    code = run("--config", str(estate.config), "migrate", "verify", str(plan))
    return code, newest(estate)


def no_go(place: Lab, estate: Estate, plan: Path) -> tuple[bool, Path]:
    """Verify again with a database whose newest backup does not start; whether that was found."""
    asyncio.run(tiers.damage_database(place, say=say))
    once = estate.root / "migration-once.yaml"
    once.write_text(plan.read_text().replace(TWICE, ONCE))
    code, directory = verified(estate, once)
    return code == Exit.MISSED and names_the_database(told(directory)), directory


def main(argv: Sequence[str] = ()) -> int:
    """Run the demo; exit 0 when GO and NO-GO are so for reasons that hold, and nothing is left behind."""
    began = time.monotonic()
    place, to_proxmox = lab(), LIBVIRT_ONLY not in argv
    step(1, "production: database, application and front on Debian, virtio disks and cards")
    try:
        estate = asyncio.run(tiers.up(place, say=say))
        if to_proxmox:
            asyncio.run(target.up(estate, say=say))
        good = shown(place, estate, to_proxmox=to_proxmox)
    finally:
        asyncio.run(target.down(tiers.estate_of(place)))
        asyncio.run(tiers.down(place))
    took = time.monotonic() - began
    print(f"{'the demo went as it must' if good else 'THE DEMO FAILED'}; it took {took:.0f} s")
    print("next: read the pages; the plan and what was shown lie beside them, in the lab's folder `tiers`")
    return 0 if good else Exit.UNPROVEN


def shown(place: Lab, estate: Estate, *, to_proxmox: bool) -> bool:
    """Whether everything went as it must."""
    asyncio.run(tiers.backup(place, say=say))
    config = ("--config", str(estate.config))
    plan = Path(shutil.copy(PLANS / (PROXMOX if to_proxmox else LIBVIRT), estate.root / "migration.yaml"))
    step(2, "the plan: held against settings, inventory and playbooks; nothing is touched")
    codes = [run(*config, "doctor", "--host", target.HOST)] if to_proxmox else []
    codes.append(run(*config, "migrate", "check", str(plan)))
    where = "the stand-in for Proxmox VE" if to_proxmox else "SATA"
    step(3, f"verified: the sources read, all three drilled as one on {where}, twice, then back as one")
    code, directory = verified(estate, plan)
    codes.append(code)
    step(4, "the signed decision, checked again: signature, differences, decision, the drills' evidence")
    codes.append(captured(estate.root / "migration-shown.txt", *config, "migrate", "show", str(directory)))
    step(5, "a database backup from which PostgreSQL does not start: what waits for it is not started")
    refused, other = no_go(place, estate, plan)
    step(6, "nothing is left")
    codes.append(run(*config, "sandbox", "list"))
    print(f"\nGO         {directory / PAGE}\nNO-GO      {other / PAGE}")
    return set(codes) == {Exit.OK} and is_go(told(directory)) and refused


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DrverifyError as error:
        print(f"drverify: {error}\n  -> {error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
