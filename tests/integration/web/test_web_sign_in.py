"""Signing in and out, sessions, and forms that are not ours."""

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from drverify.adapters.desk.desk import TableDesk
from drverify.model.account import Accounts
from drverify.operation.estate import Estate
from drverify.web import auth_sessions
from drverify.web.app import BODY_AT_MOST, make_app
from drverify.web.serving import address_of
from tests.support.web_site import PASSWORD, Site, browser, form_token, sign_in

pytestmark = pytest.mark.needs_restic


@pytest.fixture
def app(site: Site, estate: Estate, desk: TableDesk) -> Any:
    site.people()
    return make_app(estate, desk, address_of(estate.operation.web))


async def test_nobody_sees_anything_before_signing_in(app: Any) -> None:
    async with browser(app) as client:
        for path in ("/", "/tonight", "/agreements/acme", "/nothing", "/static/../agreements/acme", "//acme"):
            answer = await client.get(path)
            assert answer.status_code in {303, 404}, path
            assert "acme" not in answer.text
        assert (await client.get("/tonight?x=1")).headers["location"] == "/sign-in?next=/tonight%3Fx%3D1"
        assert (await client.post("/sign-out")).status_code == 403
        assert (await client.get("/alive")).text == "alive\n"


async def test_the_right_password_lets_in_and_is_noted(app: Any, desk: TableDesk) -> None:
    async with browser(app) as client:
        answer = await sign_in(client, "olga", after="/tonight?night=1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/tonight?night=1")
        assert (await client.get("/sign-in")).headers["location"] == "/"
    newest = desk.actions(1)[0]
    assert (newest.what, newest.account) == ("sign in", "olga")


@pytest.mark.parametrize(
    ("name", "password"),
    [("olga", "wrong"), ("nobody", PASSWORD), ("", ""), ("olga", ""), ("ci", "x" * 5000)],
)
async def test_anything_else_does_not_and_is_noted_without_what_was_typed(
    app: Any, desk: TableDesk, name: str, password: str
) -> None:
    async with browser(app) as client:
        answer = await sign_in(client, name, password)
        assert answer.status_code == 403
        assert "do not go together" in answer.text
        assert (await client.get("/")).status_code == 303
    newest = desk.actions(1)[0]
    assert (newest.what, newest.account) == ("refused", name if name == "olga" else "")
    assert password not in newest.detail or not password


async def test_who_fails_too_often_has_to_wait_even_with_the_right_password(app: Any) -> None:
    async with browser(app) as client:
        for _ in range(5):
            assert (await sign_in(client, "rita", "wrong")).status_code == 403
        answer = await sign_in(client, "rita")
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 800
        assert (await sign_in(client, "olga")).status_code == 303  # others are not locked out by it


async def test_a_session_from_before_is_worth_nothing_after_signing_in(app: Any) -> None:
    """Session fixation: whoever planted a cookie, or a form's token, has nothing."""
    async with browser(app) as attacker, browser(app) as victim:
        page = await attacker.get("/sign-in")
        planted, token = dict(attacker.cookies), form_token(page)
        for name, value in planted.items():
            victim.cookies.set(name, value, domain="127.0.0.1")
        data = {"csrf": token, "name": "olga", "password": PASSWORD, "next": "/"}
        answer = await victim.post("/sign-in", data=data)
        assert answer.status_code == 303
        set_now = " ".join(answer.headers.get_list("set-cookie"))
        assert "drverify=" in set_now
        assert "drverify-form=" in set_now
        assert token not in set_now
        assert (await attacker.get("/")).status_code == 303


async def test_cookies_are_for_browsers_alone_and_for_https_where_there_is_https(
    site: Site, estate: Estate, desk: TableDesk
) -> None:
    site.people()
    web = estate.operation.web.model_copy(update={"public_url": "https://drills.example"})
    app = make_app(estate, desk, address_of(web))
    async with browser(app, headers={"host": "drills.example"}) as client:
        client.base_url = httpx.URL("https://drills.example")
        answer = await sign_in(client, "olga")
        assert answer.headers["strict-transport-security"]
        cookies = answer.headers.get_list("set-cookie")
        assert {one.partition("=")[0] for one in cookies} == {"__Host-drverify", "__Host-drverify-form"}
        for cookie in cookies:
            assert re.search(r"(?i)\bsecure\b", cookie)
            assert re.search(r"(?i)\bhttponly\b", cookie)
            assert re.search(r"(?i)samesite=lax", cookie)
            assert re.search(r"(?i)path=/(;|$)", cookie)


