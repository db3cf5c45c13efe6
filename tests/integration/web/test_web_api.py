"""The interface for programs: everything answers as it says, and nobody gets what is another's."""

import base64
import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from drverify.adapters.board.database import Database
from drverify.model.booking import BookingState, Live
from drverify.operation.boarding import open_board
from drverify.operation.estate import Estate
from drverify.web.app import make_app
from drverify.web.app_faces import API
from drverify.web.serving import address_of
from tests.support.web_site import ORIGIN, WORDS, WORKLOADS, Site, World, booking, browser, sign_in

pytestmark = pytest.mark.needs_restic
HOST = {"Host": "127.0.0.1:8460"}
FUZZED = settings(
    max_examples=3,
    phases=[Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
CURSORS = [positive_data_acceptance]
"""No schema says which texts are places in a list."""
EVERYBODY = ("olga", "rita", "anna", "hugo")
AGREEMENTS = {"olga": {"acme", "harbour"}, "rita": {"acme", "harbour"}, "anna": {"acme"}, "hugo": {"harbour"}}


def client(world: World, who: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {world.tokens[who]}"} if who else {}
    made = browser(world.app, headers=headers)
    made.base_url = httpx.URL(f"{ORIGIN}{API}/")
    return made


def operations(world: World) -> list[tuple[str, str]]:
    """Every operation, with paths of things that are there."""
    found = []
    for path, methods in schema_of(world)["paths"].items():
        for method in methods:
            if method != "get":
                continue
            for agreement in WORKLOADS:
                drill, booking = world.site.drills[agreement], world.waiting[agreement]
                found.append(
                    (path.format(agreement=agreement, drill=drill, booking=booking).lstrip("/"), agreement)
                )
    return found


def schema_of(world: World) -> dict[str, Any]:
    mounted = next(route for route in world.app.routes if getattr(route, "path", "") == API)
    found: dict[str, Any] = mounted.app.openapi()  # type: ignore[attr-defined]
    return found


def test_every_operation_answers_as_it_says(world: World) -> None:
    """No 5xx, no status, header or body that the description does not name, whatever is asked."""
    described = schemathesis.openapi.from_asgi(f"{API}/openapi.json", world.app, headers=HOST)
    found = [one.ok() for one in described.get_all_operations()]
    assert len(found) == len([1 for methods in schema_of(world)["paths"].values() for _ in methods])
    headers = {**HOST, "Authorization": f"Bearer {world.tokens['olga']}"}
    for operation in found:
        fuzz(operation, headers)


def fuzz(operation: Any, headers: dict[str, str]) -> None:
    @FUZZED
    @given(case=operation.as_strategy())
    def asked(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, excluded_checks=CURSORS)

    asked()


@pytest.mark.parametrize("who", EVERYBODY)
async def test_everybody_gets_their_own_and_never_a_word_of_anothers(world: World, who: str) -> None:
    async with client(world, who) as caller:
        for path, agreement in operations(world):
            answer = await caller.get(path)
            shared = not any(word in path for word in (*WORDS["acme"], *WORDS["harbour"]))
            inside = path in {"hosts", "workers", "metrics"} and who in {"anna", "hugo"}
            mine = shared or agreement in AGREEMENTS[who]
            assert answer.status_code == (403 if inside else 200 if mine else 404), (path, answer.text)
            for other in set(WORKLOADS) - AGREEMENTS[who]:
                said = answer.text.lower()
                assert not [word for word in (*WORDS[other], world.site.drills[other]) if word in said], path


@pytest.mark.parametrize("who", EVERYBODY)
async def test_asking_for_anothers_by_name_gives_nothing(world: World, who: str) -> None:
    async with client(world, who) as caller:
        for agreement in WORKLOADS:
            for path in ("standings", "drills", "bookings", "findings"):
                found = (await caller.get(path, params={"agreement": agreement})).json()["items"]
                assert bool(found) <= (agreement in AGREEMENTS[who]), (path, found)
                assert {one["agreement"] for one in found} <= {agreement}


@pytest.mark.parametrize("token", ["", "wrong", "over"])
async def test_without_a_token_that_counts_there_is_nothing(world: World, token: str) -> None:
    words = {"": {}, "wrong": {"Authorization": "Bearer drverify_00000000_" + "x" * 43}}
    over = {"Authorization": f"Bearer {world.tokens['over']}"}
    async with browser(world.app, headers=words.get(token, over)) as caller:
        caller.base_url = httpx.URL(f"{ORIGIN}{API}/")
        for path, _ in operations(world):
            answer = await caller.get(path)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path
        for path in ("run-now", "cancel", "keep", "release"):
            assert (await caller.post(path, json={})).status_code == 401


async def test_a_session_is_no_token(world: World) -> None:
    """Cookies would be sent by a browser for another site's form, too."""
    async with browser(world.app) as caller:
        await sign_in(caller, "olga")
        assert (await caller.get(f"{API}/agreements")).status_code == 401


async def test_a_token_ends_with_its_account_and_with_its_own_end(site: Site, world: World) -> None:
    text = site.token("rita", lasts=timedelta(days=1))
    async with browser(world.app, headers={"Authorization": f"Bearer {text}"}) as caller:
        assert (await caller.get(f"{API}/health")).status_code == 200
        before = site.book().read()
        try:
            site.book().change(lambda now: type(now)(accounts=now.accounts[:1], tokens=now.tokens))
            assert (await caller.get(f"{API}/health")).status_code == 401
        finally:
            site.book().change(lambda _: before)
    kept = site.book().path.read_text()
    assert text not in kept
    assert text.rpartition("_")[2] not in kept


async def test_the_evidence_is_what_was_signed(world: World) -> None:
    async with client(world, "anna") as caller:
        drill = world.site.drills["acme"]
        full = (await caller.get(f"agreements/acme/drills/{drill}")).json()
        answer = await caller.get(f"agreements/acme/drills/{drill}/evidence")
    assert hashlib.sha256(answer.content).hexdigest() == full["evidence_sha256"]
    assert json.loads(answer.content)["payloadType"] == "application/vnd.in-toto+json"
    assert full["workload"] == "invoices"
    assert {one["outcome"] for one in full["verdicts"]} == {"MET", "UNPROVEN"}


@pytest.mark.parametrize(
    "path",
    [
        "agreements/acme/drills/..%2f..%2f..%2fcredentials/evidence",
        "agreements/..%2facme/drills",
        "agreements/acme/drills/%00/evidence",
        "bookings/../../../etc/passwd",
        "bookings/%2e%2e%2f%2e%2e",
        "../../tonight",
    ],
)
async def test_paths_lead_nowhere_else(world: World, path: str) -> None:
    async with client(world, "olga") as caller:
        assert (
            await caller.get(httpx.URL(f"{ORIGIN}{API}/").copy_with(raw_path=f"{API}/{path}".encode()))
        ).status_code in {303, 404}


async def test_lists_are_read_in_parts(world: World) -> None:
    async with client(world, "olga") as caller:
        for path in ("drills", "standings", "bookings"):
            whole = (await caller.get(path, params={"limit": 500})).json()["items"]
            parts: list[Any] = []
            after: str | None = ""
            while after is not None:
                part = (await caller.get(path, params={"limit": 1, "after": after})).json()
                parts += part["items"]
                after = part["next"]
            assert parts == whole
            assert len(whole) >= 2
        for after in ("x", "W10", "WyJ4Il0", "%%%", "W3t9XQ"):
            assert (await caller.get("standings", params={"after": after})).status_code == 422


async def test_a_place_in_a_list_loads_no_more_than_is_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes a `next` of their own gets another place, and costs no more."""
    limits: list[int] = []
    real = world.desk.bookings

    def counted(**asked: Any) -> Any:
        limits.append(asked.get("limit", 1000) + asked.get("offset", 0))
        return real(**asked)

    monkeypatch.setattr(world.desk, "bookings", counted)
    async with client(world, "olga") as caller:
        for key in ([10**9], [10**15, "x"], [1 << 61, "x"], [-(1 << 61), "x"], [0, "acme"]):
            after = base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")
            answer = await caller.get("bookings", params={"after": after})
            assert answer.status_code == (422 if len(key) == 1 or abs(key[0]) > 10**18 else 200), key
    assert max(limits) <= 1000


async def test_bookings_of_one_instant_are_told_once_each(world: World) -> None:
    now = datetime.now(UTC)
    made = [booking("harbour", f"tied.{letter}", now) for letter in "aB-c1"]
    world.desk.publish(made)
    seen: list[str] = []
    async with client(world, "hugo") as caller:
        after: str | None = ""
        while after is not None:
            part = (await caller.get("bookings", params={"limit": 2, "after": after})).json()
            seen += [one["id"] for one in part["items"]]
            after = part["next"]
    assert len(seen) == len(set(seen))
    assert set(seen) >= {one.id for one in made}
    for one in made:
        world.desk.cancel(one.id, "olga", now)


async def test_the_name_of_an_agreement_may_have_a_slash(world: World, tmp_path: Path) -> None:
    """As agreements' numbers often have; it may be escaped or stand as it is."""
    named = "EU/2026 7"
    copy = tmp_path / "board.sqlite"
    with closing(sqlite3.connect(world.site.state_dir / "board.sqlite")) as old:
        old.execute("VACUUM INTO ?", (str(copy),))
    with closing(sqlite3.connect(copy)) as new:
        tables = [name for (name,) in new.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            if "agreement" in {row[1] for row in new.execute(f"PRAGMA table_info({table})")}:
                new.execute(f"UPDATE {table} SET agreement = ? WHERE agreement = 'acme'", (named,))
        new.commit()
    board, estate = Database.of_file(copy), world.site.estate()
    app = make_app(estate, world.desk, address_of(estate.operation.web), board=board)
    drill = world.site.drills["acme"]
    async with browser(app, headers={"Authorization": f"Bearer {world.tokens['olga']}"}) as caller:
        for name in ("EU/2026%207", "EU%2F2026%207"):
            for path in ("promises", "workloads", f"drills/{drill}"):
                answer = await caller.get(f"{API}/agreements/{name}/{path}")
                assert answer.status_code == 200, (name, path)
                assert answer.json()
    board.close()


async def test_an_agreement_that_was_added_while_it_is_served_has_all_its_pages(world: World) -> None:
    whole = world.site.estate()
    before = Estate(workshops={"acme": whole.workshops["acme"]}, paths={"acme": whole.paths["acme"]})
    with closing(open_board(whole)) as board:
        now = [before]
        app = make_app(
            before, world.desk, address_of(before.operation.web), board=board, current=lambda: now[0]
        )
        path = f"/evidence?agreement=harbour&id={world.site.drills['harbour']}"
        async with browser(app) as client_:
            await sign_in(client_, "olga")
            assert (await client_.get(path)).status_code == 404
            now = [whole]
            assert (await client_.get(path)).status_code == 200


async def test_run_now_books_and_is_noted_and_cancel_takes_it_back(world: World) -> None:
    async with client(world, "olga") as caller:
        asked = {"agreement": "acme", "workload": "invoices"}
        made = await caller.post("run-now", json=asked)
        assert made.status_code == 201, made.text
        booking = made.json()
        assert (booking["state"], booking["priority"]) == ("wanted", 5)
        assert world.desk.actions(1)[0].booking == booking["id"]
        again = await caller.post("run-now", json=asked)
        assert again.status_code == 409
        assert world.desk.actions(1)[0].what == "refused"
        gone = await caller.post("cancel", json={"booking": booking["id"]})
        assert (gone.status_code, gone.json()["state"]) == (202, "cancelled")
        assert (world.desk.actions(1)[0].what, world.desk.actions(1)[0].account[:4]) == ("cancel", "olga")
        assert (await caller.post("cancel", json={"booking": booking["id"]})).status_code == 409
        second = (await caller.post("run-now", json=asked)).json()
        assert second["id"] == f"{booking['id']}.2"
        await caller.post("cancel", json={"booking": second["id"]})
        for wrong in (
            {"agreement": "acme", "workload": "manifests"},
            {"agreement": "x", "workload": "invoices"},
        ):
            assert (await caller.post("run-now", json=wrong)).status_code == 404
        assert (await caller.post("cancel", json={"booking": "acme/none"})).status_code == 404


async def test_a_running_drills_sandbox_is_kept_and_released(world: World) -> None:
    (lease,) = [one for one in world.desk.leases() if one.booking.startswith("acme/")]
    async with client(world, "olga") as caller:
        kept = await caller.post("keep", json={"booking": lease.booking, "minutes": 120})
        assert (kept.status_code, kept.json()) == (202, {"booking": lease.booking, "minutes": 120})
        noted = world.desk.actions(1)[0]
        assert (noted.what, noted.booking, noted.detail) == ("keep the sandbox", lease.booking, "for 2 h")
        asked = world.desk.keeping(lease.booking, lease.attempt)
        assert asked is not None
        assert (asked.span, asked.by[:4]) == (timedelta(hours=2), "olga")
        for wrong, status in (
            ({"booking": world.waiting["acme"]}, 409),
            ({"booking": "acme/none"}, 404),
            ({"booking": lease.booking, "minutes": 481}, 422),
        ):
            assert (await caller.post("keep", json=wrong)).status_code == status
        told: dict[str, Any] = {
            "booking": lease.booking, "attempt": lease.attempt, "drill": None, "at": datetime.now(UTC), "phases": (),
            "stands_until": datetime.now(UTC) + timedelta(hours=2), "ways_in": ("ip netns exec drv-1 bash",),
        }  # fmt: skip
        before = next(one for one in world.desk.live() if one.booking == lease.booking)
        world.desk.renew(lease.booking, lease.attempt, datetime.now(UTC), Live(**told))
        shown = (await caller.get("tonight")).json()["running"]
        assert [one["ways_in"] for one in shown if one["booking"] == lease.booking] == [list(told["ways_in"])]
        async with client(world, "anna") as customer:
            (theirs,) = (await customer.get("tonight")).json()["running"]
            assert (theirs["ways_in"], theirs["stands_until"]) == ([], shown[0]["stands_until"])
        world.desk.renew(lease.booking, lease.attempt, datetime.now(UTC), before)
        gone = await caller.post("release", json={"booking": lease.booking})
        assert (gone.status_code, gone.json()["minutes"]) == (202, 0)
        assert world.desk.actions(1)[0].what == "release the sandbox"


@pytest.mark.parametrize("who", ["rita", "anna", "hugo", "looking"])
async def test_who_only_looks_does_nothing_and_that_is_noted(world: World, who: str) -> None:
    async with client(world, who) as caller:
        for agreement, workload in WORKLOADS.items():
            answer = await caller.post("run-now", json={"agreement": agreement, "workload": workload})
            assert answer.status_code == 403
            assert world.desk.actions(1)[0].what == "refused"
            for path in ("keep", "release"):
                answer = await caller.post(path, json={"booking": world.waiting[agreement]})
                assert answer.status_code == 403
            answer = await caller.post("cancel", json={"booking": world.waiting[agreement]})
            assert answer.status_code == 403
            noted = world.desk.actions(1)[0]
            assert noted.what == "refused"
            assert noted.account.startswith("olga" if who == "looking" else who)
    for waiting in world.waiting.values():
        found = world.desk.booking(waiting)  # type: ignore[arg-type]
        assert found is not None
        assert found[1] is BookingState.WANTED
