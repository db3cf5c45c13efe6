"""`python -m lab.authority DIRECTORY`: two time authorities on loopback, until Ctrl-C.

Makes them in the directory when they are not there yet, and prints the tables for `drverify.toml`.
"""

import sys
import threading
from pathlib import Path

from lab.authority.making import opened
from lab.authority.server import serving

NAMES = ("first", "second")


def main() -> None:
    """Serve until interrupted."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m lab.authority DIRECTORY")
    root = Path(sys.argv[1]).resolve()
    made = [opened(root / name, name, whole_chain=name == NAMES[-1]) for name in NAMES]
    with serving({one.name: one.reply for one in made}) as address:
        for one in made:
            print(
                f'[[log.authorities]]\nname = "{one.name}"\nurl = "{address}/{one.name}"\nca = "{one.root}"\n'
            )
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
