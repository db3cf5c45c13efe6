"""What a dishonest authority, network or provider can send as a time stamp, and what comes of it."""

import asyncio
import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters.stamping.client import HttpAuthorities
from drverify.adapters.stamping.der import ordered
from drverify.adapters.stamping.endpoint import Endpoint
from drverify.adapters.stamping.tokens import MAX_BYTES, check_token, request
from drverify.engine.keeping import Answer
from drverify.errors import EvidenceError, Exit, InputError
from drverify.sealing.authorities import authorities_in
from drverify.sealing.keys import read_trust, trust_file
from lab.authority.making import Authority, make_authority
from lab.authority.server import serving
from tests.integration.test_time_stamps import Yard
from tests.support.authorities import (
    Changing,
    accepted_by_openssl,
    asking,
    forged,
    openssl,
    pem,
    token_of,
    trusted_root,
)
from tests.support.memory import NOON, SteppingClock
from tests.unit.engine.drills.test_journal import TRUST

MESSAGE = b"a checkpoint"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority") / "first", "first")


@pytest.fixture(scope="module")
def chained(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority") / "chained", "chained", whole_chain=True)


def answered(first: Authority, change: Callable[[bytes, bytes], bytes]) -> Answer:
    with serving({"first": Changing(first, change)}) as address:
        (answer,) = asking(address, first).ask(MESSAGE, ["first"])
    return answer


def test_an_honest_answer_is_kept_as_it_was_sent(first: Authority) -> None:
    sent: list[bytes] = []

    def honest(_: bytes, reply: bytes) -> bytes:
        sent.append(reply)
        return reply

    assert answered(first, honest).token == sent[0]


def other_request(first: Authority, scratch: Path, message: bytes) -> Callable[[bytes, bytes], bytes]:
    return lambda _, __: token_of(first, message, scratch)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("nonce", "the nonce is not ours"),
        ("imprint", "over something else"),
        ("garbage", "no answer of a time authority"),
        ("nothing", "no answer of a time authority"),
        ("half", "no answer of a time authority"),
        ("more", "no answer of a time authority"),
        ("huge", f"larger than {MAX_BYTES} bytes"),
        ("refusal", "the authority refused, status 2: "),
        ("stranger", "self-signed certificate in certificate chain"),
        ("changed", "it does not hold"),
    ],
)
def test_an_answer_that_does_not_hold_is_not_kept(
    first: Authority, chained: Authority, tmp_path: Path, kind: str, why: str
) -> None:
    changes: dict[str, Callable[[bytes, bytes], bytes]] = {
        "nonce": other_request(first, tmp_path, MESSAGE),
        "imprint": other_request(first, tmp_path, b"another checkpoint"),
        "garbage": lambda *_: b"<html>please log in</html>",
        "nothing": lambda *_: b"",
        "half": lambda _, reply: reply[: len(reply) // 2],
        "more": lambda _, reply: reply + b"\0",
        "huge": lambda *_: b"\x30" * (MAX_BYTES * 4),
        "refusal": lambda *_: first.reply(b"no request", tmp_path),
        "stranger": lambda query, _: chained.reply(query, tmp_path),
        "changed": lambda _, reply: reply[:-1] + bytes([reply[-1] ^ 1]),
    }
    answer = answered(first, changes[kind])
    assert answer.token is None
    assert why in answer.said


async def test_a_redirect_is_not_followed_and_no_address_is_told(first: Authority) -> None:
    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/hidden\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(elsewhere, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        for address, why in ((port, "HTTP status 307"), (1, "cannot be asked")):
            url = f"http://127.0.0.1:{address}/tsr?token=hidden"
            within = timedelta(seconds=2)
            endpoint = Endpoint(name="first", url=url, roots=(trusted_root(first),), within=within)
            (answer,) = await asyncio.to_thread(HttpAuthorities([endpoint]).ask, MESSAGE, ["first"])
            assert answer.token is None
            assert why in answer.said
            assert "hidden" not in answer.said


@pytest.mark.parametrize("way", ["as sent", "sorted", "the other way"])
def test_certificates_may_come_in_any_order(chained: Authority, tmp_path: Path, way: str) -> None:
    """openssl sends signer and root as they are configured; DER wants them sorted."""
    sent = token_of(chained, MESSAGE, tmp_path)
    right = ordered(sent)
    found = {"as sent": sent, "sorted": right, "the other way": _swapped(sent)}[way]
    assert len(found) == len(sent)
    assert check_token(found, MESSAGE, [trusted_root(chained).certificate_der]).at <= datetime.now(UTC)
    (tmp_path / "data").write_bytes(MESSAGE)
    (tmp_path / "tsr").write_bytes(found)
    assert accepted_by_openssl(tmp_path / "data", tmp_path / "tsr", chained.root)


def _swapped(reply: bytes) -> bytes:
    """The two certificates in the order that DER does not want."""
    right = ordered(reply)
    at = next(n for n in range(len(right)) if right[n] == 0xA0 and right[n + 4 : n + 6] == b"\x30\x82")
    at = next(
        n for n in range(at + 1, len(right)) if right[n] == 0xA0 and right[n + 4 : n + 6] == b"\x30\x82"
    )
    low = at + 4
    middle = low + 4 + int.from_bytes(right[low + 2 : low + 4], "big")
    high = at + 4 + int.from_bytes(right[at + 2 : at + 4], "big")
    swapped = right[:low] + right[middle:high] + right[low:middle] + right[high:]
    assert ordered(swapped) == right != swapped
    return swapped


def test_a_certificate_for_something_else_stamps_nothing(first: Authority, tmp_path: Path) -> None:
    """Everybody can have a certificate for a server from a public root; it must not tell the time."""
    key, csr, pem = (tmp_path / name for name in ("server.key", "server.csr", "server.pem"))
    (tmp_path / "ext").write_text("extendedKeyUsage=critical,serverAuth\n")
    for words in (
        ("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout", key, "-out", csr),
        (
            *("x509", "-req", "-in", csr, "-CA", first.root, "-CAkey", first.directory / "root.key"),
            *("-set_serial", "99", "-days", "1", "-extfile", tmp_path / "ext", "-out", pem),
        ),
    ):
        assert openssl(*words).returncode == 0
    real = token_of(first, MESSAGE, tmp_path)
    false = forged(real, pem, key, tmp_path)
    root = [trusted_root(first).certificate_der]
    assert check_token(real, MESSAGE, root)
    with pytest.raises(EvidenceError, match="unsuitable certificate purpose"):
        check_token(false, MESSAGE, root)


def test_an_imprint_of_a_weak_hash_is_refused(first: Authority, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(MESSAGE)
    config = first.config.read_text().replace("sha256, sha384", "sha1, sha256, sha384")
    first_weak = Authority(name="first", directory=tmp_path / "weak")
    shutil.copytree(first.directory, first_weak.directory)
    first_weak.config.write_text(config.replace(str(first.directory), str(first_weak.directory)))
    query = tmp_path / "query.tsq"
    assert (
        openssl("ts", "-query", "-data", tmp_path / "data", "-sha1", "-cert", "-out", query).returncode == 0
    )
    weak = first_weak.reply(query.read_bytes(), tmp_path)
    with pytest.raises(EvidenceError, match="a hash that does not count"):
        check_token(weak, MESSAGE, [trusted_root(first).certificate_der])


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_no_change_of_one_byte_gives_another_time(first: Authority, tmp_path: Path) -> None:
    """Some bytes lie outside of what is signed; none of them changes what the token says."""
    token, root = token_of(first, MESSAGE, tmp_path), [trusted_root(first).certificate_der]
    honest, refused = check_token(token, MESSAGE, root), 0
    for at in range(len(token)):
        changed = token[:at] + bytes([token[at] ^ 0x55]) + token[at + 1 :]
        try:
            assert check_token(changed, MESSAGE, root) == honest
        except EvidenceError:
            refused += 1
    assert refused > len(token) * 0.9


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_damaged_tokens_raise_nothing_but_a_refusal(chained: Authority, tmp_path: Path) -> None:
    """The certificates in a token are read by a library that has errors of its own for each fault."""
    token, root = token_of(chained, MESSAGE, tmp_path), [trusted_root(chained).certificate_der]
    said = []
    for version in re.finditer(re.escape(bytes.fromhex("a003020102")), token):  # of each certificate
        with pytest.raises(EvidenceError) as refusal:
            check_token(token[: version.end() - 1] + b"\x0c" + token[version.end() :], MESSAGE, root)
        said.append(str(refusal.value))
    assert "it does not hold: 12 is not a valid X509 version" in said
    dice = random.Random(20261123)
    for _ in range(1500):
        changed = bytearray(token)
        for _ in range(dice.choice((1, 1, 3))):
            low, high = dice.randrange(len(changed)), dice.randrange(len(changed))
            size = dice.randrange(1, 30)
            changed[low : low + size] = dice.choice((changed[high : high + size], dice.randbytes(size)))
        with suppress(EvidenceError):
            assert check_token(bytes(changed), MESSAGE, root)


@pytest.fixture
def yard(tmp_path: Path, first: Authority, chained: Authority) -> Yard:
    return Yard(tmp_path, (first, chained))


@pytest.fixture
def address(first: Authority, chained: Authority) -> Iterator[str]:
    with serving({one.name: one.reply for one in (first, chained)}) as found:
        yield found


def refused(yard: Yard, directory: Path) -> str:
    found = yard.verify(directory)
    assert found.returncode == Exit.EVIDENCE_INVALID, found.stdout + found.stderr
    return found.stdout


async def test_a_moved_token_is_refused(yard: Yard, address: str) -> None:
    """The result's for the start's, and another drill's for this one's."""
    stamps = yard.stamps(address)
    one, other = await yard.drill(stamps), await yard.drill(stamps)
    directory = one.evidence.parent
    for source in (directory / "evidence.first.tsr", other.evidence.parent / "started.first.tsr"):
        shutil.copy(source, directory / "started.first.tsr")
        assert "time stamp of first over the start: it is over something else" in refused(yard, directory)
    shutil.copy(directory / "started.chained.tsr", directory / "started.first.tsr")
    assert "time stamp of first over the start: it does not hold" in refused(yard, directory)


async def test_a_token_of_an_authority_that_nobody_trusts_shows_nothing(
    yard: Yard, address: str, tmp_path: Path
) -> None:
    done = await yard.drill(yard.stamps(address))
    own = make_authority(tmp_path / "own", "own")
    (done.evidence.parent / "started.own.tsr").write_bytes(token_of(own, b"anything", tmp_path))
    found = yard.verify(done.evidence.parent)
    assert found.returncode == Exit.OK
    assert "note: the trust file has no time authority 'own'" in found.stdout
    assert "by the clock of chained and first" in found.stdout


async def test_a_drill_that_was_moved_back_is_not_confirmed(yard: Yard, address: str) -> None:
    """Run today, dated weeks ago, its challenge made of nothing: the stamps are of today, and that is said."""
    yard.bench.stage.clock = SteppingClock(NOON)
    stamps = yard.stamps(address)
    stamps.fresh = lambda message: ()  # type: ignore[method-assign]
    done = await yard.drill(stamps)
    notes = yard.bench.stage.progress.notes
    found = yard.verify(done.evidence.parent)
    assert found.returncode == Exit.OK
    assert found.stdout.count("so they do not confirm that time") == 2
    asked = yard.verify(done.evidence.parent, "--stamped")
    assert asked.returncode == Exit.EVIDENCE_INVALID
    assert "time: not confirmed by time stamps" in asked.stdout
    assert "; the restore began at" not in found.stdout
    assert any("this machine's clock says" in note for note in notes) is False  # the machine's is right


async def test_a_drill_that_was_moved_back_contradicts_its_own_challenge(yard: Yard, address: str) -> None:
    """The stamps in it were fetched before the drill was planned, and are of today."""
    yard.bench.stage.clock = SteppingClock(NOON)
    done = await yard.drill(yard.stamps(address))
    told = refused(yard, done.evidence.parent)
    assert "time stamp of chained in the challenge: it is of 20" in told
    assert f"and the drill was declared at {NOON:%Y-%m-%dT%H}" in told


async def test_stamps_in_a_challenge_cannot_be_those_of_another_drill(yard: Yard, address: str) -> None:
    """Its own were fetched too late; older ones would look better."""
    stamps = yard.stamps(address)
    older = await asyncio.to_thread(stamps.fresh, b"of another drill")
    stamps.fresh = lambda message: older  # type: ignore[method-assign]
    done = await yard.drill(stamps)
    assert "in the challenge" in refused(yard, done.evidence.parent)


async def test_a_drill_that_claims_to_have_ended_after_its_stamp_is_refused(yard: Yard, address: str) -> None:
    yard.bench.stage.clock = SteppingClock(datetime.now(UTC) + timedelta(hours=1))
    done = await yard.drill(yard.stamps(address))
    assert "time stamp of chained: the start was stamped at" in refused(yard, done.evidence.parent)


async def test_a_contradicting_stamp_that_was_taken_away_is_missed(yard: Yard, address: str) -> None:
    done = await yard.drill(yard.stamps(address))
    directory = done.evidence.parent
    assert yard.verify(directory, "--stamped").returncode == Exit.OK
    for path in directory.glob("evidence.*.tsr"):
        path.unlink()
    assert yard.verify(directory).returncode == Exit.OK
    found = yard.verify(directory, "--stamped")
    assert found.returncode == Exit.EVIDENCE_INVALID
    assert "no time stamp of first over the result" in found.stdout
    yard.trust.write_text(json.dumps(trust_file(TRUST)))
    assert yard.verify(directory, "--stamped").returncode == Exit.WRONG_INPUT


async def test_an_answer_without_an_end_is_left(first: Authority) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"\x30" * MAX_BYTES * 2)
        with suppress(ConnectionError):
            await writer.drain()
            await reader.read()
        writer.close()

    async with await asyncio.start_server(endless, "127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
        within = timedelta(seconds=20)
        endpoint = Endpoint(name="first", url=url, roots=(trusted_root(first),), within=within)
        (answer,) = await asyncio.to_thread(HttpAuthorities([endpoint]).ask, MESSAGE, ["first"])
        assert f"larger than {MAX_BYTES} bytes" in answer.said


def test_one_root_is_not_two_authorities(first: Authority) -> None:
    root = trusted_root(first)
    (again,) = authorities_in(pem(root), "again", what="test")
    content = json.dumps(trust_file(TRUST, [root, again])).encode()
    with pytest.raises(InputError, match="the same time authority stands in it twice"):
        read_trust(content, what="trust")
    alone = json.dumps(trust_file(TRUST, [root])).encode()
    assert read_trust(alone, what="trust").authorities == (root,)


async def test_all_are_asked_at_once(first: Authority, chained: Authority, tmp_path: Path) -> None:
    """Two authorities that never answer take as long as one."""
    listeners = [await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) for _ in range(2)]
    endpoints = [
        Endpoint(
            name=one.name,
            url=f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/",
            roots=(trusted_root(one),),
            within=timedelta(seconds=0.5),
        )
        for one, listener in zip((first, chained), listeners, strict=True)
    ]
    clock = asyncio.get_running_loop()
    begun = clock.time()
    answers = await asyncio.to_thread(HttpAuthorities(endpoints).ask, MESSAGE, ["first", "chained"])
    assert clock.time() - begun < 0.95
    assert [one.token for one in answers] == [None, None]
    for listener in listeners:
        listener.close()


def test_a_request_asks_for_everything_that_is_checked() -> None:
    asked = request(MESSAGE)
    assert asked.cert_req
    assert asked.nonce is not None
    assert asked.nonce != request(MESSAGE).nonce
