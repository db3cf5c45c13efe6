"""`drverify tonight --watch`: the picture at a terminal, lines without one, until Ctrl-C."""

import signal
import subprocess

import pytest

from drverify.errors import Exit
from tests.support.estates import ROOT, command
from tests.support.night_site import Site, backed_up
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.needs_restic, pytest.mark.timeout(60)]


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("watched")
    return Site(root / "site", backed_up(root / "stage", kib=64))


def test_what_changes_is_shown_until_somebody_has_seen_enough(site: Site) -> None:
    booking = site.book()
    terminal = Terminal(site.config, "tonight", "--watch")
    lines = subprocess.Popen(
        command(site.config, "tonight", "--watch"), stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        terminal.until("tiny")
        assert lines.stdout is not None
        assert "wanted" in next(line for line in lines.stdout if "tiny" in line)
        assert site.run("tonight", "cancel", booking).code == Exit.OK
        terminal.until("cancelled")
        assert "cancelled" in next(line for line in lines.stdout if "tiny" in line)
        for process in (terminal.process, lines):
            process.send_signal(signal.SIGINT)
        assert terminal.ended() == Exit.OK
        assert lines.wait(20) == Exit.OK
    finally:
        terminal.close()
        lines.kill()
        lines.wait()
