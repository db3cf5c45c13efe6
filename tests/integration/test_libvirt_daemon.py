"""libvirtd dies and comes back in the middle: the guest lives on and so does the drill.

The daemon is one of the test's own, in a mount namespace of its own: nobody else's guests notice.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.libvirt import acceleration, daemon
from drverify.adapters.libvirt.calls import Calls, Unreachable
from drverify.adapters.libvirt.host import LibvirtHost
from drverify.adapters.libvirt.settings import LibvirtSettings
from drverify.engine.ports import DiskSource
from tests.conformance.host_suite import GUEST, RecordingScope, http, spec_of, until, up
from tests.support.guests import tiny_disk, traversable

pytestmark = [pytest.mark.needs_libvirt, pytest.mark.needs_lab]
PRIVATE = (
    'mount --make-rprivate / && mount --bind "$1/run" /run/libvirt && mount --bind "$1/lib" /var/lib/libvirt/qemu'
    ' && mount --make-rshared / && shift && exec "$@"'
)


class OwnLibvirt:
    """virtlogd and libvirtd that only this test knows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log: subprocess.Popen[bytes] | None = None
        self._daemon: subprocess.Popen[bytes] | None = None
        Path("/run/libvirt").mkdir(exist_ok=True)
        (folder / "run").mkdir(mode=0o755)
        (folder / "lib").mkdir(mode=0o751)
        shutil.chown(folder / "lib", "libvirt-qemu")
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", PRIVATE, "sh", str(folder), "sleep", "600"]
        )

    @property
    def uri(self) -> str:
        return f"qemu:///system?socket={self._folder}/run/libvirt-sock"

    def _inside(self, *argv: str) -> "subprocess.Popen[bytes]":
        enter = ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt"]
        return subprocess.Popen([*enter, *argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    async def _secluded(self) -> bool:
        """The mounts are made: what is started inside now does not meet the machine's own libvirt."""
        return Path(f"/proc/{self._holder.pid}/comm").read_text().strip() == "sleep"

    async def start(self) -> None:
        if self._log is None:
            await until(self._secluded, within=timedelta(seconds=60))
            self._log = self._inside("virtlogd", "--pid-file", str(self._folder / "log.pid"))
        self._daemon = self._inside("libvirtd", "--pid-file", str(self._folder / "libvirtd.pid"))

        async def answers() -> bool:
            return daemon._accepts(self._folder / "run/libvirt-sock")

        await until(answers, within=timedelta(seconds=60))

    def kill(self) -> None:
        assert self._daemon is not None
        self._daemon.kill()
        self._daemon.wait()

    def close(self) -> None:
        for process in (self._daemon, self._log, self._holder):
            if process is not None:
                process.terminate()
                process.wait()


@contextmanager
def own_libvirt() -> Iterator[OwnLibvirt]:
    with tempfile.TemporaryDirectory(prefix="drverify-libvirt-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        own = OwnLibvirt(Path(folder))
        try:
            yield own
        finally:
            own.close()


async def test_libvirtd_restarted_in_the_middle():
    scope = RecordingScope()
    with traversable() as base, own_libvirt() as own:
        await own.start()
        spec = spec_of(scope, base)
        async with LibvirtHost(LibvirtSettings(uri=own.uri)).sandbox(spec, scope) as sandbox:
            await sandbox.load([DiskSource(path=await tiny_disk(spec.directory / "disk.raw"), format="raw")])
            await sandbox.boot()
            await up(sandbox)
            own.kill()
            asked = asyncio.create_task(sandbox.activity())  # meets a dead daemon, and waits for it
            await asyncio.sleep(0.5)
            assert b"tiny: ok" in await sandbox.vantage.run(lambda: http(GUEST))
            await own.start()
            assert (await asked).running
            assert (await sandbox.activity()).running
        assert scope.open == {}


BOTH_AT_ONCE = """
mount -t tmpfs run /run && mount --bind "$1" /var/lib/libvirt/qemu || exit 9
shift
"$@" & first=$!
"$@" & second=$!
wait $first && wait $second && ls /run/libvirt/libvirt-sock
"""
START = "import asyncio; from drverify.adapters.libvirt.daemon import ensure_running; asyncio.run(ensure_running())"


@pytest.mark.skipif(daemon.SYSTEMD.is_dir(), reason="this machine runs systemd: it starts the daemons")
async def test_two_that_start_the_daemons_at_the_same_moment_both_find_them_running():
    with tempfile.TemporaryDirectory(prefix="drverify-libvirt-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        argv = [*namespaces, "sh", "-c", BOTH_AT_ONCE, "sh", folder, sys.executable, "-c", START]
        done = await asyncio.to_thread(subprocess.run, argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "/run/libvirt/libvirt-sock"


async def test_a_daemon_that_never_was_is_reported_at_once():
    with pytest.raises(Unreachable):
        await Calls("qemu:///system?socket=/nowhere/sock").call(lambda _: None, what="asking")


async def test_a_call_that_hangs_is_left_behind():
    over = threading.Event()
    calls = Calls("test:///default")
    try:
        with pytest.raises(Unreachable, match="did not answer within"):
            await calls.call(lambda _: over.wait(60), what="hanging", within=timedelta(seconds=0.2))
        assert await calls.call(lambda connection: connection.getHostname(), what="asking")
    finally:
        over.set()


async def test_acceleration_is_measured_and_remembered(tmp_path: Path):
    took = await acceleration.attempt("tcg", timedelta(seconds=30))
    assert took is not None
    assert timedelta(0) < took
    assert await acceleration.attempt("tcg", timedelta(seconds=0.01)) is None
    cache = tmp_path / "state" / "acceleration.json"
    chosen = await acceleration.measured(cache, "7.2", "boot")
    cache.write_text(cache.read_text().replace("tcg", "kvm") if chosen == "tcg" else cache.read_text())
    assert await acceleration.measured(cache, "7.2", "boot") == "kvm"  # from memory
    assert await acceleration.measured(cache, "7.2", "another boot") == chosen  # anew
