"""Run one stand-in cluster in the foreground until SIGTERM: `python -m lab.pve --root DIR`.

It prints a line of JSON once it is up (addresses, fingerprints), and is not Proxmox VE.
"""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from drverify.errors import DrverifyError, Exit
from lab.pve.api.cluster import ADDRESS_FILE, DEFAULT_PORT, Cluster, NodeSetup
from lab.pve.api.releases import EIGHT, NINE
from lab.pve.api.still import Still
from lab.pve.seam import MakeMuscle


def main(argv: list[str] | None = None) -> int:
    """Run the cluster; return 0 after SIGTERM or SIGINT, 11 when it cannot run here."""
    parser = argparse.ArgumentParser(prog="python -m lab.pve", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="directory of all of its state")
    parser.add_argument("--name", default="drlab", help="the cluster's name (default: %(default)s)")
    parser.add_argument("--nodes", type=int, choices=(1, 2, 3), default=1, help="how many nodes")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port of each node; 0 chooses")
    parser.add_argument("--release", choices=("8.4", "9.1"), default="9.1", help="whose API it wears")
    parser.add_argument("--time-scale", type=float, default=1.0, help="factor on every wait")
    parser.add_argument("--still", action="store_true", help="claim guests instead of running them")
    options = parser.parse_args(argv)
    try:
        asyncio.run(_run(options))
    except (DrverifyError, OSError) as error:
        print(f"the stand-in cannot run: {error}", getattr(error, "hint", ""), sep="\n", file=sys.stderr)
        return Exit.UNPROVEN
    return Exit.OK


async def _run(options: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    cluster = Cluster(
        options.root,
        name=options.name,
        nodes=[NodeSetup(name=f"pve{number}") for number in range(1, options.nodes + 1)],
        release=EIGHT if options.release == "8.4" else NINE,
        make_muscle=Still if options.still else _real(),
        port=options.port,
        time_scale=options.time_scale,
    )
    async with cluster:
        sys.stdout.write((options.root / ADDRESS_FILE).read_text().replace("\n", "") + "\n")
        sys.stdout.flush()
        await ended.wait()


def _real() -> MakeMuscle:
    """The muscle with guests; imported here because it wants QEMU and root."""
    from lab.pve.muscle.node import Node  # noqa: PLC0415

    return Node


if __name__ == "__main__":
    sys.exit(main())
