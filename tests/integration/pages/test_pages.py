"""The pages as they are served: for whom, in which words, and what somebody sees who sees less."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from urllib.parse import quote

import httpx
import pytest
from lxml import html

from drverify.adapters.board import results
from drverify.adapters.storage.drills import EVIDENCE
from drverify.model.result import Result
from drverify.operation.boarding import project
from drverify.operation.naming import plan_file
from drverify.web.pages import agreements, lists
from drverify.web.pages import drills as drill_pages
from drverify.web.pages.router import PAGES
from tests.support import boards
from tests.support.boards import ACME_ONLY, EVERYTHING, NOW, Site

ZENITH = re.compile(r"zenith|zoe", re.IGNORECASE)
"""No name of the other agreement is without it."""


@pytest.fixture(scope="module")
def all_seeing(site: Site) -> Iterator[httpx.Client]:
    with site.served(EVERYTHING) as base, httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def acme(site: Site) -> Iterator[httpx.Client]:
    with site.served(ACME_ONLY) as base, httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
        yield client


def drills(site: Site, workload: str) -> list[Result]:
    with site.board.reading() as connection:
        return [one for one in results.drills(connection, None) if one.workload == workload]


def every_page(site: Site) -> list[str]:
    """An address of each page, about Acme where it is about somebody."""
    newest = drills(site, "acme-shop")[0]
    (screen,) = _screens(site, newest)
    of = f"agreement=acme-1&id={newest.drill}"
    booked = quote(site.running, safe="")
    return [
        "/", "/agreement?id=acme-1", "/workloads?agreement=acme-1", "/workload?agreement=acme-1&name=acme-mail",
        "/standings", "/drills", f"/drill?{of}", f"/screen?{of}&sha256={screen}", f"/evidence?{of}", "/tonight",
        f"/picture?booking={booked}", f"/booking?id={booked}", "/plan", "/findings", "/hosts", "/actions",
        "/search?q=acme",
    ]  # fmt: skip


def _screens(site: Site, one: Result) -> list[str]:
    with site.board.reading() as connection:
        found = results.drill(connection, None, one.agreement, one.drill)
    assert found is not None
    return [each.sha256 for each in found[1].screens]


def text(client: httpx.Client, address: str) -> str:
    """What a reader reads."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return " ".join(html.fromstring(answer.text).text_content().split())


def test_every_page_answers_and_is_put_together_well(site: Site, all_seeing: httpx.Client) -> None:
    pages = every_page(site)
    assert {one.partition("?")[0] for one in pages} == set(PAGES)
    for address in pages:
        answer = all_seeing.get(address)
        assert answer.status_code == 200, address
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        tree = html.fromstring(answer.text)
        for landmark in (
            "//header",
            "//nav[@aria-label]",
            "//main[@id='main']",
            "//footer",
            "//form[@role='search']",
        ):
            assert len(tree.xpath(landmark)) == 1, (address, landmark)
        assert len(tree.xpath("//h1")) == 1, address
        assert tree.xpath("//a[@class='skip']/@href") == ["#main"]
        assert tree.get("lang") == "en"
        levels = [int(one.tag[1]) for one in tree.xpath("//h1|//h2|//h3|//h4")]
        assert all(after - before <= 1 for before, after in pairwise(levels)), address
        for table in tree.xpath("//table"):
            assert table.xpath("caption"), address
            assert table.xpath("thead//th"), address
            assert not table.xpath("thead//th[not(@scope)]"), address
        for field in tree.xpath("//input[not(@type='hidden')]|//select"):
            named = (
                tree.xpath(f"//label[@for='{field.get('id')}']")
                if field.get("id")
                else field.xpath("ancestor::label")
            )
            assert named, (address, field.get("name"))
        assert not tree.xpath("//img[not(@alt) or @alt='']"), address
        assert not tree.xpath(
            "//svg[not(ancestor-or-self::*[@aria-hidden]) and not(@role='img' and @aria-label)]"
        ), address
        assert not tree.xpath("//*[@style]|//script|//style"), address
        ids = tree.xpath("//@id")
        assert len(ids) == len(set(ids)), address
        for region in tree.xpath("//@aria-labelledby"):
            assert region in ids, (address, region)
        assert not tree.xpath("//form[@method='post'][not(input[@name='csrf'])]"), address


def test_nothing_of_another_agreement_is_shown(
    site: Site, acme: httpx.Client, all_seeing: httpx.Client
) -> None:
    for address in (
        *every_page(site),
        "/standings?stands=OVERDUE", "/standings?flipping=yes", "/drills?stands=UNPROVEN", "/drills?changed=yes",
        "/findings?state=open", "/search?q=2026", "/search?q=recovery", "/plan?from=2026-11-16", "/tonight?still=yes",
    ):  # fmt: skip
        answer = acme.get(address)
        assert answer.status_code == 200, address
        assert not ZENITH.search(answer.text), (address, ZENITH.search(answer.text))
    assert sum(bool(ZENITH.search(all_seeing.get(one).text)) for one in every_page(site)) >= 7


