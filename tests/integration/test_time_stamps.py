"""Drills whose log is stamped by real authorities (openssl over HTTP), checked by us and by openssl."""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters.stamping.tokens import check_token
from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.adapters.storage.stamps import StampDirectory
from drverify.engine.drills.drill import Concluded, run_drill
from drverify.engine.drills.journal import START_PROOF
from drverify.engine.keeping import Answer
from drverify.errors import EvidenceError, Exit
from drverify.sealing.contradictions.challenged import FORESEEABLE
from drverify.sealing.keys import trust_file
from drverify.sealing.stamps import MISSING
from drverify.transparency import proof
from lab.authority.making import Authority, make_authority
from lab.authority.server import serving
from tests.support.authorities import accepted_by_openssl, asking, token_of, trusted_root
from tests.support.memory import SteppingClock
from tests.unit.engine.drills.test_journal import RUNNER, TRUST, Bench


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    root = tmp_path_factory.mktemp("authorities")
    return make_authority(root / "first", "first"), make_authority(
        root / "second", "second", whole_chain=True
    )


@pytest.fixture
def address(authorities: tuple[Authority, ...]) -> Iterator[str]:
    with serving({one.name: one.reply for one in authorities}) as found:
        yield found


class Yard:
    """A bench whose clock is this machine's, and its stamps."""

    def __init__(self, root: Path, authorities: tuple[Authority, ...]) -> None:
        self.root, self.authorities = root, authorities
        self.bench = Bench(root)
        self.bench.stage.clock = SteppingClock(datetime.now(UTC))
        self.trust = root / "trust.json"
        self.trust.write_text(json.dumps(trust_file(TRUST, [trusted_root(one) for one in authorities])))

    def stamps(self, address: str, *, within: float = 5) -> StampDirectory:
        return StampDirectory(self.bench.log, asking(address, *self.authorities, within=within))

    async def drill(self, stamps: StampDirectory | None) -> Concluded:
        bench, plan = self.bench, self.bench.stage.plan()
        ports = replace(bench.stage.ports(), store=bench.store, log=bench.log, stamps=stamps)
        bench.stage.prober.asked.clear()
        return await run_drill(bench.order(plan), ports, RUNNER)

    def verify(self, directory: Path, *more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "drverify", "verify", directory, "--trust", self.trust, *more]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def yard(tmp_path: Path, authorities: tuple[Authority, Authority]) -> Yard:
    return Yard(tmp_path, authorities)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


STAMPS = ["evidence.first.tsr", "evidence.second.tsr", "started.first.tsr", "started.second.tsr"]


async def test_start_and_result_are_stamped_and_the_stamps_are_checked_offline(
    yard: Yard, address: str
) -> None:
    done = await yard.drill(yard.stamps(address))
    directory, log = done.evidence.parent, yard.bench.log.path
    assert [name for name in names(directory) if name.endswith(".tsr")] == STAMPS
    assert names(log / "checkpoints") == ["1", "2"]
    assert names(log / "timestamps") == ["1.first.tsr", "1.second.tsr", "2.first.tsr", "2.second.tsr"]
    assert (directory / "started.first.tsr").read_bytes() == (log / "timestamps/1.first.tsr").read_bytes()
    said = [note for note in yard.bench.stage.progress.notes if note.startswith("time stamp of")]
    assert [note.split(":")[0] for note in said] == ["time stamp of first", "time stamp of second"] * 2
    found = yard.verify(directory)
    assert found.returncode == Exit.OK, found.stdout + found.stderr
    assert "the start was in the log at " in found.stdout
    assert "at the latest, by the clock of first and second; the restore began at " in found.stdout
    assert "the result was in the log at " in found.stdout
    assert "note:" not in found.stdout


async def test_openssl_accepts_what_is_kept_and_nothing_else(yard: Yard, address: str) -> None:
    await yard.drill(yard.stamps(address))
    log = yard.bench.log.path
    for one, other in (yard.authorities, reversed(yard.authorities)):
        for size in ("1", "2"):
            kept = log / "timestamps" / f"{size}.{one.name}.tsr"
            assert accepted_by_openssl(log / "checkpoints" / size, kept, one.root)
            assert not accepted_by_openssl(log / "checkpoints" / size, kept, other.root)
        assert not accepted_by_openssl(log / "checkpoints/1", log / f"timestamps/2.{one.name}.tsr", one.root)


