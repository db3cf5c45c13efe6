"""Who sees what, and who does what, in a real browser: operator, reader, two customers, and nobody."""

import re
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from drverify.model.booking import BookingId, BookingState
from drverify.web.serving import Address, serve
from tests.support.web_site import PASSWORD, WORDS, WORKLOADS, World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.needs_restic,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: pages were not looked at in it"),
]
SEES = {"olga": {"acme", "harbour"}, "rita": {"acme", "harbour"}, "anna": {"acme"}, "hugo": {"harbour"}}
PAGES = ("/", "/tonight", "/plan", "/standings", "/drills", "/findings", "/hosts", "/actions", "/search?q=in")
MOST = 40
"""Pages of a crawl."""
AGAIN = partial(pytest.param, marks=pytest.mark.soak)
"""Somebody who sees as much as another one does here; what the interface tells is asked for all of them."""


@pytest.fixture(autouse=True)
def people(world: World) -> None:
    """Those that tests before this one may have changed."""


@pytest.fixture(scope="module")
def url(busy: World) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    served = f"http://127.0.0.1:{port}"
    server = serve(busy.app, Address(host="127.0.0.1", port=port, public=served))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.listens.wait(10)
        yield served
    finally:
        server.stop()
        thread.join(15)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as tool:
        opened = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def somebody(browser: Browser, url: str, name: str) -> Iterator[Page]:
    """A browser of their own, in which they have signed in; nothing may be asked of elsewhere, or go wrong."""
    context = browser.new_context(base_url=url)
    page = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None
    )
    if name:
        page.goto("/sign-in")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        assert page.url == f"{url}/"
    yield page
    assert not [one for one in asked if not one.startswith((url, "data:"))]
    assert not wrong
    context.close()


REFUSED = re.compile(r"<tr>(?:(?!</tr>).)*\brefused\b(?:(?!</tr>).)*</tr>", re.DOTALL)


def foreign(name: str, text: str, world: World) -> list[str]:
    """Words of agreements that are not theirs.

    In the audit trail people see what they sent themselves and were refused; that tells them nothing.
    """
    text = REFUSED.sub("", text)
    others = set(WORKLOADS) - SEES.get(name, set())
    words = [word for one in others for word in (*WORDS[one], world.site.drills[one])]
    return [word for word in words if word in text.lower()]


def addresses(agreement: str, world: World) -> list[str]:
    """Everything that is about one agreement alone."""
    workload, drill = WORKLOADS[agreement], world.site.drills[agreement]
    return [
        f"/agreement?id={agreement}",
        f"/workloads?agreement={agreement}",
        f"/workload?agreement={agreement}&name={workload}",
        f"/drill?agreement={agreement}&id={drill}",
        f"/evidence?agreement={agreement}&id={drill}",
        f"/booking?id={world.running[agreement]}",
        f"/picture?booking={world.running[agreement]}",
    ]


def links(page: Page) -> set[str]:
    """Every address of ours that a page names."""
    found = page.eval_on_selector_all("a[href], img[src]", "all => all.map(one => one.href || one.src)")
    return {one.partition("#")[0] for one in found if one.startswith("http")}


@pytest.mark.parametrize("name", ["olga", AGAIN("rita"), "anna", AGAIN("hugo")])
def test_everybody_sees_their_own_and_no_word_of_anothers(
    browser: Browser, url: str, world: World, name: str
) -> None:
    with somebody(browser, url, name) as page:
        waiting: set[str] = set()
        for path in PAGES:
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            assert not foreign(name, page.content(), world), path
            waiting |= links(page)
        seen = {f"{url}{path}" for path in PAGES}
        while (left := sorted(waiting - seen)) and len(seen) < MOST:
            seen.add(left[0])
            fetched = page.context.request.get(left[0])
            assert fetched.status == 200, left[0]
            assert not foreign(name, fetched.body().decode("utf-8", "replace"), world), left[0]
            found = re.findall(r'(?:href|src)="(/[^"#]*)', fetched.body().decode("utf-8", "replace"))
            waiting |= {f"{url}{one.replace('&amp;', '&')}" for one in found}
        for agreement in WORKLOADS:
            mine = agreement in SEES[name]
            assert any(f"agreement={agreement}" in one or f"id={agreement}" in one for one in seen) == mine


@pytest.mark.parametrize("name", ["olga", AGAIN("rita"), "anna", AGAIN("hugo"), ""])
def test_the_address_of_something_of_anothers_leads_nowhere(
    browser: Browser, url: str, world: World, name: str
) -> None:
    with somebody(browser, url, name) as page:
        for agreement in WORKLOADS:
            for path in addresses(agreement, world):
                answer = page.context.request.get(path, max_redirects=0)
                if not name:
                    assert (answer.status, answer.headers["location"][:14]) == (303, "/sign-in?next="), path
                    continue
                assert answer.status == (200 if agreement in SEES[name] else 404), path
                assert not foreign(name, answer.body().decode("utf-8", "replace"), world), path


