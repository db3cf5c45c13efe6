"""A worker of the durable engine as a process of its own: `python -m tests.support.engine_worker DIR URL SITE WORKER`.

`URL` is empty for a file. Each attempt writes its name into `DIR/WORKER.log` (slashes as `_`) when it is begun,
and ends when the file `DIR/go` is there.
"""

import sys
import time
from datetime import timedelta
from pathlib import Path

from drverify.adapters.durable.engine import DbosEngine
from drverify.adapters.durable.opening import engine_for
from drverify.model.booking import BookingId, WorkerId
from drverify.settings import Operation

POLLING = timedelta(seconds=0.2)


def engine(directory: Path, url: str, site: str, worker: WorkerId) -> DbosEngine:
    """Open the engine of a site for a worker."""
    chosen = Operation(site=site, database="env:URL" if url else None)
    return engine_for(chosen, directory, lambda _: url.encode(), worker=worker, polling=POLLING)


def log_of(directory: Path, worker: WorkerId) -> Path:
    """Where a worker writes what it began."""
    return directory / f"{worker.replace('/', '_')}.log"


def begun(directory: Path, worker: WorkerId) -> list[str]:
    """What a worker began, in its order."""
    path = log_of(directory, worker)
    return path.read_text().split() if path.exists() else []


def main(directory: Path, url: str, site: str, worker: WorkerId) -> None:
    """Work until it is killed."""

    def carry_out(booking: BookingId, attempt: int) -> None:
        with log_of(directory, worker).open("a") as file:
            file.write(f"{booking}#{attempt}\n")
        while not (directory / "go").exists():
            time.sleep(0.05)

    engine(directory, url, site, worker).run(carry_out, lambda: False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], WorkerId(sys.argv[4]))
