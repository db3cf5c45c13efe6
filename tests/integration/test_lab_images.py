"""The real guests: built from packages, booted by a plain QEMU, asked from inside a namespace."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from lab.images import edit
from lab.images.cache import Image
from lab.images.disk import FIRST_PARTITION
from lab.images.errors import LabError
from lab.images.recipe import ensure_image
from lab.images.variant import read_file, sparse_copy, tiny_variant

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_lab,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="qemu-system-x86 is not installed"),
]
SHARED_CACHE = Path("/var/lib/drverify/lab/images")
BOOT_LIMIT_S = 240
VIRTIO = ("-device", "virtio-blk-pci,drive=disk", "-device", "virtio-net-pci,netdev=net,rombar=0")
SATA = ("-M", "q35", "-device", "ide-hd,drive=disk,bus=ide.0", "-device", "e1000,netdev=net,rombar=0")


class Machine:
    """One QEMU with emulated processors, its serial console in a file, its agent on a socket."""

    def __init__(
        self, disk: Path, home: Path, *, memory_mib: int, cpus: int, hardware: tuple[str, ...], namespace: str
    ) -> None:
        home.mkdir()
        self.serial, self.agent_path = home / "serial.log", home / "agent"
        self.log = (home / "qemu.log").open("wb")
        net = "tap,id=net,ifname=tap0,script=no,downscript=no" if namespace else "hubport,id=net,hubid=0"
        self.process = subprocess.Popen(
            [
                *(["ip", "netns", "exec", namespace] if namespace else []),
                *("qemu-system-x86_64", "-accel", "tcg", "-m", str(memory_mib), "-smp", str(cpus)),
                *("-display", "none", "-monitor", "none", "-serial", f"file:{self.serial}"),
                *("-drive", f"file={disk},format=raw,if=none,id=disk", "-netdev", net, *hardware),
                *("-chardev", f"socket,id=agent,path={self.agent_path},server=on,wait=off"),
                *("-device", "virtio-serial"),
                *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )

    def wait_for(self, text: str) -> None:
        """Wait until the serial console shows ``text``."""
        poll(lambda: text in self.console(), f"{text!r} on the console", self)

    def console(self) -> str:
        return self.serial.read_text(errors="replace") if self.serial.exists() else ""

    def ask_agent(self, command: str) -> object:
        """Send the guest agent one command and return its answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(self.agent_path))
            connection.sendall(json.dumps({"execute": command}).encode() + b"\n")
            return json.loads(connection.makefile().readline())["return"]

    def end(self) -> None:
        """Cut the power."""
        self.process.kill()
        self.process.wait()
        self.log.close()


def poll(check: Callable[[], bool], what: str, machine: Machine) -> None:
    end = time.monotonic() + BOOT_LIMIT_S
    while time.monotonic() < end:
        if check():
            return
        if machine.process.poll() is not None:
            pytest.fail(f"QEMU ended: {Path(machine.log.name).read_text()}")
        time.sleep(0.2)
    pytest.fail(f"no {what} within {BOOT_LIMIT_S} s; console:\n{machine.console()[-3000:]}")


@contextlib.contextmanager
def running(
    disk: Path, home: Path, *, hardware: tuple[str, ...] = VIRTIO, namespace: str = "", large: bool = False
) -> Iterator[Machine]:
    memory_mib, cpus = (1024, 2) if large else (256, 1)
    machine = Machine(disk, home, memory_mib=memory_mib, cpus=cpus, hardware=hardware, namespace=namespace)
    try:
        yield machine
    finally:
        machine.end()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Tiny, really built (about 15 s), in a cache of its own."""
    return asyncio.run(ensure_image("tiny", tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def shop() -> Image:
    """Shop from the lab's cache; the first use on a machine builds it."""
    return asyncio.run(ensure_image("shop", SHARED_CACHE))


