"""``make demo-migrate``: a planned migration, verified: the lab's shop to other hardware, and back.

From the lab's production (libvirt, virtio) to the hardware profile `sata-pc` on the same host: what a move
between two libvirt platforms asks of a system. The stand-in for Proxmox is not the target here: its host
restores its own cluster's backups only (docs/migration.md, "What it does not do").
"""

import asyncio
import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from drverify.compose import Workshop
from drverify.errors import DrverifyError, Exit
from drverify.migrations import DATA, PAGE, Migrations
from lab.demo import captured, run, say, step
from lab.estate import life
from lab.estate.layout import Estate
from lab.settings import ROOT, lab

PLAN = ROOT / "contracts" / "migration.example.yaml"


def newest(estate: Estate) -> Path:
    """Directory of the newest verification."""
    found = Migrations(Workshop.open(estate.config)).path
    return max(found.iterdir())


def told(directory: Path) -> tuple[str, int, int]:
    """Decision, differences, and those of them that nothing explains."""
    content = json.loads((directory / DATA).read_bytes())
    found = [one for system in content["facts"]["systems"] for one in system["differences"]]
    return content["decided"]["decision"], len(found), sum(not one["cause"] for one in found)


def main(argv: Sequence[str] = ()) -> int:
    """Run the demo; exit 0 when the plan is a GO, for reasons that hold, and nothing is left behind."""
    del argv
    began = time.monotonic()
    place = lab()
    step(1, "production: the web shop on Debian, virtio disk and card")
    estate = asyncio.run(life.up(place, say=say))
    asyncio.run(life.backup(place, say=say))
    config = ("--config", str(estate.config))
    plan = shutil.copy(PLAN, estate.root / "migration.yaml")
    step(2, "the plan: held against settings, inventory and playbook; nothing is touched")
    codes = [run(*config, "migrate", "check", str(plan))]
    step(3, "verified: the source read, two drills on SATA and an Intel card, one back on virtio")
    codes.append(run(*config, "migrate", "verify", str(plan)))
    directory = newest(estate)
    step(4, "the signed decision, checked again: signature, differences, decision, the drills' evidence")
    again = estate.root / "migration-shown.txt"
    codes.append(captured(again, *config, "migrate", "show", str(directory)))
    left = run(*config, "sandbox", "list")
    decision, differing, unexplained = told(directory)
    is_go = decision == "GO" and differing > 0 and not unexplained
    good = set(codes) == {Exit.OK} and left == Exit.OK and is_go
    print(f"\nthe page   {directory / PAGE}")
    took = time.monotonic() - began
    print(f"{'the demo went as it must' if good else 'THE DEMO FAILED'}; it took {took:.0f} s")
    print("next: leave an `expected` out of the plan and verify again: the difference is then flagged, NO-GO")
    return 0 if good else max(*codes, left, Exit.UNPROVEN)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DrverifyError as error:
        print(f"drverify: {error}\n  -> {error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
