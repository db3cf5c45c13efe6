"""A worker of the product with short beats, and small drills: `python -m tests.support.chaos_worker SETTINGS`."""

import sys
from datetime import timedelta
from pathlib import Path

from drverify.operation import carrier, house, launching, worker

SECOND = timedelta(seconds=1)


def main(path: Path) -> int:
    """Work until a signal."""
    launching._CHILD = "tests.support.chaos_child"
    worker.EVERY = SECOND
    house.REAP_EVERY = 3 * SECOND
    house.STRAYS_EVERY = 3 * SECOND
    carrier.LOOK = SECOND / 5
    carrier.LEASE_LOOK = SECOND
    site = worker.Site(path, worker.Parts(scheduler=False), worker.to_standard_error)
    return site.run(lambda *_: ((), ()))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
