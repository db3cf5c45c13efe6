"""The child's protocol: one JSON object a line, asked on standard input, answered on standard output.

    {"verb": "inspect", ...}      what is asked, with the verb's arguments
    {"note": "..."}               any number of lines while it works
    {"answer": ...}               what was found, or
    {"failed": "...", "kind": "..."}

The first verb must be `open`, whose arguments are those of `launched`. The child ends when nothing more
is asked, and shuts the appliance down first, so that everything written is on the disks.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from string import ascii_lowercase
from typing import Any, TextIO

from drverify.adapters.workbench.child.bench import Bench, BenchError

VERBS: Mapping[str, str] = {
    "versions": "drverify.adapters.workbench.child.making:versions",
    "make": "drverify.adapters.workbench.child.making:make",
    "inspect": "drverify.adapters.workbench.child.inspecting:inspect",
    "mounted": "drverify.adapters.workbench.child.adapting:mounted",
    "look": "drverify.adapters.workbench.child.rebuilding:look",
    "perform": "drverify.adapters.workbench.child.rebuilding:perform",
    "write": "drverify.adapters.workbench.child.rebuilding:write",
}
"""Verb to the function behind it, imported when it is first asked: `(bench, arguments) -> JSON`."""
MORE = ("lz4",)
"""Debian packages that the appliance is given beside libguestfs's own: an initramfs may be packed by LZ4."""
EVERY_S = 1.0
"""Seconds between two notes of libguestfs's own progress, at least."""


def serve() -> None:
    """Answer until standard input ends. Nothing but answers is written to standard output."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(what: Mapping[str, Any]) -> None:
        answers.write(json.dumps(what) + "\n")
        answers.flush()

    bench: Bench | None = None
    for line in _lines(sys.stdin):
        asked = json.loads(line)
        try:
            if asked["verb"] == "open":
                bench = launched(asked, lambda text: tell({"note": text}))
                tell({"answer": None})
            else:
                tell({"answer": _answered(bench, asked)})
        except BenchError as error:
            tell({"failed": str(error), "kind": error.kind})
        except Exception as error:  # noqa: BLE001 - the parent decides what it means
            tell({"failed": f"{type(error).__name__}: {error}", "kind": "failed"})
    if bench is not None:
        bench.guestfs.shutdown()
        bench.guestfs.close()


def _lines(asked: TextIO) -> Any:
    return iter(asked.readline, "")


def _answered(bench: Bench | None, asked: Mapping[str, Any]) -> Any:
    if bench is None:
        raise BenchError("nothing was opened")
    module, _, name = VERBS[asked["verb"]].partition(":")
    work: Callable[[Bench, Mapping[str, Any]], Any] = getattr(import_module(module), name)
    try:
        return work(bench, asked)
    except RuntimeError as error:  # what libguestfs raises
        bench.still_there(error)
        raise BenchError(str(error)) from error


def launched(asked: Mapping[str, Any], note: Callable[[str], None]) -> Bench:
    """Start the appliance with `disks` (`path`, `format`, `writable`), `memory_mib` and `tcg`."""
    try:
        guestfs = import_module("guestfs")
    except ImportError as error:
        raise BenchError(f"libguestfs's Python binding cannot be loaded: {error}", kind="missing") from error
    handle = guestfs.GuestFS(python_return_dict=True)
    handle.set_backend("direct")
    if asked["tcg"]:
        handle.set_backend_settings(["force_tcg"])
    handle.set_memsize(asked["memory_mib"])
    handle.set_path(_appliance(handle.get_path(), handle.get_cachedir()))
    labels = [f"drive{letter}" for letter in ascii_lowercase[: len(asked["disks"])]]
    for disk, label in zip(asked["disks"], labels, strict=True):
        handle.add_drive_opts(disk["path"], format=disk["format"], readonly=not disk["writable"], label=label)
    if not labels:
        handle.add_drive_scratch(1 << 20)
    _relay(guestfs, handle, note)
    try:
        handle.launch()
    except RuntimeError as error:
        raise BenchError(str(error), kind="launch") from error
    return Bench(handle, note, _names(handle, labels))


def _names(handle: Any, labels: Sequence[str]) -> dict[str, str]:
    """What libguestfs calls each disk, to what the appliance's kernel does."""
    real = [handle.debug("sh", [f"readlink -f /dev/disk/guestfs/{label}"]).strip() for label in labels]
    return {
        f"sd{letter}": one.removeprefix("/dev/") for letter, one in zip(ascii_lowercase, real, strict=False)
    }


def _appliance(path: str, cache: str) -> str:
    """A directory that describes the appliance as `path` does, with the packages of `MORE` where installed.

    It lists what supermin copies of this machine's own files (supermin(1)).
    """
    ours = Path(cache) / "appliance"
    parts = ours / "supermin.d"
    parts.mkdir(mode=0o700, parents=True, exist_ok=True)
    theirs = next((Path(one) for one in path.split(":") if (Path(one) / "supermin.d").is_dir()), None)
    if theirs is None:
        return path
    for part in (theirs / "supermin.d").iterdir():
        link = parts / part.name
        if not link.is_symlink():
            link.symlink_to(part)
    (parts / "packages-drverify").write_text("".join(f"{one}\n" for one in MORE))
    return str(ours)


def _relay(guestfs: Any, handle: Any, note: Callable[[str], None]) -> None:
    """Tell of libguestfs's progress events, so that the parent sees that a long step moves."""
    told = [0.0]

    def moved(_event: int, _handle: int, _buffer: str, place: tuple[int, int, int, int]) -> None:
        now = time.monotonic()
        if now - told[0] >= EVERY_S:
            told[0] = now
            note(f"{place[2]} of {place[3]}")

    handle.set_event_callback(moved, guestfs.EVENT_PROGRESS)
