"""The cluster's process: `python -m lab.pve.estate.serving ROOT NAME`, until SIGTERM.

There is one at a time, which says who it is before it makes anything: whoever started it may be killed and
is followed by somebody who knows nothing of it. Its guests outlive it when it is killed, and are taken over
by the next one; SIGTERM takes them down.
"""

import asyncio
import fcntl
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from drverify.adapters.linux.processes import identify
from lab.estate.layout import write_text
from lab.pve.api.cluster import Cluster, NodeSetup
from lab.pve.estate.layout import CLUSTER, DRILL, NODE, PROCESS, PRODUCTION, TUNNELS
from lab.pve.muscle.node import Node
from lab.pve.seam import MakeMuscle


def cluster_of(root: Path, make_muscle: MakeMuscle = Node, *, name: str = CLUSTER) -> Cluster:
    """A cluster of the lab: one node with a production bridge and one for drills; ports as they come free."""
    node = NodeSetup(name=NODE, address="127.0.0.9", bridges=(PRODUCTION, DRILL))
    return Cluster(root, name=name, nodes=[node], make_muscle=make_muscle, port=0)


async def serve(root: Path, name: str) -> None:
    """Run until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    cluster = cluster_of(root, name=name)
    async with cluster:
        muscle = cluster.world.muscle(NODE)
        if not isinstance(muscle, Node):
            raise TypeError("the lab's node is a real one")
        tunnels = [
            {
                "bridge": one.bridge,
                "unit": one.unit,
                "user": one.user,
                "key": str(one.key),
                "host_key": one.host_key.read_text().strip(),
            }
            for one in muscle.vantages()
        ]
        draft = root / f".{TUNNELS}"
        draft.write_text(json.dumps(tunnels, indent=2) + "\n")
        draft.rename(root / TUNNELS)
        await ended.wait()
    (root / TUNNELS).unlink()


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Be the one process that serves this cluster, and say so; SystemExit when there is another."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".serving").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"another process serves the cluster in {root}") from None
        own = identify(os.getpid())
        if own is None:
            raise SystemExit("this process has no identity in /proc")
        write_text(root / PROCESS, json.dumps(asdict(own)))
        yield


def main(root: Path, name: str) -> None:
    """Serve the cluster in the directory, under that name."""
    with alone(root):
        asyncio.run(serve(root, name))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
