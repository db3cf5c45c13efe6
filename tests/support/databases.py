"""A real PostgreSQL on a loopback port, gone when the context ends."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.probing import LOOPBACK, Certificates, free_port


def programs() -> Path | None:
    """The folder of the newest installed server, or none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where it answers."""

    port: int
    socket: Path

    def sql(self, text: str, database: str = "postgres") -> None:
        """Run statements as the superuser."""
        program = programs()
        assert program is not None
        command = [program / "psql", "-X", "-q", "-h", self.socket, "-p", str(self.port), "-U", "postgres"]
        subprocess.run(
            [*command, "-d", database, "-v", "ON_ERROR_STOP=1"],
            input=text.encode(),
            check=True,
            capture_output=True,
        )


@contextlib.contextmanager
def postgres(certificates: Certificates | None = None) -> Iterator[Server]:
    """Make a cluster, run it, throw it away. With certificates, only TLS is let in over TCP."""
    program = programs()
    assert program is not None
    folder = Path(tempfile.mkdtemp(prefix="drverify-postgres-"))
    data, port = folder / "data", free_port()
    folder.chmod(0o711)
    data.mkdir()
    user = _user(data)
    try:
        _run(
            [program / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8"],
            user,
        )
        options = (
            f"-c listen_addresses={LOOPBACK} -c port={port} -c unix_socket_directories={data} -c fsync=off"
        )
        (data / "pg_hba.conf").write_text(
            f"local all postgres trust\n{'hostssl' if certificates else 'host'} all all {LOOPBACK}/32 scram-sha-256\n"
        )
        if certificates is not None:
            for name, source in (("server.crt", certificates.chain), ("server.key", certificates.key)):
                shutil.copyfile(source, data / name)
                (data / name).chmod(0o600)
                if user is not None:
                    shutil.chown(data / name, user)
            options += " -c ssl=on"
        control = [program / "pg_ctl", "-D", data, "-s", "-w"]
        _run([*control, "-l", data / "log", "-o", options, "start"], user)
        try:
            yield Server(port=port, socket=data)
        finally:
            _run([*control, "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(folder)


def _user(data: Path) -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    shutil.chown(data, "postgres")
    return pwd.getpwnam("postgres").pw_name


def _run(command: Sequence[str | Path], user: str | None) -> None:
    done = subprocess.run(
        command, user=user, group=user, extra_groups=[] if user else None, cwd="/", check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode(errors="replace")
