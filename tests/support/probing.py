"""What the probe tests share: asking once, certificates made on the spot, free ports, bad servers."""

import asyncio
import contextlib
import ctypes
import datetime as dt
import ipaddress
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drverify.adapters.probes.prober import TableProber
from drverify.engine.ports import CommandResult, Guest, Observation, ProbeScope
from drverify.errors import GuestError, InputError
from drverify.model.playbook import ProbeSpec
from drverify.model.recovery import SecretRef

LOOPBACK = "127.0.0.1"
CLONE_NEWNET = 0x40000000
DEAF = (
    ("ip", "link", "add", "deaf", "type", "veth", "peer", "name", "mute"),
    ("ip", "address", "add", "10.20.0.1/24", "dev", "deaf"),
    ("ip", "link", "set", "deaf", "up"),
    ("ip", "link", "set", "mute", "up"),
)
"""A network of its own in which nobody but us is."""
T = TypeVar("T")


async def ask(
    spec: ProbeSpec,
    *,
    secrets: Mapping[str, bytes] | None = None,
    guest: Guest | None = None,
    console: bytes = b"",
    files: Path | None = None,
) -> Observation:
    """Ask a probe once; whatever comes back is bounded, printable and free of the secrets."""
    known = secrets or {}

    def secret(ref: SecretRef) -> bytes:
        if ref not in known:
            raise InputError(f"{ref} leads nowhere")
        return known[ref]

    scope = ProbeScope(guest=guest, console=lambda: console, files=files, secret=secret)
    started = asyncio.get_running_loop().time()
    observation = await TableProber().ask(spec, scope)
    assert asyncio.get_running_loop().time() - started < spec.within.total_seconds() + 3
    assert len(observation.transcript) <= 64 * 1024
    assert observation.observed.isprintable()
    assert len(observation.observed) <= 200
    for ref, value in known.items():
        if not ref.endswith(".pub") and len(value) > 3:
            assert value.strip() not in observation.transcript
            assert value.strip().decode(errors="replace") not in observation.observed
    return observation


class ScriptedGuest:
    """An agent that answers what it is told to, or is not there."""

    def __init__(self, answers: bool = True, result: CommandResult | None = None) -> None:
        self.answers = answers
        self.result = result
        self.ran: list[tuple[str, ...]] = []

    async def ping(self) -> bool:
        return self.answers

    async def run(self, argv: Sequence[str], *, within: timedelta) -> CommandResult:
        del within
        self.ran.append(tuple(argv))
        if self.result is None:
            raise GuestError("the agent channel is gone")
        return self.result

    async def utc(self) -> dt.datetime:
        raise GuestError("not asked here")


def free_port() -> int:
    """A port of the loopback where nobody listens now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[int]:
    """A server of the loopback that does as `serve` says; yields its port."""
    tasks: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # the end of the server, or of a client that had enough
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(one, LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def entered_new_network(setup: Sequence[Sequence[str]]) -> None:
    """Move this thread into a network namespace without a name; it is gone when the thread ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for command in (("ip", "link", "set", "lo", "up"), *setup):
        subprocess.run(command, check=True)  # a child of this thread starts in its namespace


def in_new_network(work: Callable[[], Coroutine[Any, Any, T]], setup: Sequence[Sequence[str]] = ()) -> T:
    """Run `work()` on a loop of its own, on a thread in a fresh network namespace."""

    async def inside() -> T:
        await entered_new_network(setup)
        return await work()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, inside()).result()


async def endless(writer: asyncio.StreamWriter, piece: bytes) -> None:
    """Send the piece for ever."""
    while True:
        writer.write(piece)
        await writer.drain()


async def dripping(writer: asyncio.StreamWriter, content: bytes) -> None:
    """Send one byte at a time, slowly, for ever."""
    while True:
        for byte in content:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """An authority and one certificate by it."""

    ca_pem: bytes
    chain: Path
    key: Path


def certify(
    folder: Path, *, names: Sequence[str] = ("shop.example",), days: int = 90, started_days_ago: int = 1
) -> Certificates:
    """Make an authority and a certificate; `days` may be negative for an expired one."""
    now = dt.datetime.now(dt.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
    start = now - timedelta(days=max(started_days_ago, 1 - days))

    def builder(
        name: x509.Name, public: ec.EllipticCurvePublicKey, end: dt.datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
            )
        )

    ca = builder(ca_name, ca_key.public_key(), now + timedelta(days=1000))
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    ca = ca.add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
    usage = {"digital_signature": False, "content_commitment": False, "key_encipherment": False}
    usage |= {
        "data_encipherment": False,
        "key_agreement": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    ca = ca.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    leaf = builder(leaf_name, key.public_key(), now + timedelta(days=days))
    leaf = leaf.add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
    ca_pem = ca.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (folder / "chain.pem").write_bytes(
        leaf.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + ca_pem
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return Certificates(ca_pem=ca_pem, chain=folder / "chain.pem", key=folder / "key.pem")


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
