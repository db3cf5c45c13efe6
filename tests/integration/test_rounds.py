"""A site's rounds on real drills: looks at its backups, metrics, and a message about what is wrong."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from drverify.adapters.storage.surveys import SurveyDirectory
from drverify.cli.main import main
from drverify.errors import Exit
from drverify.operation.estate import Estate as Site
from drverify.operation.opening import open_desk
from drverify.operation.rounds import SiteRounds
from lab.authority.making import make_authority
from lab.estate.layout import Estate, write_secret
from lab.estate.night import DAMAGED, OVERDUE, Customer, Room, night_estate
from tests.support.estates import traversable_directory

pytestmark = [pytest.mark.needs_restic]
CUSTOMERS = (
    Customer(name="acme", title="Acme Shop GmbH", guests=0, file_sets=("invoices", DAMAGED)),
    Customer(name="harbour", title="Harbour Freight Line AG", guests=0, file_sets=(OVERDUE,)),
)


@pytest.fixture(scope="module")
def estates() -> Iterator[tuple[Estate, ...]]:
    with traversable_directory("rounds") as root:
        room = Room(begins=time(22), ends=time(6))
        made = asyncio.run(night_estate(root, room, customers=CUSTOMERS))
        for estate, names in zip(made, (("invoices", DAMAGED), (OVERDUE,)), strict=True):
            for name in names:
                main(["--config", str(estate.config), "drill", "run", name, "--json"])
        yield made


@pytest.fixture
def posted(estates: tuple[Estate, ...]) -> Iterator[list[dict[str, Any]]]:
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    root = estates[0].root
    write_secret(root / "hook", f"json://127.0.0.1:{server.server_address[1]}/".encode())
    text = estates[0].config.read_text()
    more = f'metrics_file = "textfile/site.prom"\n[operation.notify]\nto = ["file:{root / "hook"}"]\n'
    estates[0].config.write_text(text + more)
    try:
        yield got
    finally:
        estates[0].config.write_text(text)
        server.shutdown()
        thread.join()
        server.server_close()


def samples(path: Path) -> dict[tuple[str, frozenset[str]], float]:
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(path.read_text())
        for sample in family.samples
    }


def test_a_round_looks_measures_and_tells_once(
    estates: tuple[Estate, ...], posted: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["--config", str(estates[0].config), "config", "check"]) == Exit.OK
    site, said = Site.open(estates[0].config), []
    desk = open_desk(site.main)
    rounds = SiteRounds(lambda: site, desk, said.append)
    now = datetime.now(UTC)
    try:
        rounds.tick(now, lambda: now)
        (line,) = said  # nobody made the metrics' directory: people are told all the same
        assert line.startswith("operation.metrics_file: cannot write")
        assert len(posted) == 1
        (estates[0].root / "textfile").mkdir()
        later = now + timedelta(minutes=10)
        rounds.tick(later, lambda: later)
    finally:
        rounds.close()
        desk.close()
    assert said == [line]
    (message,) = posted  # one for everything, and nothing for the second round
    for name in (DAMAGED, OVERDUE):
        assert f"/{name})" in message["message"]
    assert "/invoices)" not in message["message"]
    assert "backup late" in message["message"]
    found = samples(estates[0].root / "textfile" / "site.prom")
    assert found["drverify_promise", frozenset(("acme", "invoices", "rpo-2.1", "MET"))] == 1
    assert found["drverify_promise", frozenset(("acme", DAMAGED, "rto-2.2", "MISSED"))] == 1
    assert found["drverify_alarms", frozenset(("lab", "promise missed"))] >= 2
    looks = [SurveyDirectory(one.state_dir / "surveys").at() for one in site.workshops.values()]
    assert all(looks)


def test_a_round_says_which_time_stamps_are_still_not_given(
    estates: tuple[Estate, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    authority = make_authority(tmp_path / "away", "away")
    config = estates[1].config
    text = config.read_text()
    away = f'\n[[log.authorities]]\nname = "away"\nurl = "http://127.0.0.1:1/away"\nca = "{authority.root}"\n'
    config.write_text(text + away)
    try:
        main(["--config", str(config), "log", "stamp"])  # keeps what is to be stamped
        site, said = Site.open(estates[0].config), []
        desk = open_desk(site.main)
        rounds = SiteRounds(lambda: site, desk, said.append)
        try:
            for minutes in (0, 1, 6):
                at = datetime.now(UTC) + timedelta(minutes=minutes)
                rounds.tick(at, lambda at=at: at)  # type: ignore[misc]
        finally:
            rounds.close()
            desk.close()
    finally:
        config.write_text(text)
    capsys.readouterr()
    (line,) = [line for line in said if "time stamp" in line]  # once, and not in every round
    assert line.startswith("harbour: no time stamp of away: cannot be asked")
