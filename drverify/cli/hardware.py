"""`drverify hardware`: the replacement hardware that a drill can name."""

import argparse
import json

from rich.console import Console
from rich.table import Table

from drverify.adapters.doors.shape import as_written
from drverify.cli.places import settings_path
from drverify.compose import Workshop
from drverify.errors import Exit
from drverify.model.hardware import HardwareProfile

EXAMPLES = """\
examples:
  drverify hardware list
  drverify hardware show scsi-server
  drverify drill run shop --hardware scsi-server --hardware uefi-virtio   one drill on each
"""
_MIB = 1 << 20
_SAME = "as it was"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="every profile: your own, and those that drverify ships")
    showing = actions.add_parser("show", help="one profile, and the file that it stands in")
    showing.add_argument("name", metavar="NAME", help="as `drverify hardware list` prints it")
    for one in (listing, showing):
        one.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    shelf = Workshop.open(settings_path(args)).hardware
    profiles = shelf.all() if args.action == "list" else (shelf.load(args.name),)
    if args.json:
        rows = [as_written(one) | {"file": str(shelf.files()[one.name])} for one in profiles]
        print(json.dumps(rows if args.action == "list" else rows[0], indent=2))
    elif args.action == "show":
        print(f"{profiles[0].name}: {profiles[0].description}")
        for what, value in facts(profiles[0]):
            print(f"  {what:<15} {value}")
        print(f"  {'file':<15} {shelf.files()[profiles[0].name]}")
    else:
        _list(profiles)
    return Exit.OK


def facts(profile: HardwareProfile) -> tuple[tuple[str, str], ...]:
    """What a profile says, a word and a value each; what it does not name is as it was."""
    controller = f" ({profile.scsi_controller})" if profile.scsi_controller else ""
    sizes = ", ".join(f"{size // _MIB} MiB" for size in profile.disk_sizes)
    return (
        ("firmware", profile.firmware or _SAME),
        ("chipset", profile.chipset or _SAME),
        ("processor", profile.cpu_model or _SAME),
        ("processors", str(profile.vcpus or _SAME)),
        ("memory", f"{profile.memory_mib} MiB" if profile.memory_mib else _SAME),
        ("disks", (profile.disk_bus or _SAME) + controller),
        ("disk sizes", sizes or _SAME),
        ("network cards", profile.nic_model or _SAME),
        ("may be adapted", "yes" if profile.adapt else "no"),
    )


def _list(profiles: tuple[HardwareProfile, ...]) -> None:
    table = Table(box=None, pad_edge=False, highlight=False)
    for heading in ("hardware", "description"):
        table.add_column(heading, overflow="fold")
    for one in profiles:
        table.add_row(one.name, one.description)
    Console().print(table)
