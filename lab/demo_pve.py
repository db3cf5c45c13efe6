"""``make demo-pve``: a drill on a stand-in for a Proxmox VE cluster, with real guests and archives."""

import asyncio
import sys
import time
from collections.abc import Sequence

from drverify.errors import DrverifyError, Exit
from lab.demo import EXPECTED, came_out, hold, latest, run, say, step
from lab.pve.estate import life
from lab.settings import lab

WORKLOAD = "shop"


def main(argv: Sequence[str] = ()) -> int:
    """Run the demo; exit 0 when drill and verification came out as they must and nothing is left."""
    del argv
    began = time.monotonic()
    place = lab()
    step(
        1,
        "a cluster: a stand-in for Proxmox VE's API (not Proxmox), its guest the web shop of the other demo",
    )
    estate = asyncio.run(life.up(place, say=say))
    config = str(estate.files.config)
    step(2, "backup: the cluster's own vzdump of the running guest")
    asyncio.run(life.backup(place, say=say))
    step(3, "what the account may do there, whether the drill bridge is isolated, which guests have a backup")
    checked = run("--config", config, "doctor", "--host", "pve")
    step(4, f"drill of {WORKLOAD}: restored by the API onto the isolated bridge, booted, probed, destroyed")
    codes = [run("--config", config, "drill", "run", WORKLOAD)]
    step(5, "verification: offline, trusting nothing but the public keys of runner and log")
    directory, trust = latest(estate.files.config, WORKLOAD)
    codes.append(run("verify", str(directory), "--trust", str(trust)))
    held = hold(estate.files)
    left = run("--config", config, "sandbox", "list")
    took = time.monotonic() - began
    proven = came_out(estate.files.config, WORKLOAD)
    good = set(codes) <= EXPECTED and left == checked == Exit.OK and proven and set(held) <= EXPECTED
    print(f"\n{'the demo went as it must' if good else 'THE DEMO FAILED'}; it took {took:.0f} s")
    print(f"next: . .venv/bin/activate; export DRVERIFY_CONFIG={config}")
    print("      drverify drill list; drverify lab status --pve; drverify lab down --pve")
    return 0 if good else max(*codes, *held, checked, left, Exit.UNPROVEN)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DrverifyError as error:
        print(f"drverify: {error}\n  -> {error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