@pytest.fixture
def namespace() -> Iterator[str]:
    """A network namespace with one tap, in which the test is the guests' gateway."""
    name = f"drvimages{os.getpid()}"
    ip = ("ip", "-n", name)
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        for command in (
            (*ip, "tuntap", "add", "tap0", "mode", "tap"),
            (*ip, "addr", "add", "10.20.0.1/24", "dev", "tap0"),
            (*ip, "addr", "add", "10.30.0.1/24", "dev", "tap0"),
            (*ip, "link", "set", "tap0", "up"),
        ):
            subprocess.run(command, check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def inside(namespace: str, *argv: str, stdin: str = "", check: bool = True) -> str:
    """Run a command inside a namespace and return what it printed."""
    command = ["ip", "netns", "exec", namespace, *argv]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=180, check=False)
    if check:
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
    return done.stdout


def get(namespace: str, url: str) -> str:
    """Return a page's text, or "" if it is not to be had."""
    script = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).read().decode())"
    return inside(namespace, sys.executable, "-I", "-c", script, url, check=False).strip()


def test_a_build_leaves_one_image_and_nothing_else(tiny: Image) -> None:
    assert tiny.size_bytes <= 128 * 2**20
    left = {path.name for path in tiny.path.parent.iterdir()}
    assert left == {tiny.path.name, ".tiny.lock", ".drverify-images"}
    inode = tiny.path.stat().st_ino
    assert asyncio.run(ensure_image("tiny", tiny.path.parent)) == tiny
    assert tiny.path.stat().st_ino == inode, "a cached image was built again"


def processes_naming(text: str) -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if text in (words := file.read_text().replace("\0", " ")):
                found.append(words)
    return found


