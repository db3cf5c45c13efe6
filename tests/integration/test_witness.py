"""A witness over real sockets: what it signs, what it refuses, and what survives a kill."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey

from drverify.adapters.signing.keyfile import create
from drverify.adapters.storage.cosigned import CosignedDirectory, WitnessedStamps
from drverify.adapters.storage.log import LogDirectory
from drverify.adapters.witnessing.endpoint import WitnessOptions
from drverify.adapters.witnessing.factory import witnesses
from drverify.adapters.witnessing.server import serve
from drverify.cli.main import main
from drverify.errors import EvidenceError, InputError
from drverify.transparency import checkpoint, note, witnessing
from drverify.transparency.note import KeyType, NoteKey
from drverify.transparency.witnessing import MAX_BYTES, Submission
from tests.support.probing import LOOPBACK, free_port, serving

LOG = Ed25519PrivateKey.from_private_bytes(bytes([5]) * 32)
KEY = NoteKey(name="provider.example/log", type=KeyType.LOG, material=LOG.public_key().public_bytes_raw())
NAME = "acme.example/witness"


def grown(path: Path, count: int, tag: str = "entry") -> LogDirectory:
    log = LogDirectory(path, KEY)
    log.append([f"{tag} {log.size + number}".encode() for number in range(count)], LOG.sign)
    return log


class Witness:
    """A witness in a process of its own, and what it holds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.held = root / "held"
        (root / "provider.vkey").write_text(KEY.vkey)
        self.signer = create(root / "acme.key")
        self.vkey = NoteKey(
            name=NAME, type=KeyType.COSIGNER, material=self.signer._key.public_key().public_bytes_raw()
        ).vkey
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    def start(self, *, environ: dict[str, str] | None = None) -> None:
        words = ["--held", "held", "--key", "provider.vkey", "--sign", "acme.key", "--name", NAME]
        command = [
            sys.executable,
            "-m",
            "drverify",
            "customer",
            "witness",
            *words,
            "--listen",
            f"{LOOPBACK}:{self.port}",
        ]
        self.process = subprocess.Popen(
            command, cwd=self.root, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environ or {})}
        )
        assert self.process.stderr is not None
        while "listening on" not in (line := self.process.stderr.readline()):
            assert line, "the witness did not start"

    def stop(self, how: int = signal.SIGINT) -> str:
        assert self.process is not None
        self.process.send_signal(how)
        said = self.process.communicate(timeout=15)[1]
        self.process = None
        return said

    def post(self, body: bytes, path: str = "/add-checkpoint", within: float = 10) -> tuple[int, str, bytes]:
        request = urllib.request.Request(f"http://{LOOPBACK}:{self.port}{path}", data=body, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=within) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read()

    def ask(self, log: LogDirectory, old: int) -> tuple[int, str, bytes]:
        return self.post(submission(log, old))

    @property
    def size(self) -> int:
        return checkpoint.parse(note.parse(self.held.read_bytes(), what="held").text, what="held").size


def submission(log: LogDirectory, old: int) -> bytes:
    head = log.head()
    assert head is not None
    proof = log.consistency(old) if old <= head[0].size else ()
    return witnessing.render(Submission(old=old, proof=proof, note=head[1]))


@contextmanager
def witness(root: Path) -> Iterator[Witness]:
    root.mkdir()
    made = Witness(root)
    try:
        made.start()
        yield made
    finally:
        if made.process is not None:
            made.process.kill()
            made.process.communicate()


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Witness]:
    with witness(tmp_path / "acme") as made:
        yield made


def cosigned(log: LogDirectory, *asked: Witness, within_s: int = 5) -> CosignedDirectory:
    chosen = [
        WitnessOptions(
            name=f"w{at}", url=f"http://{LOOPBACK}:{one.port}", key=one.vkey.encode(), within_s=within_s
        )
        for at, one in enumerate(asked)
    ]
    return CosignedDirectory(log, witnesses(chosen, KEY))


