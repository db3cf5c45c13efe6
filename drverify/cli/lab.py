"""`drverify lab`: a production server on this machine, its real backups, and known-bad ones.

The lab lies in the source checkout, not in the installed package; it is imported when it is used.
"""

import argparse
import asyncio
import json
import sys
from importlib import import_module
from typing import Any

from drverify.errors import Exit, InputError

KINDS = (
    "pack-bit-flip",
    "pack-deleted",
    "truncated-image",
    "missing-bootloader",
    "database-emptied",
    "application-disabled",
    "wrong-machine",
    "stale-point",
    "wrong-password",
    "repository-locked",
    "sandbox-disk-full",
)
"""The lab's own table of kinds; a test holds the two together."""

EXAMPLES = """\
examples:
  drverify lab up                         build and start production: a web shop with its database
  drverify lab backup                     one more recovery point of the running server and of its files
  drverify lab status
  drverify lab up --pve                   the same shop as a guest of a stand-in for a Proxmox cluster
  drverify lab break pack-bit-flip        a copy of the repository with one bit flipped in a pack
  drverify lab down --purge               remove everything, except for the cached guest images
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    starting = actions.add_parser("up", help="build what is missing, start production, make a first backup")
    backing = actions.add_parser("backup", help="make a recovery point of every workload")
    showing = actions.add_parser("status", help="what runs, and how many recovery points there are")
    showing.add_argument("--json", action="store_true", help="machine-readable")
    breaking = actions.add_parser("break", help="make a known-bad copy of the backups or the guest")
    breaking.add_argument("kind", choices=KINDS, metavar="KIND", help="one of: " + ", ".join(KINDS))
    breaking.add_argument("--workload", default="shop", help="whose newest point is broken (default: shop)")
    stopping = actions.add_parser("down", help="stop production and take its network away")
    stopping.add_argument("--purge", action="store_true", help="remove disks, repository and secrets too")
    for one in (starting, backing, showing, stopping):
        one.add_argument(
            "--pve", action="store_true", help="the stand-in for a Proxmox cluster, not the libvirt lab"
        )


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    pve = getattr(args, "pve", False)
    life, place = _lab("lab.pve.estate.life" if pve else "lab.estate.life"), _lab("lab.settings").lab()
    match args.action:
        case "up":
            estate = asyncio.run(life.up(place, say=_say))
            config = estate.files.config if pve else estate.config
            print(f"production runs; use it with: export DRVERIFY_CONFIG={config}")
        case "backup":
            asyncio.run(life.backup(place, say=_say))
        case "down":
            asyncio.run(life.down(place, purge=args.purge, say=_say))
        case "status":
            _show(asyncio.run(life.status(place)), as_json=args.json)
        case _:
            _break(life.estate_of(place), args)
    return Exit.OK


def _lab(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] == "lab":
            raise InputError(
                "the lab is part of the source checkout, not of the installed package",
                hint="git clone the project and run `make demo` there",
            ) from error
        raise


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _break(estate: Any, args: argparse.Namespace) -> None:
    broken = asyncio.run(
        _lab("lab.breaking.kinds").break_(args.kind, estate=estate, workload=args.workload, say=_say)
    )
    print(f"broken     {broken.what}")
    for name, value in broken.facts:
        print(f"           {name}: {value}")
    print(f"expected   {broken.expected.outcome}")
    print(f"try it     drverify --config {broken.estate.config} drill run {broken.workload}")


def _show(status: Any, *, as_json: bool) -> None:
    rows = [
        {
            "workload": held.workload,
            "points": held.count,
            "newest": held.newest.isoformat() if held.newest else None,
            "protected_since": held.protected_since.isoformat() if held.protected_since else None,
        }
        for held in status.held
    ]
    if as_json:
        found = {
            "running": status.running,
            "answers": status.answers,
            "workloads": rows,
            "config": str(status.config),
            "broken": list(status.broken),
        }
        print(json.dumps(found, indent=2))
        return
    state = "runs and answers" if status.answers else "runs, does not answer" if status.running else "is down"
    print(f"production {state}; settings in {status.config}")
    for row in rows:
        print(f"  {row['workload']:<12} {row['points']} recovery points, newest {row['newest'] or '-'}")
    if status.broken:
        print(f"  broken copies: {', '.join(status.broken)}")
