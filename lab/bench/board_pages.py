"""What the pages are asked for: each page, each time for another workload, drill or page of a list."""

from collections.abc import Callable, Iterator
from random import Random
from urllib.parse import urlencode

from starlette.requests import Request

from drverify.adapters.board import results
from drverify.adapters.board.database import Database
from drverify.model.account import Viewer
from lab.bench.board_made import agreement_of, workload_of


def asked(path: str, query: dict[str, str]) -> Request:
    """What a page's handler is given."""
    viewer = Viewer(account="bench", agreements=None, may_act=True)
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": urlencode(query).encode(),
            "headers": [],
            "state": {"viewer": viewer, "csrf": "x" * 40},
        }
    )


def questions(
    board: Database, workloads: int, times: int
) -> Iterator[tuple[str, str, Callable[[int], dict[str, str]]]]:
    """(row's name, path, what is asked at the n-th time)."""
    chance = Random(2)
    numbers = [chance.randrange(workloads) for _ in range(times)]
    with board.reading() as connection:
        some = [
            results.drills(
                connection, {agreement_of(n)}, agreement=agreement_of(n), workload=workload_of(n), limit=3
            )[-1]
            for n in numbers
        ]
        middle = [
            results.drills(connection, None, before=(one.drill, one.agreement), limit=1)[0] for one in some
        ]
    in_agreement = {"agreement": agreement_of(3)}
    yield "overview", "/", lambda _: {}
    yield "agreement", "/agreement", lambda n: {"id": agreement_of(n)}
    yield "workloads", "/workloads", lambda n: {**in_agreement, "after": workload_of(numbers[n])}
    yield "workloads, by name", "/workloads", lambda n: {**in_agreement, "containing": f"{numbers[n] % 100}"}
    yield (
        "workload",
        "/workload",
        lambda n: {"agreement": agreement_of(numbers[n]), "name": workload_of(numbers[n])},
    )
    for stands in ("MISSED", "OVERDUE", "UNPROVEN", "MET"):
        yield f"promises, {stands}", "/standings", lambda _, stands=stands: {"stands": stands}  # type: ignore[misc]
    yield "promises, flipping", "/standings", lambda _: {"flipping": "yes"}
    yield (
        "promises of an agreement",
        "/standings",
        lambda n: {"agreement": agreement_of(n), "stands": "UNPROVEN"},
    )
    yield "drills", "/drills", lambda _: {}
    yield (
        "drills, an old page",
        "/drills",
        lambda n: {"before": f'["{middle[n].drill}","{middle[n].agreement}"]'},
    )
    yield "drills, missed", "/drills", lambda _: {"stands": "MISSED"}
    yield "drills, changed", "/drills", lambda _: {"changed": "yes"}
    yield "drill", "/drill", lambda n: {"agreement": some[n].agreement, "id": some[n].drill}
    yield "tonight", "/tonight", lambda _: {}
    yield "plan", "/plan", lambda _: {}
    yield "findings", "/findings", lambda _: {}
    yield "hosts", "/hosts", lambda _: {}
    yield "audit trail", "/actions", lambda _: {}
    yield "search, a workload", "/search", lambda n: {"q": workload_of(numbers[n])}
    yield "search, nothing", "/search", lambda _: {"q": "no such thing"}
    yield "search, a day", "/search", lambda n: {"q": some[n].drill[:8]}
