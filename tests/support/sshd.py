"""A real sshd on an unprivileged port of the loopback, with keys of its own."""

import getpass
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.probing import LOOPBACK, free_port

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
UP_WITHIN = 20
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sshd:
    """Where it answers and what a client needs; `log` has what it said."""

    port: int
    user: str
    key: Path
    known_hosts: Path
    log: Path

    def ssh(self, *, known_hosts: Path | None = None) -> str:
        """The client's words that lead here, checking the host key, asking nobody anything."""
        given = (
            f"UserKnownHostsFile={known_hosts or self.known_hosts}",
            "GlobalKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=yes",
            "BatchMode=yes",
            "IdentitiesOnly=yes",
        )
        options = " ".join(f"-o {one}" for one in given)
        return f"-F /dev/null -p {self.port} -i {self.key} {options}"


@contextmanager
def sshd(folder: Path) -> Iterator[Sshd]:
    """Run an sshd that serves SFTP to this user's key for as long as the context lasts."""
    assert SSHD is not None
    port = free_port()
    for name in ("id", "host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    host_key = (folder / "host.pub").read_text().split()
    (folder / "known_hosts").write_text(f"[{LOOPBACK}]:{port} {host_key[0]} {host_key[1]}\n")
    (folder / "config").write_text(
        f"ListenAddress {LOOPBACK}:{port}\nHostKey {folder}/host\nPidFile none\nSubsystem sftp internal-sftp\n"
        f"AuthorizedKeysFile {folder}/id.pub\nStrictModes no\nPasswordAuthentication no\nUsePAM no\n"
        "PermitRootLogin prohibit-password\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    log = folder / "log"
    with log.open("wb") as said:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "config"], stderr=said)
    try:
        end = time.monotonic() + UP_WITHIN
        while b"Server listening" not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.02)
        yield Sshd(
            port=port,
            user=getpass.getuser(),
            key=folder / "id",
            known_hosts=folder / "known_hosts",
            log=log,
        )
    finally:
        process.terminate()
        process.wait()
