"""What a customer is not told: how much others drill on a shared host, and who of the provider did something."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from drverify.model.booking import Action, BookingId
from drverify.web.app_faces import API
from tests.support.web_site import ORIGIN, World, booking, browser, sign_in

pytestmark = pytest.mark.needs_restic


def program(world: World, who: str) -> httpx.AsyncClient:
    made = browser(world.app, headers={"Authorization": f"Bearer {world.tokens[who]}"})
    made.base_url = httpx.URL(f"{ORIGIN}{API}/")
    return made


async def test_how_much_others_drill_is_not_theirs(world: World) -> None:
    """Both agreements drill on one host now: each customer is shown their own drill, the operator both."""
    for who, held in (("olga", "2"), ("anna", "1"), ("hugo", "1")):
        async with browser(world.app) as client:
            await sign_in(client, who)
            page = (await client.get("/hosts")).text
            row = re.search(r'<tr><th scope="row">local</th>\s*<td class="n">(\d+)', page)
            assert row is not None, page
            assert row[1] == held, who
        async with program(world, who) as caller:
            health = (await caller.get("health")).json()
            told = {health["workers"], health["running"]}
            assert told == ({1, 2} if who == "olga" else {None})


async def test_who_of_the_provider_did_it_is_not_theirs(world: World) -> None:
    now = datetime.now(UTC)
    made = replace(
        booking("acme", "asked", now), asked_by="olga", why="asked for by olga", id=BookingId("acme/asked")
    )
    world.desk.publish([made])
    world.desk.note(Action(at=now, account="olga", what="run now", booking=made.id))
    for who in ("rita", "anna"):
        async with browser(world.app) as client, program(world, who) as caller:
            assert (await sign_in(client, who)).status_code == 303
            pages = ("/actions", "/tonight", "/plan", f"/booking?id={made.id}")
            texts = [(await client.get(page)).text for page in pages]
            texts.append((await caller.get(f"bookings/{made.id}")).text)
            texts.append((await caller.get("bookings", params={"agreement": "acme"})).text)
            assert [("olga" in text, "an operator" in text) for text in (texts[0], *texts[3:])] == [
                (who == "rita", who == "anna")
            ] * 4
            assert who == "rita" or not [text for text in texts if "olga" in text]
            assert who in texts[0]  # their own signing in
    world.desk.cancel(made.id, "olga", now)
