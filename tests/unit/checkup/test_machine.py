"""What doctor says of libvirt where it is not running."""

from pathlib import Path

import pytest

from drverify.adapters.libvirt import daemon
from drverify.adapters.linux import command
from drverify.checkup import machine
from drverify.checkup.findings import guarded


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nobody listens, both programs are there; the folder stands for systemd's when it is made."""
    for name in ("libvirtd", "virtlogd", "virsh"):
        (tmp_path / name).write_text("#!/bin/sh\necho nobody answers >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(daemon, "SOCKETS", (tmp_path / "libvirt-sock",))
    monkeypatch.setattr(daemon, "SYSTEMD", tmp_path / "systemd")
    monkeypatch.setattr(daemon, "PATH", str(tmp_path))
    monkeypatch.setattr(command, "PATH", str(tmp_path))
    return tmp_path


async def test_drills_start_libvirt_where_there_is_no_systemd(stopped: Path) -> None:
    found = await guarded("libvirt", machine.libvirt)
    assert (found.state, found.mend) == ("ok", "")
    assert found.seen == "not running; drills start it, as there is no systemd"


async def test_nobody_starts_what_is_not_installed(stopped: Path) -> None:
    (stopped / "virtlogd").unlink()
    found = await guarded("libvirt", machine.libvirt)
    assert found.state == "lack"


async def test_systemd_is_asked_to_start_it(stopped: Path) -> None:
    (stopped / "systemd").mkdir()
    found = await guarded("libvirt", machine.libvirt)
    assert (found.state, found.mend) == ("lack", daemon.START)