def test_a_growing_log_is_cosigned_and_other_people_check_the_cosignature(
    acme: Witness, tmp_path: Path
) -> None:
    log = grown(tmp_path / "log", 1)
    for more in (2, 254, 1):
        (answer,) = cosigned(log, acme).ask()
        assert answer.line is not None, answer.said
        assert acme.size == log.size
        theirs = TilesReader(LocalBackend(tmp_path / "log")).get_checkpoint()
        assert theirs.size == log.size
        verifier = Vkey.from_string(acme.vkey).get_verifier()
        lines = note.parse((tmp_path / "log" / "checkpoint").read_bytes(), what="it").signatures
        assert [one.name for one in lines] == [KEY.name, NAME]
        verifier.verify(lines[1].content, theirs)
        with pytest.raises(Exception, match=r".*"):
            verifier.verify(lines[1].content[:-1] + bytes([lines[1].content[-1] ^ 1]), theirs)
        grown(tmp_path / "log", more)
    assert cosigned(log, acme).sizes() == (1, 3, 257)


def test_the_format_is_kept_to_status_by_status(acme: Witness, tmp_path: Path) -> None:
    log = grown(tmp_path / "log", 3)
    status, kind, body = acme.ask(log, 0)
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert body.decode().startswith(f"\u2014 {NAME} ")
    grown(tmp_path / "log", 4)
    assert acme.ask(log, 0) == (409, "text/x.tlog.size", b"3\n")
    assert acme.ask(log, 8)[0] == 400
    assert acme.post(b"old 3\n\nno note\n")[0] == 400
    head = log.head()
    assert head is not None
    assert acme.post(witnessing.render(Submission(old=3, proof=(), note=head[1])))[0] == 422
    assert acme.post(submission(log, 3).replace(b"provider.example/log\n", b"other.example/log\n"))[0] == 404
    assert acme.post(submission(log, 3).replace(b"\n7\n", b"\n6\n"))[0] == 403
    assert acme.post(submission(log, 3), path="/add-entries")[0] == 404
    assert acme.size == 3
    assert acme.ask(log, 3)[0] == 200
    assert acme.ask(log, 7)[0] == 200  # again, for a newer time
    assert "REFUSED (422)" in acme.stop()


def test_forks_and_rollbacks_are_refused_and_what_the_log_signed_is_kept(
    acme: Witness, tmp_path: Path
) -> None:
    log = grown(tmp_path / "log", 5)
    assert acme.ask(log, 0)[0] == 200
    held = acme.held.read_bytes()
    same, longer, older = (
        grown(tmp_path / name, size, name) for name, size in (("same", 5), ("longer", 9), ("older", 3))
    )
    assert acme.ask(same, 5)[0] == 409
    assert acme.ask(longer, 5)[0] == 422
    assert acme.ask(older, 3) == (409, "text/x.tlog.size", b"5\n")
    assert acme.held.read_bytes() == held
    for name, size in (("held.contradicted-by-5", 5), ("held.refused-9", 9)):
        found = note.parse((acme.root / name).read_bytes(), what=name)
        assert len(note.signers(found, [KEY], what=name)) == 1
        assert checkpoint.parse(found.text, what=name).size == size
    (said,) = (one.said for one in cosigned(same, acme).ask())
    assert "it has cosigned ANOTHER tree of this size" in said
    (said,) = (one.said for one in cosigned(longer, acme).ask())
    assert "it is not shown that the log begins with what it has cosigned before" in said
    (said,) = (one.said for one in cosigned(older, acme).ask())
    assert "it has cosigned 5 entries, and this log has 3: was the log put back from a copy?" in said
    told = acme.stop()
    assert told.count("REFUSED") == 4


