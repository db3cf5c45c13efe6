"""`drverify inventory` on a real repository and a real libvirt: late, missing and unknown backups."""

import asyncio
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import libvirt
import pytest

from drverify.adapters.libvirt.calls import DEFAULT_URI
from drverify.errors import Exit
from lab.estate import restic
from lab.estate.layout import Estate
from lab.estate.tiny import WORKLOAD, repository_of
from tests.support.estates import drverify

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.needs_lab,
]


def test_a_look_tells_how_backups_stand_and_the_next_one_what_changed(
    tiny: Estate, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # or words are wrapped inside of cells
    nobody = drverify(config, "inventory", "show")
    assert (nobody.code, "nobody has looked yet" in nobody.err) == (Exit.WRONG_INPUT, True)
    first = drverify(config, "inventory", "sync")
    assert first.code == Exit.OK, first.out + first.err
    assert "as promised" in first.out
    assert "changed" not in first.out
    repository = repository_of(tiny)
    stray = tmp_path / "stray"
    stray.write_text("of a machine that nobody drills")
    snapshot = asyncio.run(restic.snapshots(repository, WORKLOAD))[0]
    made = asyncio.run(restic.backup(repository, stray, workload="stray", as_of=snapshot.as_of))
    try:
        second = drverify(config, "inventory", "sync")
        assert second.code == Exit.OK
        assert "1 points of stray in lab-restic" in second.out
        assert "new: backups of stray in lab-restic, of no workload" in second.out
    finally:
        asyncio.run(restic.forget(repository, [made]))
    again = drverify(config, "inventory", "show", "--json").json()
    assert [one["workload"] for one in again["standings"]] == ["tiny"]
    assert again["unread"] == []
    text = config.read_text().replace("/repos/main", "/repos/gone")
    config.write_text(text)
    history = drverify(config, "inventory", "history", WORKLOAD)
    rows = [line for line in history.out.splitlines() if " old " in line]
    assert (history.code, len(rows)) == (Exit.OK, 2), history.out + history.err
    unknown = drverify(config, "inventory", "history", "nothing")
    assert (unknown.code, "no workload 'nothing'" in unknown.err) == (Exit.WRONG_INPUT, True)
    lost = drverify(config, "inventory", "sync")
    assert lost.code == Exit.UNPROVEN
    assert "not asked   lab-restic" in lost.out
    assert "gone" not in lost.out.replace("repos/gone", "")
    assert json.loads(drverify(config, "inventory", "show", "--json").out)["unread"]


@contextmanager
def guest(name: str) -> Iterator[None]:
    """A machine of libvirt's that is switched off, and nobody's sandbox."""
    connection = libvirt.open(DEFAULT_URI)
    system = "<os><type arch='x86_64'>hvm</type></os>"
    xml = f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory>{system}</domain>"
    domain = connection.defineXML(xml)
    try:
        yield
    finally:
        domain.undefine()
        connection.close()


def test_a_guest_that_no_workload_protects_is_told(
    tiny: Estate, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    name = f"stray-{secrets.token_hex(3)}"
    with guest(name):
        seen = drverify(config, "inventory", "sync")
        said = [line for line in seen.out.splitlines() if name in line and "unprotected" in line]
        assert said == [f"unprotected {name} on local, not running: no workload of the inventory"], seen.out
    gone = drverify(config, "inventory", "sync")
    assert not [line for line in gone.out.splitlines() if name in line and "unprotected" in line]
