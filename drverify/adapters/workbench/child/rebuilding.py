"""Verbs with which a restored system is made to start: looking at its files, running its own programs."""

from collections.abc import Iterable, Mapping
from typing import Any

from drverify.adapters.workbench.child.bench import Bench, BenchError
from drverify.adapters.workbench.child.kernels import kernels_of

_SAID = 3000
_MODULES_MOST = 2 << 20
"""Bytes; a message of libguestfs holds less than 4 MiB."""
_PLACES = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
_PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive"
_TEXTS = (
    "/etc/os-release", "/usr/lib/os-release", "/etc/fstab", "/etc/crypttab", "/etc/default/grub",
    "/etc/mdadm/mdadm.conf", "/etc/cryptsetup-initramfs/conf-hook",
    "/etc/initramfs-tools/*.conf", "/etc/initramfs-tools/modules", "/etc/initramfs-tools/conf.d/*",
    "/etc/network/interfaces", "/etc/network/interfaces.d/*", "/etc/systemd/network/*.network",
    "/etc/netplan/*.yaml", "/etc/NetworkManager/system-connections/*",
)  # fmt: skip


def look(bench: Bench, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the mounted files hold; of `programs` and `directories` those that are there."""
    paths = {path for pattern in _TEXTS for path in bench.matching(pattern)}
    return {
        "texts": {path: bench.text(path) for path in sorted(paths) if _exists(bench, path)},
        "kernels": [
            {
                "version": one.version,
                "initramfs": one.initramfs,
                "early": list(one.drivers),
                "there": _modules(bench, one.version),
                "read": one.read,
            }
            for one in kernels_of(bench)
        ],
        "programs": [
            one for one in asked["programs"] if any(_exists(bench, f"{place}/{one}") for place in _PLACES)
        ],
        "platforms": [one for one in bench.names("/usr/lib/grub") if "-" in one],
        "directories": [one for one in asked["directories"] if _is_directory(bench, f"/{one}")],
    }


def _modules(bench: Bench, version: str) -> list[str]:
    """The names of every module of a kernel, and of what is built into it."""
    place = f"/lib/modules/{version}"
    listed = [bench.text(f"{place}/{name}", _MODULES_MOST) for name in ("modules.dep", "modules.builtin")]
    return sorted({_plain(line) for text in listed for line in text.splitlines() if line.strip()})


def _plain(line: str) -> str:
    return line.partition(":")[0].rpartition("/")[2].partition(".ko")[0].replace("-", "_")


def _is_directory(bench: Bench, path: str) -> bool:
    found = bench.tried(lambda: bench.guestfs.is_dir(path, followsymlinks=True), otherwise=False)
    return bool(found)


def _exists(bench: Bench, path: str) -> bool:
    return bool(bench.tried(lambda: bench.guestfs.exists(path), otherwise=False))


def perform(bench: Bench, asked: Mapping[str, Any]) -> None:
    """Run a `line` of shell in the mounted system. BenchError of kind `command`, with what it said."""
    line = asked["line"]
    bench.note(line)
    said = bench.guestfs.sh(
        f"export {_PATH}; out=$( {{ {bench.real(line)} ; }} 2>&1 ); code=$?; "
        f'echo "$code"; printf %s "$out" | tail -c {_SAID}'
    )
    code, _, text = said.partition("\n")
    if code.strip() != "0":
        last = " | ".join([*_last(text.splitlines())])
        raise BenchError(f"{line.partition(' ')[0]} exited with {code.strip()}: {last}", kind="command")


def _last(lines: Iterable[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()][-3:]


def write(bench: Bench, asked: Mapping[str, Any]) -> None:
    """Make `directories` (path: mode) and write `files` (path: text, or `[text, mode]`)."""
    handle = bench.guestfs
    for path, mode in asked["directories"].items():
        handle.mkdir_p(f"/{path}")
        handle.chmod(mode, f"/{path}")
    for path, content in asked["files"].items():
        text, mode = content if isinstance(content, list) else (content, None)
        handle.mkdir_p(path.rpartition("/")[0] or "/")
        handle.write(path, text.encode())
        if mode is not None:
            handle.chmod(mode, path)
