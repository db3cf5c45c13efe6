"""Signing in elsewhere, at a real provider: who is let in, and who is not."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from drverify.adapters.desk.desk import TableDesk
from drverify.model.account import Accounts, Rule
from drverify.operation.estate import Estate
from drverify.web.app import make_app
from drverify.web.serving import address_of
from tests.support.oidc_issuer import CLIENT, SECRET, Issuer, Person, oidc_issuer
from tests.support.web_site import ACCOUNTS, Site, browser

pytestmark = pytest.mark.needs_restic
RULES = (
    Rule(claim="group", value="backup-operators", role="operator"),
    Rule(claim="email", value="Dora@acme.example", role="customer", agreements=("acme",)),
    Rule(claim="subject", value="9999", role="reader"),
)


@pytest.fixture(scope="module")
def provider() -> Iterator[Issuer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        with oidc_issuer() as issuer:
            yield issuer


@pytest.fixture
def issuer(provider: Issuer) -> Issuer:
    """An honest one."""
    provider.person, provider.lies, provider.signs, provider.says = Person(), {}, "right", {}
    return provider


@pytest.fixture
def app(site: Site, connected: Estate, desk: TableDesk, monkeypatch: pytest.MonkeyPatch) -> Any:
    site.book().change(lambda _: Accounts(accounts=ACCOUNTS, rules=RULES))
    monkeypatch.setenv("OIDC_SECRET", SECRET)
    return make_app(connected, desk, address_of(connected.operation.web))


@pytest.fixture(scope="module")
def connected(site: Site, provider: Issuer) -> Estate:
    """The settings of a site that knows the provider."""
    estate = site.estate()
    web = {"oidc_issuer": provider.url, "oidc_client": CLIENT, "oidc_secret": "env:OIDC_SECRET"}
    settings = estate.main.settings
    operation = settings.operation
    changed = operation.model_copy(update={"web": operation.web.model_copy(update=web)})
    estate.main.settings = settings.model_copy(update={"operation": changed})
    return estate


async def go(client: httpx.AsyncClient, *, after: str = "/tonight") -> httpx.Response:
    """Click, sign in at the provider, and come back."""
    away = await client.get("/sign-in/elsewhere", params={"next": after})
    assert away.status_code == 302, away.text
    async with httpx.AsyncClient() as elsewhere:
        there = await elsewhere.get(away.headers["location"])
    back = urlsplit(there.headers["location"])
    return await client.get(f"{back.path}?{back.query}")


async def test_a_rule_lets_in_with_pkce_state_and_nonce(app: Any, issuer: Issuer, desk: TableDesk) -> None:
    issuer.person = Person(claims={"groups": ["staff", "backup-operators"]})
    async with browser(app) as client:
        assert "your organisation" in (await client.get("/sign-in")).text
        answer = await go(client)
        assert (answer.status_code, answer.headers["location"]) == (303, "/tonight"), answer.text
        assert (await client.get("/hosts")).status_code == 200
    asked = issuer.asked[-1]
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 20
    assert len(asked["nonce"]) >= 20
    noted = desk.actions(1)[0]
    assert (noted.what, noted.account) == ("sign in", "oidc:1234")


async def test_what_a_rule_allows_is_asked_at_every_request(app: Any, issuer: Issuer, site: Site) -> None:
    issuer.person = Person(claims={"email": "dora@ACME.example", "email_verified": True})
    async with browser(app) as client:
        assert (await go(client)).status_code == 303
        assert (await client.get("/tonight")).status_code == 200
        assert (await client.get("/agreement?id=harbour")).status_code == 404
        site.book().change(lambda now: Accounts(accounts=now.accounts, rules=RULES[:1]))
        assert (await client.get("/tonight")).status_code == 303


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"groups": "backup-operators"},
        {"groups": ["Backup-operators", "reader"]},
        {"email": "dora@acme.example"},
        {"email": "dora@acme.example", "email_verified": "true"},
        {"email": "dora@acme.example.evil.example", "email_verified": True},
    ],
)
async def test_nobody_is_let_in_by_default(
    app: Any, issuer: Issuer, desk: TableDesk, claims: dict[str, Any]
) -> None:
    issuer.person = Person(claims=claims)
    async with browser(app) as client:
        answer = await go(client)
        assert answer.status_code == 403
        assert "nobody has let you in" in answer.text
        assert (await client.get("/")).status_code == 303
    assert desk.actions(1)[0].what == "refused"


@pytest.mark.parametrize(
    ("signs", "lies"),
    [
        ("another", {}),
        ("secret", {}),
        ("none", {}),
        ("right", {"aud": "another client"}),
        ("right", {"aud": None}),
        ("right", {"iss": "http://127.0.0.1:1"}),
        ("right", {"iss": None}),
        ("right", {"nonce": "another"}),
        ("right", {"nonce": None}),
        ("right", {"exp": 1_700_000_000}),
        ("right", {"sub": None}),
        ("right", {"sub": "a\nb"}),
    ],
)
async def test_an_identity_that_does_not_hold_lets_nobody_in(
    app: Any, issuer: Issuer, signs: str, lies: dict[str, Any]
) -> None:
    issuer.person = Person(sub="9999")
    issuer.signs, issuer.lies = signs, lies
    async with browser(app) as client:
        answer = await go(client)
        assert answer.status_code == 403, answer.text
        assert "did not hold" in answer.text
        assert (await client.get("/")).status_code == 303


async def test_an_answer_that_this_browser_did_not_ask_for_is_refused(app: Any, issuer: Issuer) -> None:
    """Login CSRF: somebody else's code, or an answer once more, signs nobody in."""
    issuer.person = Person(sub="9999")
    async with browser(app) as thief, browser(app) as victim:
        away = await thief.get("/sign-in/elsewhere")
        async with httpx.AsyncClient() as elsewhere:
            there = await elsewhere.get(away.headers["location"])
        back = urlsplit(there.headers["location"])
        assert (await victim.get(f"{back.path}?{back.query}")).status_code == 403
        assert (await victim.get("/")).status_code == 303
        code = parse_qs(back.query)["code"][0]
        assert (await thief.get(f"{back.path}?code={code}&state=another")).status_code == 403
        away = await thief.get("/sign-in/elsewhere")
        state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
        assert (
            await thief.get(f"{back.path}?code={code}&state={state}")
        ).status_code == 403  # another's PKCE


async def test_a_provider_that_refuses_is_told_so(app: Any, issuer: Issuer) -> None:
    issuer.person = Person(sub="")
    async with browser(app) as client:
        answer = await go(client)
        assert answer.status_code == 403


async def test_a_provider_that_is_another_or_not_there_is_our_failure(app: Any, issuer: Issuer) -> None:
    issuer.says = {"issuer": "https://another.example"}
    async with browser(app) as client:
        answer = await client.get("/sign-in/elsewhere")
        assert answer.status_code == 503
        issuer.says = {"authorization_endpoint": None, "token_endpoint": None}
        assert (await client.get("/sign-in/elsewhere")).status_code == 503
