"""A site with two customers for tests of the web page: real agreements, a real drill of each, a real desk."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from drverify.adapters.accounts.book import AccountBook
from drverify.adapters.accounts.tokens import new_token
from drverify.adapters.desk.desk import TableDesk
from drverify.adapters.desk.opening import DESK_FILE, desk_for
from drverify.cli.main import main
from drverify.model.account import Account, Accounts
from drverify.model.booking import Booking, BookingId, Live, LivePhase, Place, Worker, WorkerId
from drverify.model.drill import DrillId
from drverify.model.nights import Load
from drverify.model.nights import Room as NightRoom
from drverify.operation.boarding import open_board, project
from drverify.operation.estate import Estate
from drverify.web.app import make_app
from drverify.web.serving import address_of
from lab.estate.night import Customer, Room, night_estate
from tests.support.estates import traversable_directory

CUSTOMERS = (
    Customer(name="acme", title="Acme Shop GmbH", guests=0, file_sets=("invoices",)),
    Customer(name="harbour", title="Harbour Freight Line AG", guests=0, file_sets=("manifests",)),
)
WORKLOADS = {"acme": "invoices", "harbour": "manifests"}
WORDS = {"acme": ("acme", "invoices"), "harbour": ("harbour", "manifests")}
"""What nobody of the other customer may ever read."""
PASSWORD = "correct horse battery staple"
_DIGEST = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
"""With cheap parameters: what real ones cost is not what these tests are about."""
ACCOUNTS = (
    Account(name="olga", role="operator", password=_DIGEST),
    Account(name="rita", role="reader", password=_DIGEST),
    Account(name="anna", role="customer", agreements=("acme",), password=_DIGEST),
    Account(name="hugo", role="customer", agreements=("harbour",), password=_DIGEST),
)
ORIGIN = "http://127.0.0.1:8460"


@dataclass(frozen=True, kw_only=True)
class Site:
    """The site's own settings; estate and desk are opened by whoever wants them."""

    config: Path
    drills: dict[str, str]
    """The drill of each agreement."""
    state_dir: Path
    """Of the operation."""

    def estate(self) -> Estate:
        return Estate.open(self.config)

    @contextmanager
    def desk(self) -> Iterator[TableDesk]:
        estate = self.estate()
        opened = desk_for(estate.operation, estate.state_dir, estate.main.secret)
        try:
            yield opened
        finally:
            opened.close()

    def forgive(self) -> None:
        """Nobody failed to sign in so far: each test begins with that."""
        file = self.state_dir / DESK_FILE
        if not file.exists():
            return
        with closing(sqlite3.connect(file)) as rows, rows:
            if rows.execute("SELECT 1 FROM sqlite_master WHERE name = 'refused_sign_ins'").fetchone():
                rows.execute("DELETE FROM refused_sign_ins")

    def book(self) -> AccountBook:
        return AccountBook(self.state_dir)

    def people(self) -> AccountBook:
        """Exactly the accounts of these tests, without rules and tokens."""
        book = self.book()
        book.change(lambda _: Accounts(accounts=ACCOUNTS))
        return book

    def token(self, account: str, *, may_act: bool = True, lasts: timedelta = timedelta(days=1)) -> str:
        kept, text = new_token(
            account, datetime.now(UTC).replace(microsecond=0), lasts=lasts, may_act=may_act
        )

        def by(accounts: Accounts) -> Accounts:
            return Accounts(accounts=accounts.accounts, rules=accounts.rules, tokens=(*accounts.tokens, kept))

        self.book().change(by)
        return text


@contextmanager
def web_site() -> Iterator[Site]:
    """Build the site; it is removed afterwards."""
    with traversable_directory("web") as root:
        estates = asyncio.run(night_estate(root, Room(begins=time(22), ends=time(6)), customers=CUSTOMERS))
        drills = {}
        for estate, (agreement, workload) in zip(estates, WORKLOADS.items(), strict=True):
            main(["--config", str(estate.config), "drill", "run", workload])
            drills[agreement] = next((estate.config.parent / "state" / "drills").iterdir()).name
        state_dir = Estate.open(estates[0].config).state_dir
        yield Site(config=estates[0].config, drills=drills, state_dir=state_dir)
        shutil.rmtree(root / "acme" / "state" / "operation", ignore_errors=True)