def test_what_is_not_theirs_is_not_there(site: Site, acme: httpx.Client, all_seeing: httpx.Client) -> None:
    other = drills(site, "zenith-pos")[0]
    of = f"agreement=zenith-7&id={other.drill}"
    booked = quote(site.running.replace("acme-1/acme-erp", "zenith-7/zenith-crm"), safe="")
    for address in (
        "/agreement?id=zenith-7", "/workloads?agreement=zenith-7", "/workload?agreement=zenith-7&name=zenith-pos",
        f"/drill?{of}", f"/evidence?{of}", f"/booking?id={booked}", f"/picture?booking={booked}",
        "/standings?agreement=zenith-7",
    ):  # fmt: skip
        assert all_seeing.get(address).status_code == 200, address
        refused = acme.get(address)
        missing = acme.get(address.replace("zenith", "nobody"))
        assert (refused.status_code, refused.text) == (404, missing.text), address


def test_a_search_for_their_names_finds_nothing(acme: httpx.Client) -> None:
    for asked in ("zenith", "zen", "crm", "Recovery for"):
        found = html.fromstring(acme.get("/search", params={"q": asked}).text)
        assert found.xpath("//main//a") == [], asked


@pytest.mark.parametrize(
    "odd",
    [
        "%00",
        "[]",
        '["a","b","c"]',
        "9" * 30,
        "'; drop table board_drills; --",
        "9999-12-31",
        "0001-01-01",
        "%",
        "\u202e",
    ],
)
def test_odd_questions_are_answered(all_seeing: httpx.Client, odd: str) -> None:
    names = ("id", "agreement", "name", "after", "before", "q", "stands", "from", "containing", "booking")
    for path in PAGES:
        answer = all_seeing.get(path, params=dict.fromkeys(names, odd))
        assert answer.status_code in {200, 404}, path
    for path, name in (
        ("/standings", "after"),
        ("/drills", "before"),
        ("/findings", "before"),
        ("/plan", "from"),
    ):
        assert all_seeing.get(path, params={name: odd}).status_code == 200, path


def test_no_green_without_a_recent_drill(all_seeing: httpx.Client) -> None:
    page = text(all_seeing, "/workload?agreement=acme-1&name=acme-erp")
    assert "OVERDUE" in page
    assert "MET" not in page.replace("MET MISSED", "")
    assert "The gate last caught a known-bad point 2 d ago" in text(all_seeing, "/").replace("\u00a0", " ")
    assert "NEVER TRIED" in text(all_seeing, "/agreement?id=zenith-7")


def test_what_flips_says_so(all_seeing: httpx.Client) -> None:
    assert "FLIPPING acme-mail: Data loss (RPO), clause 5.1, 4 changes" in text(all_seeing, "/")
    assert "The verdict changed 4 times" in text(all_seeing, "/workload?agreement=acme-1&name=acme-mail")


def test_a_drill_without_sound_evidence_concludes_nothing(site: Site, all_seeing: httpx.Client) -> None:
    (refused,) = drills(site, "zenith-dms")
    page = text(all_seeing, f"/drill?agreement=zenith-7&id={refused.drill}")
    assert "does not hold, and nothing is concluded from it" in page
    assert "VERIFIED" not in page
    (lost,) = drills(site, "zenith-crm")
    page = text(all_seeing, f"/drill?agreement=zenith-7&id={lost.drill}")
    assert "It was begun and has no result." in page
    assert "Nothing was signed." in page


def test_evidence_that_changes_after_it_was_verified_is_told(site: Site, all_seeing: httpx.Client) -> None:
    one = drills(site, "acme-shop")[3]
    address = f"/drill?agreement=acme-1&id={one.drill}"
    assert "VERIFIED" in text(all_seeing, address)
    path = site.acme.drills / one.drill / EVIDENCE
    content = path.read_bytes()
    try:
        path.write_bytes(content + b" ")
        assert "CHANGED The evidence file is another one" in text(all_seeing, address)
        path.unlink()
        assert "GONE The evidence file" in text(all_seeing, address)
    finally:
        path.write_bytes(content)


def test_pictures_are_those_that_the_evidence_names(site: Site, all_seeing: httpx.Client) -> None:
    one = drills(site, "acme-shop")[0]
    (digest,) = _screens(site, one)
    of = {"agreement": "acme-1", "id": one.drill}
    assert all_seeing.get("/screen", params={**of, "sha256": digest}).content.startswith(b"\x89PNG")
    kept = site.acme.drills / one.drill / "artefacts" / "sha256"
    other = next(path.name for path in kept.iterdir() if path.name != digest)
    for wrong in (other, "../../plan.json", ""):
        assert all_seeing.get("/screen", params={**of, "sha256": wrong}).status_code == 404
    content = (kept / digest).read_bytes()
    try:
        (kept / digest).write_bytes(b"\x89PNG another")
        assert all_seeing.get("/screen", params={**of, "sha256": digest}).status_code == 404
    finally:
        (kept / digest).write_bytes(content)