def test_pin_and_witness_hold_the_same_file(acme: Witness, tmp_path: Path) -> None:
    log = grown(tmp_path / "log", 5)
    assert acme.ask(log, 0)[0] == 200
    grown(tmp_path / "log", 2)
    command = [
        sys.executable,
        "-m",
        "drverify",
        "customer",
        "pin",
        str(tmp_path / "log"),
        "--key",
        "provider.vkey",
        "--held",
        "held",
    ]
    done = subprocess.run(command, cwd=acme.root, capture_output=True, text=True, check=True)
    assert "7 entries, 2 of them new" in done.stderr
    assert acme.ask(log, 5) == (409, "text/x.tlog.size", b"7\n")


def test_what_is_too_large_or_too_slow_does_not_keep_others_out(acme: Witness, tmp_path: Path) -> None:
    log = grown(tmp_path / "log", 2)
    assert acme.post(b"x" * (MAX_BYTES + 1))[0] == 413
    deaf = [socket.create_connection((LOOPBACK, acme.port)) for _ in range(60)]
    try:
        for one in deaf[:20]:
            one.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nold ")
        closed = 0
        for one in deaf[40:]:
            one.settimeout(20)
            try:
                closed += one.recv(1) == b""
            except ConnectionResetError:
                closed += 1
        assert closed == 20
    finally:
        for one in deaf:
            one.close()
    last = time.monotonic() + 30
    while time.monotonic() < last:
        try:
            if acme.ask(log, 0)[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the witness does not answer any more")


async def test_a_connection_ends_whatever_drips_on_it() -> None:
    """Neither a head nor a body that never ends holds a connection for longer than its lifetime."""
    heads = (b"POST /add-", b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n")
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(lambda _: b"", LOOPBACK, 0, lambda _, port: ready.set_result(port), lifetime=0.6)
    )
    began = time.monotonic()
    pairs = [await asyncio.open_connection(LOOPBACK, await ready) for _ in heads]

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        writer.write(head)
        ended = asyncio.ensure_future(reader.read())
        while not ended.done():
            writer.write(b"o")
            await asyncio.wait({ended}, timeout=0.05)
        with contextlib.suppress(OSError):
            ended.result()
        writer.close()

    async with asyncio.timeout(15):
        await asyncio.gather(*(drip(*pair, head) for pair, head in zip(pairs, heads, strict=True)))
    assert 0.5 < time.monotonic() - began < 12
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


def test_of_many_at_once_none_rolls_another_back(acme: Witness, tmp_path: Path) -> None:
    """Sizes 1 to 12 arrive together, each from the size before: what was answered 200 is a chain."""
    log, bodies = grown(tmp_path / "log", 1), []
    bodies.append((1, submission(log, 0)))
    for size in range(2, 13):
        grown(tmp_path / "log", 1)
        bodies.append((size, submission(log, size - 1)))
    reached = 0
    with ThreadPoolExecutor(max_workers=8) as pool:
        while reached < 12:
            answers = list(pool.map(lambda one: (one[0], acme.post(one[1])[0]), bodies))
            accepted = [size for size, status in answers if status == 200]
            assert accepted == list(range(reached + 1, reached + 1 + len(accepted)))
            assert accepted
            reached = accepted[-1]
            assert acme.size == reached
    assert {status for _, status in answers} <= {200, 409}


SLOW_TO_SIGN = """
import os, time
from drverify.adapters.signing.keyfile import KeyfileSigner
real = KeyfileSigner.sign
def sign(self, message):
    open(os.environ["STORED"], "w").close()
    time.sleep(60)
    return real(self, message)
KeyfileSigner.sign = sign
"""


def test_killed_between_holding_and_answering_it_has_held(tmp_path: Path) -> None:
    """The moment is real: the process is killed with SIGKILL once it has stored and before it has signed."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(SLOW_TO_SIGN)
    (tmp_path / "acme").mkdir()
    acme, stored = Witness(tmp_path / "acme"), tmp_path / "stored"
    log = grown(tmp_path / "log", 3)
    acme.start(environ={"PYTHONPATH": f"{tmp_path / 'hook'}:{Path.cwd()}", "STORED": str(stored)})
    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(acme.ask, log, 0)
        last = time.monotonic() + 30
        while not stored.exists() and time.monotonic() < last:
            time.sleep(0.02)
        acme.stop(signal.SIGKILL)
        with pytest.raises(OSError):
            asked.result()
    assert acme.size == 3
    acme.start()
    try:
        fork = grown(tmp_path / "fork", 3, "other")
        assert acme.ask(fork, 0) == (409, "text/x.tlog.size", b"3\n")
        assert acme.ask(fork, 3)[0] == 409
        (answer,) = cosigned(log, acme).ask()
        assert answer.line is not None, answer.said
    finally:
        acme.stop()


def test_one_witness_that_fails_does_not_keep_another_from_signing(acme: Witness, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    gone, log = Witness(tmp_path / "gone"), grown(tmp_path / "log", 2)
    answers = cosigned(log, acme, gone).ask()
    assert [one.line is not None for one in answers] == [True, False]
    assert "no cosignature of w1: cannot be asked" in answers[1].said
    told = WitnessedStamps(None, cosigned(log, acme, gone), tmp_path / "drills").stamp(b"")
    assert [(one.authority, one.token) for one in told] == [("w0", None), ("w1", None)]


def test_a_witness_that_lies_is_not_believed(tmp_path: Path, acme: Witness) -> None:
    """The address answers, with the signature of another key."""
    (tmp_path / "other").mkdir()
    other, log = Witness(tmp_path / "other"), grown(tmp_path / "log", 2)
    other.port = acme.port
    (answer,) = cosigned(log, other).ask()
    assert (answer.line, "it has no signature of theirs" in answer.said) == (None, True), answer.said
    assert not (tmp_path / "log" / "cosigned").exists()


@pytest.mark.parametrize(
    ("vkeys", "said"),
    [
        ((KEY.vkey,), "does not sign as a witness"),
        ((NoteKey(name="w", type=KeyType.COSIGNER, material=KEY.material).vkey,), "the log's own key"),
        ((NoteKey(name="w", type=KeyType.COSIGNER, material=b"\1" * 32).vkey,) * 2, "have the same key"),
        (("no key",), "not a key of a log or a cosigner"),
    ],
)
def test_keys_that_make_no_witness(vkeys: tuple[str, ...], said: str) -> None:
    chosen = [
        WitnessOptions(name=f"w{at}", url="http://x", key=one.encode(), within_s=5)
        for at, one in enumerate(vkeys)
    ]
    with pytest.raises(InputError, match=said):
        witnesses(chosen, KEY)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--listen": "8470"}, "--listen must be ADDRESS:PORT"),
        ({"--listen": f"{LOOPBACK}:99999"}, "--listen must be ADDRESS:PORT"),
        ({"--listen": "192.0.2.1:8470"}, "192.0.2.1:8470"),
        ({"--key": "acme.key"}, "not a key of a log"),
        ({"--held": "acme.key"}, "--held names the file"),
        ({"--held": "absent/held"}, "--held names a file in a directory of ours"),
        ({"--sign": "log.key"}, "this is the log's own key"),
    ],
)
def test_a_witness_that_cannot_be_says_why(
    tmp_path: Path,
    change: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Witness(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.key").write_bytes(LOG.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "log.key").chmod(0o600)
    words = {
        "--held": "held",
        "--key": "provider.vkey",
        "--sign": "acme.key",
        "--name": NAME,
        "--listen": f"{LOOPBACK}:0",
    }
    flat = [word for pair in {**words, **change}.items() for word in pair]
    code, error = main(["customer", "witness", *flat]), capsys.readouterr().err
    assert (code in {2, 11}, said in error) == (True, True), error


def test_a_held_file_that_cannot_be_read_signs_nothing(acme: Witness, tmp_path: Path) -> None:
    log = grown(tmp_path / "log", 3)
    assert acme.ask(log, 0)[0] == 200
    acme.held.write_bytes(acme.held.read_bytes()[:-9])
    assert acme.ask(log, 3) == (503, "text/plain; charset=utf-8", b"not now\n")
    acme.held.unlink()
    acme.held.mkdir()
    assert acme.ask(log, 3)[0] == 503
    assert acme.stop().count("CANNOT ANSWER") == 2


def test_a_log_that_grew_while_it_asked_is_not_accused(acme: Witness, tmp_path: Path) -> None:
    """Two drills end together: the one that asks with the smaller checkpoint comes second."""
    log = grown(tmp_path / "log", 3)
    late = cosigned(log, acme)
    real = late._witnesses

    class Overtaken:
        keys = real.keys

        @staticmethod
        def ask(*asked):
            grown(tmp_path / "log", 1)
            assert acme.ask(log, 0)[0] == 200
            return real.ask(*asked)

    (answer,) = CosignedDirectory(log, Overtaken()).ask()
    assert "it has cosigned 4 entries meanwhile, more than the 3 asked for" in answer.said


def http(head: bytes, body: bytes = b"") -> bytes:
    return b"HTTP/1.1 " + head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "cannot be asked: ServerDisconnectedError"),
        (b"SSH-2.0-OpenSSH\r\n", "cannot be asked: ClientResponseError"),
        (None, "no answer within 1 s"),
        (http(b"200 OK", b"x" * 100_000), "its answer is larger than 65536 bytes"),
        (http(b"200 OK", b"hello\n"), "a line below the text is no signature"),
        (http(b"302 Found\r\nLocation: http://127.0.0.1:1/"), "it answers with HTTP status 302"),
        (
            http(b"409 Conflict\r\nContent-Type: text/x.tlog.size", b"many\n"),
            "the witness's answer is no size",
        ),
        (
            http(b"409 Conflict\r\nContent-Type: text/x.tlog.size", b"9\n"),
            "was the log put back from a copy?",
        ),
        (http(b"409 Conflict\r\nContent-Type: text/x.tlog.size", b"2\n"), "it has cosigned ANOTHER tree"),
        (http(b"503 Later"), "it answers with HTTP status 503"),
    ],
)
async def test_whatever_a_witness_answers_is_told_and_never_raised(
    tmp_path: Path, answer: bytes | None, said: str
) -> None:
    log = grown(tmp_path / "log", 3)

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await asyncio.sleep(30)
        writer.write(
            (answer or b"").replace(b"\r\nContent-Length", b"\r\nConnection: close\r\nContent-Length")
        )
        await writer.drain()
        writer.close()

    async with serving(one) as port:
        key = NoteKey(name="w", type=KeyType.COSIGNER, material=b"\1" * 32)
        chosen = [
            WitnessOptions(name="w0", url=f"http://{LOOPBACK}:{port}/", key=key.vkey.encode(), within_s=1)
        ]
        (found,) = await asyncio.to_thread(CosignedDirectory(log, witnesses(chosen, KEY)).ask)
    assert (found.line, said in found.said) == (None, True), found.said
    assert str(port) not in found.said
    assert sorted(path.name for path in log.path.iterdir() if path.name != ".lock") == ["checkpoint", "tile"]


def test_what_was_cosigned_is_held_against_the_log(acme: Witness, tmp_path: Path) -> None:
    log = grown(tmp_path / "log", 3)
    for more in (1, 0):
        assert cosigned(log, acme).ask()[0].line is not None
        if more:
            grown(tmp_path / "log", more)
    assert cosigned(log, acme).check() == (3, 4)
    assert cosigned(log).check() == ()  # nobody is known who could have cosigned
    shutil.rmtree(tmp_path / "log" / "tile")
    (tmp_path / "log" / "checkpoint").unlink()
    grown(tmp_path / "log", 5, "rewritten")
    with pytest.raises(EvidenceError, match="the log does not begin with its 3 entries any more"):
        cosigned(log, acme).check()
    kept = tmp_path / "log" / "cosigned" / "3"
    kept.write_bytes(kept.read_bytes().replace(b"log\n3\n", b"log\n2\n"))
    with pytest.raises(EvidenceError, match="does not hold"):
        cosigned(log, acme).check()
