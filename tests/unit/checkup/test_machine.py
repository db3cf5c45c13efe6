"""What doctor says of libvirt where it is not running."""

from pathlib import Path

import pytest

from drverify.adapters.libvirt import daemon
from drverify.adapters.linux import command
from drverify.adapters.signing.keyfile import create
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


SETTINGS = """\
state_dir = "state"
register = "acme.lock.yaml"
inventory = "inventory.yaml"
playbooks = "playbooks"
sources = {}
hosts = {}

[signing]
key = "file:runner.key"
"""
LOG = '[log]\norigin = "provider.example/log"\nkey = "file:log.key"\n'


def settled(root: Path, log: str) -> machine.Workshop:
    create(root / "runner.key")
    (root / "drverify.toml").write_text(SETTINGS + log)
    return machine.Workshop.open(root / "drverify.toml")


def test_a_machine_without_a_log_is_told_what_it_lacks(tmp_path: Path) -> None:
    found = machine.evidence_log(settled(tmp_path, ""))
    assert (found.state, "left out" in found.seen, "[log]" in found.mend) == ("warn", True, True)


def test_a_log_that_no_drill_could_be_written_into_is_a_lack(tmp_path: Path) -> None:
    workshop = settled(tmp_path, LOG)
    assert (machine.evidence_log(workshop).state, machine.evidence_log(workshop).mend) == (
        "lack",
        "make one with `drverify key new`",
    )
    create(tmp_path / "log.key")
    assert machine.evidence_log(workshop).seen == "provider.example/log, 0 entries"
    (tmp_path / "state" / "log").mkdir(parents=True)
    (tmp_path / "state" / "log" / "checkpoint").write_text("of somebody else\n")
    assert machine.evidence_log(workshop).state == "lack"


def test_a_machine_whose_networks_cannot_be_set_lacks_something(tmp_path: Path) -> None:
    assert machine.network(tmp_path).state == "lack"
    (tmp_path / "net/ipv4").mkdir(parents=True)
    (tmp_path / "net/ipv4/ip_forward").write_text("0")
    assert machine.network(tmp_path).state == "ok"
