"""The cluster's process: `python -m lab.pve.estate.serving ROOT`, until SIGTERM.

Its guests outlive it when it is killed, and are taken over by the next one; SIGTERM takes them down.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path

from lab.pve.api.cluster import Cluster, NodeSetup
from lab.pve.estate.layout import CLUSTER, DRILL, NODE, PRODUCTION, TUNNELS
from lab.pve.muscle.node import Node
from lab.pve.seam import MakeMuscle


def cluster_of(root: Path, make_muscle: MakeMuscle = Node) -> Cluster:
    """The lab's cluster: one node with a production bridge and one for drills; ports as they come free."""
    node = NodeSetup(name=NODE, address="127.0.0.9", bridges=(PRODUCTION, DRILL))
    return Cluster(root, name=CLUSTER, nodes=[node], make_muscle=make_muscle, port=0)


async def serve(root: Path) -> None:
    """Run until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    cluster = cluster_of(root)
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


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
