"""`drverify drill run --keep 2h` on a real terminal: signed first, looked into, and taken back when a person says so."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from drverify.errors import Exit
from tests.support.night_site import Site, backed_up
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.needs_restic, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("keep")
    return Site(root / "site", backed_up(root / "stage", kib=64))


@pytest.fixture
def terminal(site: Site) -> Iterator[Terminal]:
    made = Terminal(site.config, "drill", "run", "tiny", "--keep", "2h")
    yield made
    made.close()


def test_it_stands_for_a_look_and_enter_takes_it_back(site: Site, terminal: Terminal) -> None:
    before = site.evidence()
    terminal.until("it stands for 2 h; press Enter to take it back now")
    (drill,) = set(site.evidence()) - set(before)
    way_in = re.search(r"get in: files: ([^\s\x1b]+)", terminal.screen)
    assert way_in is not None, terminal.screen
    names = {path.name: path.read_bytes() for path in Path(way_in[1]).rglob("file-*")}
    assert names == {path.name: path.read_bytes() for path in site.stage.files.iterdir()}
    assert "in use" in site.run("sandbox", "reap").out
    assert Path(way_in[1]).exists()
    terminal.press_enter()
    assert terminal.ended() == Exit.MISSED, terminal.screen  # one point, and a month of them is promised
    assert drill in terminal.screen
    assert (site.sandboxes(), site.ledgers()) == ([], [])
    assert not Path(way_in[1]).exists()


def test_interrupted_while_it_stands_it_is_taken_back_and_its_evidence_stays(
    site: Site, terminal: Terminal
) -> None:
    before = site.evidence()
    terminal.until("press Enter to take it back now")
    assert len(site.sandboxes()) == 1
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.ended() == Exit.INTERRUPTED, terminal.screen
    assert (site.sandboxes(), site.ledgers()) == ([], [])
    assert len(site.evidence()) == len(before) + 1
