"""Signing by a real SSH agent and a real PKCS#11 token; what others verify of it, and what goes wrong."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from drverify.adapters.signing.reference import KeyReference, signer_of
from drverify.errors import HostError, InputError
from drverify.sealing.keys import check_signature, der_of, pem_of
from tests.support.evidence import sealed, trusted, write_trust

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "7214-pin-of-the-token"
SHORT = timedelta(seconds=1)

needs_agent = pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="needs OpenSSH's agent")
needs_token = pytest.mark.skipif(not LIBRARY.exists(), reason="needs softhsm2")


def found(reference, **more):
    return signer_of(KeyReference(reference=reference, **more), what="signing.key")


def verified_by_openssl(public_der, message, signature, directory, *how):
    """Whether openssl says that the signature holds."""
    for name, content in (("key.pem", pem_of(public_der).encode()), ("message", message), ("sig", signature)):
        (directory / name).write_bytes(content)
    names = [str(directory / name) for name in ("key.pem", "sig", "message")]
    words = [word.format(*names) for word in how]
    return subprocess.run(["openssl", *words], check=False, capture_output=True, timeout=20).returncode == 0


@pytest.fixture
def agent(tmp_path, monkeypatch):
    """A real agent with one Ed25519 key and one of another type; returns its process id."""
    path = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if path.exists():
                break
            time.sleep(0.01)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        for kind in ("ed25519", "ecdsa"):
            file = tmp_path / kind
            subprocess.run(
                ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"{kind} of a test", "-f", str(file)],
                check=True,
                timeout=20,
            )
            subprocess.run(["ssh-add", "-q", str(file)], check=True, timeout=20, capture_output=True)
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)
        process.terminate()
        process.wait(timeout=10)


@needs_agent
def test_an_agent_signs_evidence_as_a_key_file_does(agent, tmp_path):
    signer = found("ssh-agent:ed25519 of a test")
    signature = signer.sign(b"message")
    assert len(signature) == 64
    assert verified_by_openssl(
        signer.public_der, b"message", signature, tmp_path,
        "pkeyutl", "-verify", "-pubin", "-inkey", "{0}", "-rawin", "-sigfile", "{1}", "-in", "{2}",
    )  # fmt: skip
    listed = subprocess.run(["ssh-add", "-l"], check=True, capture_output=True, text=True, timeout=20).stdout
    fingerprint = next(line.split()[1] for line in listed.splitlines() if "ED25519" in line)
    assert found(f"ssh-agent:{fingerprint}").keyid == signer.keyid
    good = sealed(by=signer)
    assert holds(good, signer, tmp_path)


def holds(evidence, signer, directory):
    """Whether `drverify verify` says that evidence by this signer holds."""
    drill = evidence.write(directory / "drill")
    trust = write_trust(directory / "trust.json", trusted(signer))
    done = subprocess.run(
        [sys.executable, "-m", "drverify", "verify", str(drill), "--trust", str(trust)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode == 0


@needs_agent
def test_what_an_agent_lacks_is_said(agent, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="has no key 'other'") as raised:
        found("ssh-agent:other")
    assert "ed25519 of a test" in raised.value.hint
    with pytest.raises(InputError, match="ecdsa-sha2-nistp256, not ssh-ed25519"):
        found("ssh-agent:ecdsa of a test")
    (tmp_path / "other.pem").write_text(pem_of(der_of(generate_private_key(SECP256R1()).public_key())))
    with pytest.raises(InputError, match=r"is not the one of other\.pem"):
        signer_of(
            KeyReference(reference="ssh-agent:ed25519 of a test", public=Path("other.pem")),
            what="key",
            base=tmp_path,
        )
    monkeypatch.delenv("SSH_AUTH_SOCK")
    with pytest.raises(InputError, match="no SSH agent"):
        found("ssh-agent:other")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "nowhere"))
    with pytest.raises(HostError, match="cannot be asked: No such file"):
        found("ssh-agent:other")


@needs_agent
def test_an_agent_that_stands_still_is_not_waited_for(agent):
    signer = found("ssh-agent:ed25519 of a test", within=SHORT)
    os.kill(agent, signal.SIGSTOP)
    begun = time.monotonic()
    with pytest.raises(HostError, match="did not answer within 1 seconds"):
        signer.sign(b"message")
    assert time.monotonic() - begun < 5


@needs_agent
def test_a_key_that_was_taken_out_since_is_refused_by_the_agent(agent, tmp_path):
    signer = found("ssh-agent:ed25519 of a test")
    subprocess.run(["ssh-add", "-q", "-D"], check=True, timeout=20, capture_output=True)
    with pytest.raises(HostError, match="the SSH agent refused"):
        signer.sign(b"message")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "closed the connection"),
        (b"\xff\xff\xff\xff", "too long"),
        (b"\0\0\0\x05\x0e\0\0\0\x09", "cut off"),
        (b"\0\0\0\x01\x05", "refused"),
    ],
    ids=["silence", "length", "cut", "failure"],
)
def test_an_agents_strange_answers(answer, why, tmp_path, monkeypatch):
    """What stands behind the socket need not be an agent."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "s"))
        pid = os.fork()
        if pid == 0:
            connection, _ = server.accept()
            connection.recv(4096)
            connection.sendall(answer.replace(b"\x0e", b"\x0c"))
            connection.close()
            os._exit(0)
        try:
            with pytest.raises(HostError, match=why):
                found("ssh-agent:any", within=timedelta(seconds=10))
        finally:
            os.waitpid(pid, 0)


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    """A SoftHSM token with a P-256 key of id 2 and a P-384 key of id 3; returns its configuration file."""
    home = tmp_path_factory.mktemp("softhsm")
    (home / "tokens").mkdir()
    config = home / "softhsm2.conf"
    config.write_text(
        f"directories.tokendir = {home / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    env = {**os.environ, "SOFTHSM2_CONF": str(config)}

    def util(*words):
        subprocess.run(["softhsm2-util", *words], env=env, check=True, capture_output=True, timeout=30)

    util("--init-token", "--free", "--label", "drverify", "--pin", PIN, "--so-pin", "so-pin")
    for number, curve in (("02", SECP256R1()), ("03", SECP384R1())):
        pem = home / f"{number}.pem"
        key = generate_private_key(curve)
        pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        util(
            "--import", str(pem), "--token", "drverify", "--label", f"k{number}", "--id", number, "--pin", PIN
        )
        pem.unlink()
    return config


@pytest.fixture
def in_token(token, monkeypatch):
    """A key reference into the token."""
    monkeypatch.setenv("SOFTHSM2_CONF", str(token))

    def make(
        uri="hsm:2?label=drverify", *, pin=PIN, library=LIBRARY, within=timedelta(seconds=30), public=None
    ):
        asked = None if pin is None else pin.encode
        reference = KeyReference(reference=uri, pin=asked, library=library, within=within, public=public)
        return signer_of(reference, what="signing.key")

    return make


@needs_token
def test_a_token_signs_evidence_with_p256(in_token, tmp_path):
    signer = in_token()
    signature = signer.sign(b"message")
    check_signature(signer.public_der, signature, b"message")
    assert verified_by_openssl(
        signer.public_der, b"message", signature, tmp_path, "dgst", "-sha256", "-verify", "{0}", "-signature", "{1}", "{2}"
    )  # fmt: skip
    public = tmp_path / "public.pem"
    public.write_text(pem_of(signer.public_der))
    named = in_token(public=public)
    assert named.keyid == signer.keyid
    good = sealed(by=named)
    assert holds(good, named, tmp_path)


@needs_token
def test_what_is_wrong_with_a_token_is_said_and_never_its_pin(in_token, tmp_path):
    public = tmp_path / "public.pem"
    public.write_text(pem_of(in_token().public_der))
    other = tmp_path / "other.pem"
    other.write_text(pem_of(der_of(generate_private_key(SECP256R1()).public_key())))
    cases = [
        (in_token(pin="wrong-pin", public=public), "the PIN is wrong"),
        (in_token(pin=None, public=public), "needs a PIN, and none is configured"),
        (in_token("hsm:2?label=another", public=public), "No PKCS#11 token found for label another"),
        (in_token("hsm:9?label=drverify", public=public), "could not find ECDSA private key"),
        (in_token(library=tmp_path / "no.so", public=public), "no.so"),
        (in_token(public=other), "signed, but not with key"),
    ]
    for signer, why in cases:
        with pytest.raises(HostError, match=why) as raised:
            signer.sign(b"message")
        assert "wrong-pin" not in str(raised.value) + raised.value.hint
        assert PIN not in str(raised.value) + repr(signer)
    with pytest.raises(InputError, match="neither an Ed25519 nor a P-256 key"):
        in_token("hsm:3?label=drverify")
    with pytest.raises(InputError, match="only a token is asked"):
        found("awskms:alias/x")


@needs_token
def test_a_token_that_stands_still_is_not_waited_for(in_token, tmp_path):
    """A module that hangs when it is loaded, as one whose device does not answer."""
    public = tmp_path / "public.pem"
    public.write_text(pem_of(in_token().public_der))
    source, module = tmp_path / "hang.c", tmp_path / "hang.so"
    source.write_text("#include <unistd.h>\nint C_GetFunctionList(void *p) { for (;;) pause(); }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(module), str(source)], check=True, timeout=60)
    begun = time.monotonic()
    with pytest.raises(HostError, match="did not sign within 2 seconds"):
        in_token(library=module, public=public, within=timedelta(seconds=2)).sign(b"message")
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("reference", ["file:", "ssh-agent:", "runner.key", "gnupg:x", "https://a"])
def test_references_that_are_none(reference):
    with pytest.raises(InputError, match=r"signing\.key must be file:PATH"):
        found(reference)


def test_a_service_whose_package_is_missing_is_said(tmp_path):
    """awskms, gcpkms, azurekms and hv are passed through to securesystemslib; none of them was tried."""
    public = tmp_path / "public.pem"
    public.write_text(pem_of(der_of(generate_private_key(SECP256R1()).public_key())))
    with pytest.raises(HostError, match="Python package is missing") as raised:
        found(
            "gcpkms:projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1", public=public
        ).sign(b"m")
    assert "drverify[keys]" in raised.value.hint