async def test_the_commands_of_the_guide_check_a_stamp_without_drverify(yard: Yard, address: str) -> None:
    done = await yard.drill(yard.stamps(address))
    beside = done.evidence.parent
    shutil.copy(yard.authorities[0].root, beside / "first.pem")
    guide = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text()
    (commands,) = [part for part in guide.split("```") if "openssl ts -verify" in part]
    done_by_hand = subprocess.run(
        ["bash", "-euc", commands.removeprefix("sh\n")],
        cwd=beside,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done_by_hand.returncode, done_by_hand.stdout) == (0, "Verification: OK\n"), done_by_hand.stderr


async def test_what_others_sign_later_changes_no_stamped_byte(yard: Yard, address: str) -> None:
    stamps = yard.stamps(address)
    done = await yard.drill(stamps)
    shown = proof.parse((done.evidence.parent / START_PROOF).read_bytes(), what="proof")
    (own,) = shown.note.signatures
    witness, namesake = replace(own, name="acme.example/witness", id=b"1234"), replace(own, id=b"1234")
    both = replace(shown, note=replace(shown.note, signatures=(namesake, own, witness)))
    assert {one.said for one in stamps.stamp(proof.render(both))} == {
        "first has stamped 1 entries",
        "second has stamped 1 entries",
    }
    (done.evidence.parent / START_PROOF).write_bytes(proof.render(both))
    found = yard.verify(done.evidence.parent, "--stamped")
    assert found.returncode == Exit.OK, found.stdout


async def test_only_the_log_as_it_is_gets_stamped(yard: Yard, address: str) -> None:
    """A second history under the same key, and a checkpoint that somebody put into the first one's place."""
    stamps = yard.stamps(address)
    done = await yard.drill(stamps)
    fork = DirectoryLog(yard.root / "fork", yard.bench.log.tiles.key, yard.bench.log._signer)
    fork.add("drill-started", done.evidence.read_bytes())
    with pytest.raises(EvidenceError, match="does not begin with its 1 entries any more"):
        stamps.stamp(fork.proof(0))
    kept = yard.bench.log.path / "checkpoints" / "1"
    kept.write_bytes(kept.read_bytes() + b"\n")
    with pytest.raises(EvidenceError, match="the log signed another checkpoint of 1 entries"):
        stamps.stamp((done.evidence.parent / START_PROOF).read_bytes())


async def asked(stamps: StampDirectory, drills: Path) -> list[tuple[int, Answer]]:
    """All that is missing, asked for where no event loop runs, as the command line does."""
    return await asyncio.to_thread(lambda: list(stamps.stamp_all(drills, ())))


@contextmanager
def silence() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def closed() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_authorities_that_are_down_or_slow_stop_no_drill_and_are_asked_again(
    yard: Yard, address: str
) -> None:
    down = await yard.drill(yard.stamps(closed()))
    with silence() as slow:
        begun = time.monotonic()
        waited = await yard.drill(yard.stamps(slow, within=0.3))
        assert time.monotonic() - begun < 10
    notes = [note for note in yard.bench.stage.progress.notes if "no time stamp of" in note]
    assert len(notes) == 8
    assert notes[0] == (
        "no time stamp of first: cannot be asked: ClientConnectorError; `drverify log stamp` asks again"
    )
    assert "no time stamp of second: no answer within 0.3 s" in notes[-1]
    for one in (down, waited):
        found = yard.verify(one.evidence.parent)
        assert found.returncode == Exit.OK
        assert found.stdout.count("note: no time stamp of ") == 4
    stamps, drills = yard.stamps(address), yard.bench.store.path
    assert stamps.missing() == 8
    answers = await asked(stamps, drills)
    assert {size for size, _ in answers} == {1, 2, 3, 4}
    assert (len(answers), stamps.missing()) == (8, 0)
    assert await asked(stamps, drills) == []
    for one in (down, waited):
        assert [name for name in names(one.evidence.parent) if name.endswith(".tsr")] == STAMPS
        (note,) = [line for line in yard.verify(one.evidence.parent).stdout.splitlines() if "note:" in line]
        assert note.endswith(FORESEEABLE)  # nobody can stamp a challenge later


async def test_drills_from_before_there_were_authorities_are_stamped_too(yard: Yard, address: str) -> None:
    done = await yard.drill(None)
    yard.bench.log.add("drill-started", done.evidence.read_bytes())
    stamps = yard.stamps(address)
    assert {size for size, _ in await asked(stamps, yard.bench.store.path)} == {1, 2, 3}
    assert [name for name in names(done.evidence.parent) if name.endswith(".tsr")] == STAMPS
    assert len(stamps.check()) == 6


