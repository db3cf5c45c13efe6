"""How long the pages take with 10,000 workloads and 1,000,000 drills.

    python -m lab.bench.board [--workloads 10000] [--drills 1000000] [--at DIRECTORY] [--postgresql URL]

Fills a read model through the store's own inserts with made-up drills of made-up workloads of 20 agreements,
and asks every page's handler some times: each time for another workload, drill or page of a list. Prints one
row for each page; asserts nothing. `--at` keeps the file and takes the one that is there.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

from drverify.adapters.board import reading
from drverify.adapters.board.database import FILE, Database
from drverify.adapters.desk import database as desk_database
from drverify.adapters.desk.desk import TableDesk
from drverify.model.nights import Room
from drverify.web.pages.context import PageContext, SiteNow
from drverify.web.pages.router import PAGES
from lab.bench.board_made import AGREEMENTS, HOUR, NOW, agreement_of, book, fill
from lab.bench.board_pages import asked, questions


def measure(context: PageContext, workloads: int, times: int) -> dict[str, list[float]]:
    """Print how long each page's handler takes, by the clock and of a core, the first time and then.

    Returns milliseconds by the clock, of each page in the order of asking.
    """
    found = {}
    print(f"{'page':<28}{'first ms':>10}{'median':>9}{'p95':>9}{'worst':>9}{'CPU':>8}{'KiB':>7}")
    for name, path, query in questions(context.board, workloads, times):
        took, worked, size = [], [], 0
        for number in range(times):
            request = asked(path, query(number))
            began, begun = time.perf_counter(), time.process_time()
            answer = PAGES[path](request, context)
            worked.append((time.process_time() - begun) * 1000)
            took.append((time.perf_counter() - began) * 1000)
            size = max(size, len(bytes(answer.body)))
        first, ordered, found[name] = took[0], sorted(took), took
        p95 = ordered[int(0.95 * (len(ordered) - 1))]
        print(
            f"{name:<28}{first:>10.1f}{statistics.median(took):>9.1f}{p95:>9.1f}{ordered[-1]:>9.1f}"
            f"{statistics.median(worked):>8.1f}{size / 1024:>7.0f}",
            flush=True,
        )
    return found


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workloads", type=int, default=10_000)
    parser.add_argument("--drills", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=20, help="how often each page is asked for")
    parser.add_argument("--at", type=Path, help="directory of the database; default: a temporary one")
    parser.add_argument("--json", action="store_true", help="the last line is the pages' milliseconds")
    parser.add_argument("--postgresql", default="", help="URL of a server, instead of a file")
    return parser.parse_args()


def main() -> None:
    """Fill, and measure."""
    words = arguments()
    with tempfile.TemporaryDirectory() as temporary:
        place = words.at or Path(temporary)
        board = (
            Database.of_url(words.postgresql, "bench") if words.postgresql else Database.of_file(place / FILE)
        )
        desk = TableDesk(desk_database.sqlite(place / "desk.sqlite"), hours_at_most=12 * HOUR)
        with board.reading() as connection:
            there = reading.agreements(connection, None)
        if not there:
            began, cpu = time.perf_counter(), time.process_time()
            fill(board, words.workloads, words.drills)
            print(f"filled in {time.perf_counter() - began:.0f} s, {time.process_time() - cpu:.0f} s of CPU")
        book(desk, words.workloads)
        if not words.postgresql:
            print(f"{(place / FILE).stat().st_size / 1e6:,.0f} MB")
        site = SiteNow(
            name="bench",
            drills={agreement_of(number): place for number in range(AGREEMENTS)},
            state_dir=place,
            rooms={f"host-{n}": Room(host=f"host-{n}", at_once=4, memory_mib=65536) for n in range(8)},
        )
        context = PageContext(board=board, desk=desk, current=lambda: site, now=lambda: NOW)
        found = measure(context, words.workloads, words.times)
        print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB resident at most")
        if words.json:
            print(json.dumps(found))
        desk.close()
        board.close()


if __name__ == "__main__":
    main()