def browser(app: object, **more: object) -> httpx.AsyncClient:
    """Somebody who sends what a browser would, without leaving the process."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, **more)  # type: ignore[arg-type]


def form_token(page: httpx.Response) -> str:
    """The hidden token of a page's form."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


async def sign_in(
    client: httpx.AsyncClient, name: str, password: str = PASSWORD, after: str = "/"
) -> httpx.Response:
    """Fill the form in and send it."""
    page = await client.get("/sign-in", params={"next": after})
    data = {"csrf": form_token(page), "name": name, "password": password, "next": after}
    return await client.post("/sign-in", data=data)


@dataclass(frozen=True, kw_only=True)
class World:
    """A running application and what is behind it."""

    site: Site
    app: FastAPI
    desk: TableDesk
    tokens: dict[str, str]
    accounts: Accounts
    running: dict[str, str]
    """By agreement the booking whose drill runs."""
    waiting: dict[str, str]
    """By agreement a booking that waits."""


@contextmanager
def world_of(site: Site) -> Iterator[World]:
    site.people()
    tokens = {one.name: site.token(one.name) for one in ACCOUNTS}
    tokens["looking"] = site.token("olga", may_act=False)
    tokens["over"] = site.token("olga", lasts=timedelta(days=-1))
    estate, now = site.estate(), datetime.now(UTC)
    board = open_board(estate)
    with site.desk() as desk:
        running, waiting = _busy(estate, desk, now)
        project(estate, board, now=now, desk=desk)
        app = make_app(estate, desk, address_of(estate.operation.web), board=board)
        try:
            yield World(
                site=site,
                app=app,
                desk=desk,
                tokens=tokens,
                accounts=site.book().read(),
                running=running,
                waiting=waiting,
            )
        finally:
            board.close()


def _busy(estate: Estate, desk: TableDesk, now: datetime) -> tuple[dict[str, str], dict[str, str]]:
    """A running and a waiting booking of each agreement, and the worker that runs them."""
    bookings = {}
    for state in ("running", "waiting"):
        bookings[state] = {agreement: booking(agreement, state, now) for agreement in estate.workshops}
        desk.publish(list(bookings[state].values()))
    worker = WorkerId("lab/machine/1")
    desk.beat(Worker(id=worker, site="lab", machine="machine", pid=1, boot="boot", version="0", seen=now))
    ours = {one.id: Place(host=one.host) for one in bookings["running"].values()}
    for lease in desk.admit(worker, now, {"local": ROOM}, lambda *_: ours):
        name = str(lease.booking).partition("/")[0]
        live = Live(
            booking=lease.booking,
            attempt=1,
            drill=DrillId(f"20261123T22000{len(name)}Z-0000aa"),
            at=now,
            phases=(LivePhase(name="restore", began=now),),
            bytes_done=1,
            lines=(f"{name}: restoring {WORKLOADS[name]}",),
        )
        desk.renew(lease.booking, 1, now, live, PICTURE)
    ids = {state: {name: str(one.id) for name, one in named.items()} for state, named in bookings.items()}
    return ids["running"], ids["waiting"]


ROOM = NightRoom(host="local", at_once=4, memory_mib=4096)
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf500f0003860180"
    "5a34c1f30000000049454e44ae426082"
)
"""One pixel."""


def booking(agreement: str, number: str, now: datetime) -> Booking:
    """A plain booking that may begin now."""
    return Booking(
        id=BookingId(f"{agreement}/{WORKLOADS[agreement]}/{now:%Y-%m-%d}/drill.{number}"),
        site="lab",
        agreement=agreement,
        workload=WORKLOADS[agreement],
        kind="drill",
        evening=now.date(),
        not_before=now,
        not_after=now + timedelta(hours=8),
        due=now + timedelta(days=1),
        priority=10,
        host="local",
        load=Load(memory_mib=0),
        reads=0,
        takes=timedelta(minutes=1),
        mode="full",
        point="latest",
        slot=None,
        obligations=(),
        why=f"a restore test of {agreement}",
    )