def test_an_operator_runs_a_drill_now_and_cancels_it(browser: Browser, url: str, world: World) -> None:
    with somebody(browser, url, "olga") as page:
        page.goto("/workload?agreement=harbour&name=manifests")
        page.click("text=Run a drill now")
        made = [one for one, _ in world.desk.bookings(agreement="harbour") if one.asked_by == "olga"]
        assert len(made) == 1
        noted = world.desk.actions(1)[0]
        assert (noted.what, noted.account, noted.booking) == ("run now", "olga", made[0].id)
        page.goto("/workload?agreement=harbour&name=manifests")
        page.click("text=Run a drill now")
        assert "is not over yet" in page.content()
        page.goto(f"/booking?id={made[0].id}")
        page.click("button:has-text('Cancel')")
        found = world.desk.booking(made[0].id)
        assert found is not None
        assert found[1] is BookingState.CANCELLED
        assert world.desk.actions(1)[0].what == "cancel"


def test_an_operator_keeps_a_running_drills_sandbox_and_releases_it(
    browser: Browser, url: str, world: World
) -> None:
    (lease,) = [one for one in world.desk.leases() if one.booking.startswith("acme/")]
    before = next(one for one in world.desk.live() if one.booking == lease.booking)
    now = datetime.now(UTC)
    ways_in = ("ip netns exec drv-3f9c01aa bash", "virsh -c qemu:///system screenshot drverify-3f9c01aa")
    stands = replace(before, stands_until=now + timedelta(hours=2), ways_in=ways_in)
    with somebody(browser, url, "olga") as page:
        page.goto("/tonight?still=yes")
        form = page.locator(f"form[action='/actions/keep']:has(input[value='{lease.booking}'])")
        form.locator("select").select_option("2h")
        form.locator("button").click()
        assert world.desk.actions(1)[0].what == "keep the sandbox"
        assert "When it is done its sandbox stands for 2 h" in page.inner_text("main").replace("\xa0", " ")
        world.desk.renew(lease.booking, lease.attempt, now, stands)
        page.goto("/tonight?still=yes")
        assert all(line in page.inner_text("main") for line in ways_in)
        with somebody(browser, url, "anna") as customer:
            customer.goto("/tonight?still=yes")
            told = customer.inner_text("main")
            assert "Its sandbox stands for a look until" in told
            assert not any(one in told for one in (*ways_in, "olga", "Release"))
        page.click("button:has-text('Release its sandbox')")
        assert world.desk.actions(1)[0].what == "release the sandbox"
        world.desk.renew(lease.booking, lease.attempt, now, before)


@pytest.mark.parametrize("name", ["rita", "anna", AGAIN("hugo"), ""])
def test_nobody_else_does_anything_whatever_they_send(
    browser: Browser, url: str, world: World, name: str
) -> None:
    with somebody(browser, url, name) as page:
        page.goto("/tonight")
        assert not page.query_selector("form[action^='/actions']")
        token = page.get_attribute("input[name=csrf]", "value") or ""
        for agreement, workload in WORKLOADS.items():
            booking = world.waiting[agreement]
            for path, form in (
                ("/actions/run-now", {"agreement": agreement, "workload": workload}),
                ("/actions/cancel", {"booking": booking}),
                ("/actions/keep", {"booking": booking, "span": "1h"}),
            ):
                answer = page.context.request.post(path, form={**form, "csrf": token}, max_redirects=0)
                assert answer.status == (403 if name else 401)
                without = page.context.request.post(path, form=form, max_redirects=0)
                assert without.status == 403
                if name:
                    noted = world.desk.actions(1)[0]
                    assert (noted.what, noted.account) == ("refused", name)
            found = world.desk.booking(BookingId(booking))
            assert found is not None
            assert found[1] is BookingState.WANTED


def test_a_form_of_another_site_does_nothing(browser: Browser, url: str, world: World) -> None:
    """The operator is signed in, and another site's page sends the form in their name."""
    booking = world.waiting["acme"]
    with somebody(browser, url, "olga") as page:
        before = len(world.desk.actions())
        evil = EVIL.format(url=url, booking=booking)
        other = page.context.new_page()
        other.route("http://evil.example/", lambda route: route.fulfill(body=evil, content_type="text/html"))
        other.goto("http://evil.example/")
        other.click("button")
        other.wait_for_url(f"{url}/**")
        assert "Cancel" not in other.content()
        found = world.desk.booking(BookingId(booking))
        assert found is not None
        assert found[1] is BookingState.WANTED
        assert len(world.desk.actions()) == before


EVIL = """<form method="post" action="{url}/actions/cancel">
<input name="booking" value="{booking}"><input name="csrf" value="x"><button>Win</button></form>"""


def test_a_page_that_frames_us_shows_nothing(browser: Browser, url: str) -> None:
    with somebody(browser, url, "olga") as page:
        other = page.context.new_page()
        evil = f'<iframe src="{url}/tonight"></iframe>'
        other.route("http://evil.example/", lambda route: route.fulfill(body=evil, content_type="text/html"))
        other.goto("http://evil.example/")
        framed = other.frames[-1]
        assert "drverify" not in framed.content()  # not even the sign-in


def test_signing_out_leaves_nothing_to_go_back_to(browser: Browser, url: str) -> None:
    with somebody(browser, url, "rita") as page:
        page.goto("/drills")
        page.click("text=Sign out")
        page.wait_for_url(f"{url}/sign-in", wait_until="load")
        with page.expect_navigation():
            page.evaluate("history.back()")
        assert "/sign-in" in page.url