async def test_signing_out_ends_every_copy_of_the_session(app: Any, estate: Estate, desk: TableDesk) -> None:
    async with browser(app) as client, browser(app) as thief:
        await sign_in(client, "olga")
        for name, value in client.cookies.items():
            thief.cookies.set(name, value, domain="127.0.0.1")
        page = await sign_in_page(client)
        assert (await client.get("/sign-in")).status_code == 303
        answer = await client.post("/sign-out", headers={"x-csrftoken": page})
        assert answer.headers["location"] == "/sign-in"
        assert (await client.get("/")).status_code == 303
        assert (await thief.get("/sign-in")).status_code == 200
        # and a server that was started again knows it, too
        async with browser(make_app(estate, desk, address_of(estate.operation.web))) as again:
            again.cookies = thief.cookies
            assert (await again.get("/sign-in")).status_code == 200


async def sign_in_page(client: httpx.AsyncClient) -> str:
    """The form's token that this browser holds."""
    return next(value for name, value in client.cookies.items() if name.endswith("-form")).strip('"')


async def test_a_session_ends_by_itself(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with browser(app) as client:
        await sign_in(client, "olga")
        assert (await client.get("/sign-in")).status_code == 303
        monkeypatch.setattr(auth_sessions, "LASTS", -1)
        assert (await client.get("/sign-in")).status_code == 200


@pytest.mark.parametrize("what", ["removed", "another password", "another role"])
async def test_who_is_turned_out_is_out_at_once(app: Any, site: Site, what: str) -> None:
    async with browser(app) as client:
        await sign_in(client, "anna")
        assert (await client.get("/sign-in")).status_code == 303

        def by(accounts: Accounts) -> Accounts:
            others = tuple(one for one in accounts.accounts if one.name != "anna")
            anna = next(one for one in accounts.accounts if one.name == "anna")
            changed = () if what == "removed" else (replace(anna, generation=anna.generation + 1),)
            return replace(accounts, accounts=(*others, *changed))

        site.book().change(by)
        assert (await client.get("/sign-in")).status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "anothers"])
async def test_a_form_of_another_site_is_refused(app: Any, token: str) -> None:
    async with browser(app) as client, browser(app) as other:
        own = form_token(await client.get("/sign-in"))
        if token == "anothers":
            token = form_token(await other.get("/sign-in"))
        data = {"csrf": token, "name": "olga", "password": PASSWORD, "next": "/"}
        answer = await client.post("/sign-in", data=data)
        assert answer.status_code == 403
        assert "not sent by this site" in answer.text
        data["csrf"] = own
        crossing = await client.post("/sign-in", data=data, headers={"sec-fetch-site": "cross-site"})
        assert crossing.status_code == 403
        as_json = await client.post("/sign-in", json=data)
        assert as_json.status_code == 403
        assert (await client.post("/sign-in", data=data)).status_code == 303


@pytest.mark.parametrize(
    "after",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/x\r\nset-cookie: a=b",
        "/sign-in",
    ],
)
async def test_nobody_is_sent_elsewhere_after_signing_in(app: Any, after: str) -> None:
    async with browser(app) as client:
        assert (await sign_in(client, "olga", after=after)).headers["location"] == "/"


async def test_every_answer_is_protected_and_bugs_show_nothing(app: Any) -> None:
    @app.get("/alive/../broken")
    @app.get("/static-broken")
    async def broken() -> None:
        raise ZeroDivisionError("secret words")

    async with browser(app) as client:
        await sign_in(client, "olga")
        for path, status in (
            ("/sign-in", 303),
            ("/nothing", 404),
            ("/static-broken", 500),
            ("/static/auth.css", 200),
        ):
            answer = await client.get(path)
            assert answer.status_code == status
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert (answer.headers.get("cache-control") == "no-store") == (status != 200)
            assert "secret words" not in answer.text
            assert "Traceback" not in answer.text


async def test_too_much_and_other_names_are_refused(app: Any) -> None:
    async with browser(app) as client:
        assert (await client.post("/sign-in", content=b"x" * (BODY_AT_MOST + 1))).status_code == 413

        async def endless() -> Any:
            for _ in range(BODY_AT_MOST // 1000 + 2):
                yield b"x" * 1000

        assert (await client.post("/sign-in", content=endless())).status_code == 413
        assert (await client.get("/", headers={"host": "rebound.example"})).status_code == 400