def test_a_killed_builder_leaves_no_process_no_mount_and_no_image(tmp_path: Path) -> None:
    cache = tmp_path / "killed-cache"
    command = [sys.executable, "-m", "lab.images", "build", "tiny", "--cache", str(cache)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as builder:
        while not any("mmdebstrap --variant" in words for words in processes_naming(str(cache))):
            assert builder.poll() is None, "the builder ended before it began"
            time.sleep(0.05)
        builder.kill()
    end = time.monotonic() + 3
    while processes_naming(str(cache)) and time.monotonic() < end:
        time.sleep(0.1)
    assert processes_naming(str(cache)) == []
    assert str(cache) not in Path("/proc/self/mountinfo").read_text()
    assert list(cache.glob("*.raw")) == []


@pytest.mark.soak  # every drill of tiny asks for its page, its agent and the beat of before the backup
def test_tiny_boots_answers_and_keeps_its_heartbeat_over_a_power_cut(
    tiny: Image, tmp_path: Path, namespace: str
) -> None:
    disk = asyncio.run(sparse_copy(tiny.path, tmp_path / "tiny.raw"))
    with running(disk, tmp_path / "first", namespace=namespace) as machine:
        machine.wait_for("tiny: up")
        assert "tiny: ok" in get(namespace, "http://10.30.0.10/")
        assert get(namespace, "http://10.30.0.10/heartbeat-restored") == ""
        poll(lambda: int(get(namespace, "http://10.30.0.10/heartbeat").split()[0]) >= 2, "heartbeat", machine)
        seen = get(namespace, "http://10.30.0.10/heartbeat").split()
        assert machine.ask_agent("guest-get-host-name") == {"host-name": "tiny"}
    with running(disk, tmp_path / "second", namespace=namespace) as machine:
        machine.wait_for("tiny: up")
        restored = get(namespace, "http://10.30.0.10/heartbeat-restored").split()
        assert int(restored[0]) >= int(seen[0]) - 1
        assert restored[2] == seen[2], "the restored beat must carry the boot that wrote it"
        assert get(namespace, "http://10.30.0.10/heartbeat").split()[2] != seen[2]


@pytest.mark.soak  # a migration to such hardware is among the others
def test_tiny_boots_from_sata_with_an_e1000(tiny: Image, tmp_path: Path) -> None:
    disk = asyncio.run(tiny_variant(tiny, tmp_path, name="elsewhere"))
    with running(disk, tmp_path / "home", hardware=SATA) as machine:
        machine.wait_for("tiny: up")
        assert "no data disk" not in machine.console()
        assert "no network card" not in machine.console()
        assert machine.ask_agent("guest-get-host-name") == {"host-name": "elsewhere"}


@pytest.mark.soak  # a sandbox with it inside is among the others
def test_a_hostile_tiny_tries_everything(tiny: Image, tmp_path: Path, namespace: str) -> None:
    disk = asyncio.run(tiny_variant(tiny, tmp_path / "bad.raw", hostile=True))
    listener = (
        "import socket, time\n"
        "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind(('tap0', 0))\n"
        "s.settimeout(60); seen = set(); end = time.monotonic() + 120\n"
        "kinds = {'dhcp', 'arp', 'ra', 'rs', 'tcp', 'udp', 'icmp', 'metadata', 'world'}\n"
        "while time.monotonic() < end and not kinds <= seen:\n"
        "    d, a = s.recvfrom(2048)\n"
        "    if a[2] == 4: continue\n"
        "    kind = d[12:14]\n"
        "    if kind == b'\\x08\\x06': seen.add('arp')\n"
        "    elif kind == b'\\x86\\xdd' and d[20] == 58: seen.add({133: 'rs', 134: 'ra'}.get(d[54], 'icmp6'))\n"
        "    elif kind == b'\\x08\\x00':\n"
        "        seen.add({1: 'icmp', 6: 'tcp', 17: 'dhcp' if d[36:38] == b'\\x00C' else 'udp'}.get(d[23], '?'))\n"
        "        if d[30:34] == bytes([169, 254, 169, 254]): seen.add('metadata')\n"
        "        if d[30:34] == bytes([8, 8, 8, 8]): seen.add('world')\n"
        "print(*sorted(kinds - seen))\n"
    )
    with running(disk, tmp_path / "home", namespace=namespace) as machine:
        machine.wait_for("tiny: up")
        assert inside(namespace, sys.executable, "-I", "-c", listener).strip() == "", "never tried"


def ssh(namespace: str, shop: Image, command: str, *, stdin: str = "") -> str:
    assert shop.credentials is not None
    options = ("StrictHostKeyChecking=yes", "BatchMode=yes", "ConnectTimeout=20")
    return inside(
        namespace,
        *("ssh", "-i", str(shop.credentials / "id_ed25519")),
        *("-o", f"UserKnownHostsFile={shop.credentials / 'known_hosts'}"),
        *(word for option in options for word in ("-o", option)),
        *("root@10.20.0.10", command),
        stdin=stdin,
    )


def check_services(shop: Image, namespace: str, machine: Machine) -> None:
    """Ask each promised service of a running shop."""
    assert shop.credentials is not None
    assert machine.ask_agent("guest-get-host-name") == {"host-name": "shop"}
    assert "<title>Lab shop</title>" in get(namespace, "http://10.20.0.10/")
    script = (
        "import socket, ssl, sys; c = ssl.create_default_context(cafile=sys.argv[1])\n"
        "s = c.wrap_socket(socket.create_connection(('10.20.0.10', 443), 10), server_hostname='shop.example')\n"
        "print(s.version())"
    )
    assert "TLS" in inside(namespace, sys.executable, "-I", "-c", script, str(shop.credentials / "ca.pem"))
    assert ssh(namespace, shop, "cat /etc/drverify-lab/identity; hostname").split() == ["shop", "shop"]
    assert ssh(
        namespace, shop, "cd /srv/files && wc -l < MANIFEST.sha256 && sha256sum -c --quiet *.sha256"
    ).split() == ["200"]
    password = (shop.credentials / "probe-password").read_text()
    probe = 'read -r PGPASSWORD; export PGPASSWORD; psql -XAt -h 10.20.0.10 -U probe -d shop -c "%s"'
    recomputed = (
        "SELECT count(*) > 0, bool_and(checksum = encode(sha256(convert_to(seq || '|' || "
        "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD') || 'T' || "
        "to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS.US') || 'Z', 'UTF8')), 'hex')) FROM heartbeat"
    )
    assert ssh(namespace, shop, probe % recomputed, stdin=f"{password}\n").strip() == "t|t"
    assert (
        ssh(namespace, shop, probe % "SELECT count(*) FROM heartbeat_restored", stdin=f"{password}\n")
        == "0\n"
    )
    assert "read-only" in ssh(
        namespace, shop, f"{probe % 'DELETE FROM orders'} 2>&1 || true", stdin=f"{password}\n"
    )


async def rows_offline(disk: Path, query: str) -> str:
    """Ask the database of a stopped shop, in PostgreSQL's single-user mode."""
    async with edit.mounted(disk) as root:
        return await edit.single_user(root, query)


@pytest.mark.slow
@pytest.mark.soak  # `make demo` restores it from a running one's disk, and asks the same services for the same rows
def test_shop_serves_and_survives_a_power_cut_with_its_rows(
    shop: Image, tmp_path: Path, namespace: str
) -> None:
    disk = asyncio.run(sparse_copy(shop.path, tmp_path / "shop.raw"))
    with running(disk, tmp_path / "home", large=True, namespace=namespace) as machine:
        machine.wait_for("shop login:")
        poll(lambda: '"heartbeat_seq": 1' in get(namespace, "http://10.20.0.10/health"), "health", machine)
        check_services(shop, namespace, machine)
        health = json.loads(get(namespace, "http://10.20.0.10/health"))
        assert health["status"] == "ok"
        assert health["orders"] >= 3000
    newest = asyncio.run(rows_offline(disk, "SELECT max(seq) AS newest FROM heartbeat"))
    found = int(newest.split('newest = "')[1].split('"')[0])
    assert found >= health["heartbeat_seq"], "a committed heartbeat was lost in the power cut"
    asyncio.run(edit.empty_database(disk))
    assert 'orders = "0"' in asyncio.run(rows_offline(disk, "SELECT count(*) AS orders FROM orders"))


@pytest.mark.parametrize(
    ("editor", "file", "content"),
    [
        (edit.disable_application, "/etc/systemd/system/shop.service", "/dev/null"),
        (edit.wrong_machine, "/etc/machine-id", edit.OTHER_MACHINE_ID),
    ],
)
def test_known_bad_guests_differ(
    shop: Image, tmp_path: Path, editor: Callable[[Path], Awaitable[None]], file: str, content: str
) -> None:
    disk = asyncio.run(sparse_copy(shop.path, tmp_path / "bad.raw"))

    async def change_and_look() -> str:
        await editor(disk)
        async with edit.mounted(disk) as root:
            path = root / file.lstrip("/")
            return str(path.readlink()) if path.is_symlink() else path.read_text().strip()

    assert asyncio.run(change_and_look()) == content
    assert (
        str(disk) not in subprocess.run(["losetup", "-a"], capture_output=True, text=True, check=True).stdout
    )


def test_originals_and_foreign_disks_are_refused_and_nothing_stays_mounted(
    shop: Image, tiny: Image, tmp_path: Path
) -> None:
    before = shop.path.stat()
    for editor in (edit.empty_database, edit.disable_application, edit.wrong_machine, edit.truncate_image):
        with pytest.raises(LabError, match="original"):
            asyncio.run(editor(shop.path))
    assert shop.path.stat().st_mtime_ns == before.st_mtime_ns
    foreign = asyncio.run(sparse_copy(tiny.path, tmp_path / "foreign.raw"))
    with pytest.raises(LabError, match="not a disk of the lab's shop"):
        asyncio.run(edit.wrong_machine(foreign))
    assert "drverify-lab-" not in Path("/proc/self/mounts").read_text()
    asyncio.run(edit.truncate_image(foreign))
    assert foreign.stat().st_size == tiny.size_bytes // 2
    assert "variant" in asyncio.run(read_file(foreign, FIRST_PARTITION, "/boot/grub/variant.cfg"))
