"""``make demo-site``: a site of small guests is lost; what was foretold against what it took."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from drverify.errors import DrverifyError, Exit
from lab.demo import run, say, step
from lab.estate.site import site_estate
from lab.settings import lab

GUESTS = 6
SIDE_BY_SIDE = 4
WITHIN = "15"
"""Percent by which the last return may be foretold wrong: no figure for a machine that does other work."""


def main(argv: Sequence[str] = ()) -> int:
    """Run the demo; exit 0 when everything came back, every limit is kept, and nothing is left."""
    parser = argparse.ArgumentParser(prog="python -m lab.demo_site", description=__doc__)
    parser.add_argument("--guests", type=int, default=GUESTS, help=f"how many (default: {GUESTS})")
    number = parser.parse_args(argv).guests
    began = time.monotonic()
    place = lab().root
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="site-", dir=place))
    root.chmod(0o755)
    try:
        step(1, f"a site of {number} small guests, each with a backup of its own")
        estate = asyncio.run(site_estate(root / "estate", number, say=say))
        step(2, "what a recovery takes alone and beside others; then all at once, foretold and measured")
        config = str(estate.config)
        side = str(min(SIDE_BY_SIDE, number))
        words = ("simulate", "site-loss", "--calibrate", side, "--validate", "--within", WITHIN)
        code = run("--config", config, *words)
        step(3, "nothing is left")
        left = run("--config", config, "sandbox", "list")
    finally:
        shutil.rmtree(root)
    took = time.monotonic() - began
    good = code == left == Exit.OK
    print(f"\n{'the demo went as it must' if good else 'THE DEMO FAILED'}; it took {took:.0f} s")
    return 0 if good else max(code, left, Exit.UNPROVEN)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DrverifyError as error:
        print(f"drverify: {error}\n  -> {error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
