"""``make demo-metal``: a server comes back on other hardware, from an image and from its files alone."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from drverify.compose import Workshop
from drverify.engine.drills.drill import Concluded
from drverify.errors import DrverifyError, Exit
from drverify.model.drill import PhaseName
from drverify.model.duration import human
from drverify.model.verdict import Outcome
from lab.demo import EXPECTED, run, say, step
from lab.estate.metal import BIOS, FILES, UEFI, metal_estate, onto_volumes
from lab.settings import ROOT, lab

DRILLS = (
    (BIOS, ("virtio-q35", "sata-pc"), "an image of a machine with BIOS"),
    (UEFI, ("uefi-virtio", "small-host"), "an image of a machine with UEFI"),
    (FILES, ("sata-pc", "uefi-virtio"), "a machine rebuilt from a backup of its files"),
)
WIDTH = 130
_SHOWN = (PhaseName.RESTORE, PhaseName.REBUILD, PhaseName.ADAPT, PhaseName.BOOT, PhaseName.APPLICATION)


def main(argv: Sequence[str] = ()) -> int:
    """Run the demo; exit 0 when everything came back everywhere, every evidence holds and nothing is left."""
    parser = argparse.ArgumentParser(prog="python -m lab.demo_metal", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the estate and its evidence")
    parser.add_argument("--only", choices=[name for name, _, _ in DRILLS], help="one workload alone")
    options = parser.parse_args(argv)
    began = time.monotonic()
    place = lab().root
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="metal-", dir=place))
    root.chmod(0o755)
    try:
        code = _demo(root, [one for one in DRILLS if options.only in {None, one[0]}])
    finally:
        if options.keep:
            print(f"\nkept: export DRVERIFY_CONFIG={root}/drverify.toml")
        else:
            shutil.rmtree(root)
    print(f"\n{'THE DEMO FAILED' if code else 'the demo went as it must'}; it took", end=" ")
    print(f"{time.monotonic() - began:.0f} s")
    return code


def _demo(root: Path, drills: Sequence[tuple[str, tuple[str, ...], str]]) -> int:
    step(1, "a server with Debian: an image of its disk, and its files alone, backed up with restic")
    estate = asyncio.run(metal_estate(root, say=say))
    shutil.copytree(ROOT / "playbooks" / "hardware", estate.playbooks / "hardware", dirs_exist_ok=True)
    config = str(estate.config)
    codes = []
    for number, (workload, profiles, what) in enumerate(drills, 2):
        step(number, f"{what}, on {' and on '.join(profiles)}")
        given = [word for profile in profiles for word in ("--hardware", profile)]
        codes.append(run("--config", config, "drill", "run", workload, *given))
    number = len(drills) + 2
    wanted = sum(len(profiles) for _, profiles, _ in drills)
    if any(workload == FILES for workload, _, _ in drills):
        step(number, "the same files onto a mirror of two disks, encrypted, with logical volumes")
        onto_volumes(estate)
        codes.append(run("--config", config, "drill", "run", FILES))
        number, wanted = number + 1, wanted + 1
    step(number, "verification: offline, trusting nothing but the public keys of runner and log")
    workshop = Workshop.open(estate.config)
    trust = str(workshop.trust_file())
    held = [run("verify", str(one.directory), "--trust", trust) for one in workshop.drills.entries()]
    step(number + 1, "what came back where, and nothing that is left")
    done = [*_done(workshop)]
    Console(width=max(Console().width, WIDTH)).print(_table(done))
    left = run("--config", config, "sandbox", "list")
    proven = len(done) == wanted and all(_works(one) for one in done)
    good = {*codes, *held} <= EXPECTED and left == Exit.OK and proven
    return 0 if good else max(*codes, *held, left, Exit.UNPROVEN)


def _done(workshop: Workshop) -> Iterator[Concluded]:
    for entry in reversed([*workshop.drills.entries()]):
        found = workshop.sealed(entry.drill_id)
        if found is not None:
            yield found


def _works(one: Concluded) -> bool:
    """Whether nothing was missed, and everything that was restored in time and works was shown to."""
    outcomes = [verdict.outcome for verdict in one.verdicts]
    return bool(outcomes) and Outcome.MISSED not in outcomes and Outcome.MET in outcomes


def _table(done: Sequence[Concluded]) -> Table:
    table = Table(title="a server on other hardware")
    for name in ("system", "hardware", *(phase.value for phase in _SHOWN), "done to it", "verdicts"):
        table.add_column(name, overflow="fold", no_wrap=name in {"system", "hardware"})
    for one in done:
        took = {phase.name: human(phase.took) for phase in one.record.phases}
        outcomes = [verdict.outcome for verdict in one.verdicts]
        table.add_row(
            one.plan.workload.name,
            one.plan.hardware.name if one.plan.hardware else "its own",
            *(took.get(phase, "-") for phase in _SHOWN),
            ", ".join(dict.fromkeys(rework.what for rework in one.record.reworks)) or "nothing",
            ", ".join(f"{outcomes.count(kind)} {kind}" for kind in Outcome if kind in outcomes),
        )
    return table


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DrverifyError as error:
        print(f"drverify: {error}\n  -> {error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
