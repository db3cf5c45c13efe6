"""A fakepve server for tests: a process of its own on loopback, told what to be."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.settings import Access, endpoint
from drverify.model.recovery import SecretRef

USER = "root@pam"
PASSWORD = "fake-root-password"
TOKEN = "drverify@pve!drill"
BY_TOKEN = SecretRef("env:SECRET")
SECRET = "5f1c3a52-90f4-4c7e-8f5d-9a2b7c1d0e3f"


@dataclass(frozen=True, kw_only=True)
class FakeCluster:
    """The running server."""

    process: "subprocess.Popen[str]" = field(repr=False)
    port: int
    pem: str = field(repr=False)
    fingerprint: str

    def tell(self, *command: Any) -> Any:
        """Hand over one command; see `fakepve_server`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def call(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a method of the server."""
        return self.tell("call", name, arguments, keywords)

    def set(self, name: str, value: Any) -> None:
        """Set an attribute of the server."""
        self.tell("set", name, value)

    def requests(self) -> list[tuple[str, str]]:
        """Method and path of everything that was asked."""
        return [
            (method, path.removeprefix("/api2/json")) for method, path, _ in self.tell("read", "requests")
        ]

    def access(
        self,
        *,
        ticket: bool = False,
        fingerprint: str | None = None,
        ca: Path | None = None,
        token: str = TOKEN,
        token_secret: SecretRef = BY_TOKEN,
    ) -> Access:
        """How to get in: with a token, or with the password."""
        door = endpoint(f"127.0.0.1:{self.port}", self.fingerprint if fingerprint is None else fingerprint)
        if ticket:
            who = Access(endpoint=door, ca=ca, user=USER, password=SecretRef("env:PASSWORD"))
        else:
            who = Access(endpoint=door, ca=ca, token=token, token_secret=token_secret)
        return replace(who, pauses=(0.01, 0.01, 0.01))

    def client(self, **how: Any) -> ProxmoxClient:
        """A client for it; close it."""
        return ProxmoxClient(self.access(**how), secret)


def secret(reference: SecretRef) -> bytes:
    """Both secrets of these tests."""
    return {"env:PASSWORD": PASSWORD, "env:SECRET": SECRET}[reference].encode()


@contextmanager
def fake_cluster() -> Iterator[FakeCluster]:
    """Run a server with one token for as long as the context lasts."""
    process = subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).with_name("fakepve_server.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        said = json.loads(process.stdout.readline())
        cluster = FakeCluster(
            process=process,
            port=said["port"],
            pem=said["pem"],
            fingerprint=hashlib.sha256(bytes.fromhex(said["der"])).hexdigest(),
        )
        cluster.set("apitokens", {TOKEN: SECRET})
        yield cluster
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
