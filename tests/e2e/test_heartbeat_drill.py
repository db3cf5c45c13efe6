"""A drill of files with the customer's part in it: heartbeats inside, a witness beside, its checkpoint held."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.compose import Workshop
from drverify.model.evidence import TrustedKey
from drverify.sealing.keys import read_trust, trust_file
from drverify.transparency import checkpoint, note
from lab.estate import beats, life, restic
from lab.estate.layout import WITNESS_KEY, Estate, write_inventory, write_settings
from lab.estate.machine import SHOP
from lab.settings import Lab
from tests.support.estates import drverify
from tests.support.probing import LOOPBACK, free_port
from tests.support.restic_init import initialise_in

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_restic, pytest.mark.timeout(120)]
NAME = "acme.example/drverify"


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """The lab's files and one recovery point of them, without a running shop."""
    made = life.estate_of(Lab(root=tmp_path / "lab"))
    initialise_in(made.root)
    life.lay_agreement(made)
    write_settings(made)
    repository = restic.Repository(path=made.repository, password=made.password)
    point = asyncio.run(life._back_up_files(made, repository))
    since = point.as_of - timedelta(hours=1)
    write_inventory(made, life.workloads(made, SHOP, {"shop": since, life.FILES: since}))
    return made


@pytest.fixture
def acme(estate: Estate) -> Iterator[Path]:
    """The customer's machine, whose witness the provider's settings name."""
    place = estate.root / "customer"
    place.mkdir()
    workshop = Workshop.open(estate.config)
    log = workshop.log()
    assert log is not None
    (place / "provider.vkey").write_text(log.tiles.key.vkey)
    key = estate.parties / WITNESS_KEY
    (place / "acme.vkey").write_text(drverify(estate.config, "customer", "key", str(key), "--name", NAME).out)
    port = free_port()
    words = [
        "--held",
        "held",
        "--key",
        "provider.vkey",
        "--sign",
        str(key),
        "--name",
        NAME,
        "--listen",
        f"{LOOPBACK}:{port}",
    ]
    running = subprocess.Popen(
        [sys.executable, "-m", "drverify", "customer", "witness", *words],
        cwd=place,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stderr is not None
        while "listening" not in (line := running.stderr.readline()):
            assert line
        named = f'\n[[log.witnesses]]\nname = "acme"\nurl = "http://{LOOPBACK}:{port}"\nkey = "{place / "acme.vkey"}"\n'
        estate.config.write_text(estate.config.read_text() + named)
        yield place
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=10)


def trust_with_customer(estate: Estate) -> Path:
    """What the provider wrote, and the customer's key that only they could add."""
    workshop = Workshop.open(estate.config)
    own = read_trust(workshop.trust_file().read_bytes(), what="trust")
    signer = KeyfileSigner.read(estate.parties / WITNESS_KEY)
    path = estate.root / "customer.trust.json"
    key = TrustedKey(role="witness", public_der=signer.public_der, name=NAME)
    path.write_text(json.dumps(trust_file([*own.keys, key], own.authorities)))
    return path


def test_a_drill_with_the_customers_part(estate: Estate, acme: Path) -> None:
    ran = drverify(estate.config, "drill", "run", life.FILES)
    assert ran.code in {0, 11}, ran.out + ran.err
    assert ran.err.count("acme cosigned ") == 2, ran.err
    held = note.parse((acme / "held").read_bytes(), what="held")
    assert checkpoint.parse(held.text, what="held").size == 2
    assert sorted(one.name for one in (estate.state / "log" / "cosigned").iterdir()) == ["1", "2"]
    (directory,) = (estate.state / "drills").iterdir()
    given = ("verify", str(directory), "--trust", str(trust_with_customer(estate)))
    checked = drverify(
        estate.config, *given, "--held", str(acme / "held"), "--log", str(estate.state / "log")
    )
    assert checked.code == 0, checked.out + checked.err
    assert f"that the witness {NAME} signed: RPO rests on the witness's own key" in checked.out
    assert f"{NAME} cosigned the log with the result in it at 20" in checked.out
    assert "the log is the one of which 2 entries are held; both entries are among them" in checked.out
    by_provider = drverify(
        estate.config, "verify", str(directory), "--trust", str(estate.state / "runner.trust.json")
    )
    assert "whom the trust file does not name as customer or witness" in by_provider.out


def test_a_heartbeat_that_was_changed_in_the_backup_is_the_providers_failure(estate: Estate) -> None:
    """Whoever writes a newer time into the restored copy cannot sign it; the drill says MISSED, not UNPROVEN."""
    path = life.files_of(estate) / beats.FILE
    path.write_bytes(path.read_bytes().replace(b"time 20", b"time 21"))
    repository = restic.Repository(path=estate.repository, password=estate.password)
    asyncio.run(
        restic.backup(repository, life.files_of(estate), workload=life.FILES, as_of=datetime.now(UTC))
    )
    ran = drverify(estate.config, "drill", "run", life.FILES, "--json")
    assert ran.code == 10, ran.out + ran.err
    missed = {name: verdict["outcome"] for name, verdict in ran.verdicts().items()}
    assert "MISSED" in missed.values()
    assert "does not hold" in ran.out + ran.err
