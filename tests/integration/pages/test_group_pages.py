"""A dependency group on the pages: one booking, its members linked, their phases apart, a drill of each."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from lxml import html

from drverify.adapters.desk.desk import TableDesk
from drverify.model.booking import BookingId, Ending, Live, LivePhase, WorkerId
from drverify.model.booking import Place as On
from drverify.model.drill import DrillId, PhaseName
from drverify.model.nights import Room
from drverify.model.verdict import Outcome
from drverify.planning.tonight.following import follow
from tests.support import boards
from tests.support.boards import EVERYTHING, NOW, booking
from tests.support.records import HOUR, MIN, SEC

MEMBERS = ("acme-erp", "acme-mail")
EVENING = NOW - 5 * HOUR
DONE = booking("acme-1", "webshop", EVENING, id=BookingId("acme-1/webshop/e/drill.group"), members=MEMBERS)
WAITS = booking(
    "acme-1", "office", EVENING + 6 * HOUR, members=MEMBERS, id=BookingId("acme-1/office/e/drill.group")
)
RUNS = booking("acme-1", "intranet", EVENING, members=MEMBERS, id=BookingId("acme-1/intranet/e/drill.group"))
DRILLS = DrillId("20261120T020000Z-00000a"), DrillId("20261120T020000Z-00000b")


def live() -> Live:
    def phase(name: PhaseName, member: str, after: int) -> LivePhase:
        return LivePhase(name=name, began=NOW - 9 * MIN + after * SEC, member=member)

    return Live(
        booking=RUNS.id,
        attempt=1,
        drill=DRILLS[0],
        others=DRILLS[1:],
        at=NOW - SEC,
        phases=(phase(PhaseName.BOOT, MEMBERS[0], 1), phase(PhaseName.AWAIT, MEMBERS[1], 4)),
        lines=("acme-mail: waits for acme-erp",),
    )


def enter(desk: TableDesk) -> None:
    """A group that is done, one that runs, one that waits."""
    desk.publish([DONE, WAITS, RUNS])
    rooms, worker = {"alpha": Room(host="alpha", at_once=9, memory_mib=1 << 20)}, WorkerId("local/ws1/0")
    picked = {one.id: On(host=one.host) for one in (DONE, RUNS)}
    desk.admit(worker, NOW - 9 * MIN, rooms, lambda *_: picked)
    verdicts = tuple((name, Outcome.MET) for name in DONE.obligations)
    ended = Ending(
        kind="concluded", at=NOW - MIN, drill=DRILLS[0], others=DRILLS[1:], verdicts=verdicts, why="2 MET"
    )
    desk.end(DONE.id, 1, ended, lambda one, tried: follow(one, tried, at_most=3))
    desk.renew(RUNS.id, 1, NOW, live())


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Somebody who looks at a site with groups."""
    made = boards.site(Path(tmp_path_factory.mktemp("grouped")))
    enter(made.desk)
    with made.served(EVERYTHING) as base, httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
        yield client
    made.board.close()
    made.desk.close()


def page(asked: httpx.Client, address: str) -> html.HtmlElement:
    answer = asked.get(address)
    assert answer.status_code == 200, address
    return html.fromstring(answer.text)


def words(of: html.HtmlElement) -> str:
    return " ".join(of.text_content().split())


def test_tonight_shows_one_booking_with_its_members(asked: httpx.Client) -> None:
    shown = page(asked, "/tonight?still=yes")
    said = words(shown)
    assert "intranet as one: acme-erp, acme-mail" in said
    assert "acme-erp: phase boot, for 8 min 59 s" in said
    assert "acme-mail: phase await, for 8 min 56 s" in said
    (done,) = shown.xpath("//tr[th[contains(., 'webshop')]]")
    links = [one for one in done.xpath(".//a/@href") if one.startswith("/drill?")]
    assert [one.rpartition("=")[2] for one in links] == list(DRILLS)
    assert not [one for one in shown.xpath("//a/@href") if "name=webshop" in one], "a group has no page"


def test_its_booking_and_the_plan_and_the_pages_of_its_members(asked: httpx.Client) -> None:
    said = words(page(asked, f"/booking?id={quote(DONE.id, safe='')}"))
    assert "webshop as one: acme-erp, acme-mail" in said
    assert all(drill in said for drill in DRILLS)
    hosts = page(asked, "/hosts").xpath("//tr[th[contains(., 'alpha')]]/td[1]")
    assert words(hosts[0]).startswith("3 of"), "a place for each member, and one for what runs alone"
    assert "office as one: acme-erp, acme-mail" in words(page(asked, "/plan"))
    for name in MEMBERS:
        booked = page(asked, f"/workload?agreement=acme-1&name={name}")
        assert f"/booking?id={quote(RUNS.id, safe='')}" in booked.xpath("//a/@href")