def test_an_authority_that_comes_back_is_asked_after_a_pause_and_one_that_does_not_is_left(
    yard: Yard,
) -> None:
    first, second = yard.authorities
    calls: list[str] = []

    def late(query: bytes, scratch: Path) -> bytes:
        calls.append("first")
        if len(calls) == 1:
            raise subprocess.CalledProcessError(1, "openssl")
        return first.reply(query, scratch)

    for entry in (b"one", b"two", b"three"):
        yard.bench.log.tiles.append([entry], yard.bench.log._signer.sign)
        yard.stamps(closed()).stamp(yard.bench.log.proof(0))
    pauses: list[float] = []
    with serving({"first": late}) as address:
        answers = list(yard.stamps(address).stamp_all(yard.bench.store.path, (1.0, 2.0), sleep=pauses.append))
    said = [(size, one.authority, one.token is not None) for size, one in answers]
    assert said == [
        *((1, "first", False), (1, "second", False), (1, "first", True), (1, "second", False)),
        *((1, "second", False), (2, "first", True), (3, "first", True)),
    ]
    assert pauses == [1.0, 2.0]
    assert second.name in answers[1][1].said
    assert "HTTP status 404" in answers[1][1].said


async def test_without_the_library_the_evidence_holds_and_the_stamps_are_not_said_to(
    yard: Yard, address: str, tmp_path: Path
) -> None:
    done = await yard.drill(yard.stamps(address))
    code = (
        "import sys, runpy; sys.modules['rfc3161_client'] = None; sys.argv = ['drverify', *sys.argv[1:]];"
        "from drverify.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "verify", done.evidence.parent, "--trust", yard.trust]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert found.returncode == Exit.OK, found.stderr
    assert f"note: 4 time stamps lie beside the evidence and were not checked: {MISSING}" in found.stdout
    assert "at the latest" not in found.stdout


async def test_checking_stamps_loads_their_library_and_no_network(yard: Yard, address: str) -> None:
    done = await yard.drill(yard.stamps(address))
    code = (
        "import sys; from drverify.cli.main import main; code = main(sys.argv[1:]);"
        "names = ('rfc3161_client', 'asyncio', 'aiohttp', 'pydantic', 'ssl');"
        "print('LOADED', code, *(name for name in names if name in sys.modules))"
    )
    command = [sys.executable, "-c", code, "verify", done.evidence.parent, "--trust", yard.trust]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert found.stdout.splitlines()[-1] == "LOADED 0 rfc3161_client"
    for path in done.evidence.parent.glob("*.tsr"):
        path.unlink()
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert found.stdout.splitlines()[-1] == "LOADED 0 rfc3161_client"  # for those in the challenge
    assert found.stdout.count("note: no time stamp of") == 4
    offline = await yard.drill(None)
    command[-3] = offline.evidence.parent
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert found.stdout.splitlines()[-1] == "LOADED 0"


async def test_kept_stamps_are_checked_with_the_log(yard: Yard, address: str) -> None:
    stamps = yard.stamps(address)
    await yard.drill(stamps)
    assert [(one.size, one.authority) for one in stamps.check()] == [
        *((1, "first"), (1, "second"), (2, "first"), (2, "second"))
    ]
    kept, log = yard.bench.log.path / "timestamps", yard.bench.log.path
    shutil.copy(kept / "2.first.tsr", kept / "1.first.tsr")
    with pytest.raises(EvidenceError, match=r"1\.first\.tsr: it is over something else"):
        stamps.check()
    (kept / "1.first.tsr").unlink()
    shutil.copy(kept / "1.second.tsr", kept / "1.stranger.tsr")
    assert [one.authority for one in stamps.check() if one.stamp is None] == ["stranger"]
    shutil.copy(log / "checkpoints/2", log / "checkpoints/1")
    with pytest.raises(EvidenceError, match="not the checkpoint of 1 entries"):
        stamps.check()


def test_a_certificate_that_expired_since_does_no_harm_and_one_that_had_does(tmp_path: Path) -> None:
    brief = make_authority(tmp_path / "brief", "brief", lasting=timedelta(seconds=2))
    root = [trusted_root(brief).certificate_der]
    token = token_of(brief, b"checkpoint", tmp_path)
    time.sleep(2.5)
    assert check_token(token, b"checkpoint", root).at < datetime.now(UTC)
    (tmp_path / "data").write_bytes(b"checkpoint")
    (tmp_path / "tsr").write_bytes(token)
    at = int(check_token(token, b"checkpoint", root).at.timestamp())
    assert not accepted_by_openssl(tmp_path / "data", tmp_path / "tsr", brief.root)
    assert accepted_by_openssl(tmp_path / "data", tmp_path / "tsr", brief.root, "-attime", at)
    with pytest.raises(EvidenceError, match="certificate has expired"):
        check_token(token_of(brief, b"checkpoint", tmp_path), b"checkpoint", root)
