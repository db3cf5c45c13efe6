"""A real sshd of OpenSSH on the loopback, for one test module."""

import getpass
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drverify.model.playbook import Access
from drverify.model.recovery import SecretRef
from tests.support.probing import LOOPBACK, free_port

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
KEY, HOST_KEY, OTHER = SecretRef("file:id"), SecretRef("file:host.pub"), SecretRef("file:other.pub")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sshd:
    """Where it listens, and the keys that belong to it."""

    port: int
    folder: Path
    fingerprint: str
    pid: int

    @property
    def secrets(self) -> dict[str, bytes]:
        """What the references of probes lead to."""
        return {ref: (self.folder / ref.removeprefix("file:")).read_bytes() for ref in (KEY, HOST_KEY, OTHER)}

    def access(self, **more: Any) -> Access:
        """The way in; `more` replaces parts of it."""
        given = {
            "address": LOOPBACK,
            "port": self.port,
            "user": getpass.getuser(),
            "key": KEY,
            "host_key": HOST_KEY,
        }
        return Access(**given | more)

    def logins(self) -> int:
        """How many times somebody was let in so far."""
        return (self.folder / "log").read_bytes().count(b"Accepted publickey")

    def sessions(self) -> list[int]:
        """Processes of it that serve a connection now."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]


@contextmanager
def running_sshd(folder: Path, *options: str) -> Iterator[Sshd]:
    """Make keys, start it with more `options`, and end it."""
    port = free_port()
    for name in ("id", "host", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    # Beside a second kind of host key, which the client must not settle for.
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", folder / "rsa"], check=True)
    (folder / "config").write_text(
        f"ListenAddress {LOOPBACK}:{port}\nHostKey {folder}/rsa\nHostKey {folder}/host\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/id.pub\nStrictModes no\nPasswordAuthentication no\nUsePAM no\n"
        "PermitRootLogin prohibit-password\n" + "".join(f"{option}\n" for option in options)
    )
    process = subprocess.Popen(
        [str(SSHD), "-D", "-e", "-f", folder / "config"], stderr=(folder / "log").open("wb")
    )
    try:
        for _ in range(100):
            if b"Server listening" in (folder / "log").read_bytes():
                break
            time.sleep(0.05)
        shown = subprocess.run(
            ["ssh-keygen", "-l", "-f", folder / "host.pub"], check=True, capture_output=True, text=True
        )
        yield Sshd(port=port, folder=folder, fingerprint=shown.stdout.split()[1], pid=process.pid)
    finally:
        process.terminate()
        process.wait()