def test_forms_are_there_for_who_may_act(site: Site, acme: httpx.Client, all_seeing: httpx.Client) -> None:
    address = "/workload?agreement=acme-1&name=acme-shop"
    (form,) = html.fromstring(all_seeing.get(address).text).xpath("//form[@action='/actions/run-now']")
    fields = {one.get("name"): one.get("value") for one in form.xpath("input")}
    assert fields == {
        "csrf": "token-of-the-form",
        "agreement": "acme-1",
        "workload": "acme-shop",
        "next": "/tonight",
    }
    (cancel, *_) = html.fromstring(all_seeing.get("/tonight").text).xpath("//form[@action='/actions/cancel']")
    assert cancel.xpath("input[@name='booking']/@value") == [site.running]
    for one in (address, "/tonight"):
        assert not html.fromstring(acme.get(one).text).xpath("//form[starts-with(@action, '/actions')]")


def test_tonight_tells_what_runs_and_what_was_missed(all_seeing: httpx.Client) -> None:
    answer = all_seeing.get("/tonight")
    assert '<meta http-equiv="refresh" content="5">' in answer.text
    assert "&lt;b&gt;38 %&lt;/b&gt; of 8 GiB" in answer.text
    page = text(all_seeing, "/tonight")
    assert "2 running, 2 waiting, 0 done, 2 missed" in page
    assert "Phase restore" in page
    assert "3.0 GiB of 8.0 GiB, 37 %" in page.replace("\u00a0", " ")
    assert "http-equiv" not in all_seeing.get("/tonight?still=yes").text


def test_the_plan_tells_what_is_foreseen_and_what_no_night_covers(site: Site, acme: httpx.Client) -> None:
    due = {
        "workload": "acme-shop", "host": "alpha", "mode": "full", "point": "latest", "opens": "2026-11-21T20:00:00+00:00",
        "closes": "2026-12-01T00:00:00+00:00", "takes": 600.0, "measured": True, "obligations": [], "slot": None,
        "why": "a restore test every 92 days",
    }  # fmt: skip
    foreseen = {**due, "night": "2026-11-21", "begins": "2026-11-21T22:00:00+00:00", "too_late": False}
    uncovered = {**due, "workload": "acme-mail", "because": "no night has room", "remedy": "a longer night"}
    never = {
        "agreement": "acme-1",
        "workload": "acme-erp",
        "what": "the oldest point",
        "remedy": "in the night of 2027",
    }
    folder = site.estate.state_dir / "plans"
    folder.mkdir(exist_ok=True)
    for name in ("acme-1", "zenith-7"):
        plan = {"seed": "", "nights": [], "planned": [foreseen], "unplanned": [uncovered], "never": [never]}
        content = json.dumps(plan).replace("acme-", "acme-" if name == "acme-1" else "zenith-")
        plan_file(site.estate.state_dir, name).write_text(content)
    try:
        page = text(acme, "/plan")
        assert "Night of 2026-11-21 1 drill foreseen" in page
        assert all(one in page for one in ("2026-12-01 00:00 UTC", "no night has room", "a longer night"))
        tried = page.partition("Never tried")[2]
        assert all(one in tried for one in ("acme-erp", "the oldest point", "in the night of 2027"))
        assert not ZENITH.search(page)
        assert "Night of 2026-11-21" not in text(acme, "/plan?night=2026-11-19")
    finally:
        for path in folder.iterdir():
            path.unlink()


def test_lists_go_on_where_they_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreements, "PAGE", 4)
    monkeypatch.setattr(drill_pages, "PAGE", 4)
    monkeypatch.setattr(lists, "PAGE", 2)
    with site.served(EVERYTHING) as base, httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
        for first, number in (("/standings", 36), ("/drills", 19), ("/findings", None)):
            rows, address = [], first
            while address:
                tree = html.fromstring(client.get(address).text)
                rows += [" ".join(one.text_content().split()) for one in tree.xpath("//tbody/tr")]
                address = next(iter(tree.xpath("//p[@class='pager']/a/@href")), "")
            assert len(rows) == len(set(rows)), first
            assert number is None or len(rows) == number
            assert len(rows) > 4


def test_old_figures_are_told_to_be_old(site: Site) -> None:
    context = replace(site.context(), now=lambda: NOW + timedelta(hours=3))
    with boards.served(context, EVERYTHING) as base:
        page = httpx.get(base, trust_env=False, timeout=60).text
    assert "Old figures." in page
    project(site.estate, site.board, now=NOW, desk=site.desk)
    with site.served(EVERYTHING) as base:
        assert "Old figures." not in httpx.get(base, trust_env=False, timeout=60).text
