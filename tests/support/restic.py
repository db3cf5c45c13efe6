"""Real restic repositories for tests, and ways to break them.

`DRVERIFY_TEST_RESTIC` names another restic than the installed one (a newer version, say).
"""

import json
import os
import random
import shutil
import signal
import subprocess
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.restic.settings import ResticSettings
from drverify.adapters.restic.source import ResticSource
from drverify.model.recovery import PointFilter, RecoveryPoint, SecretRef
from tests.support.descendants import own_children
from tests.support.restic_init import initialise

BINARY = os.environ.get("DRVERIFY_TEST_RESTIC", "restic")
PASSWORD = "hush-hush-4711"
STALL = timedelta(seconds=90)
IMAGE_SIZE = (24 << 20) + 4608
FIRST = datetime(2024, 5, 1, 10, tzinfo=UTC)
SECOND = datetime(2024, 5, 2, 10, tzinfo=UTC)


@dataclass
class Watched:
    """Progress that remembers."""

    seen: list[tuple[int, int | None]] = field(default_factory=list)

    def phase(self, name: Any, state: Any) -> None:
        raise AssertionError("a source has no phases")

    def bytes(self, done: int, total: int | None) -> None:
        self.seen.append((done, total))

    def note(self, text: str) -> None:
        raise AssertionError(text)


@dataclass
class Ledger:
    """A resource scope that remembers what was said in which order."""

    said: list[tuple[str, str, str, dict[str, str]]] = field(default_factory=list)
    sandbox_id: Any = "0badcafe"
    tag: str = "drverify:0badcafe"

    def opening(self, kind: str, name: str, **facts: str) -> None:
        self.said.append(("opening", kind, name, facts))

    def closed(self, kind: str, name: str) -> None:
        self.said.append(("closed", kind, name, {}))

    def left(self) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for what, kind, name, _ in self.said:
            (found.add if what == "opening" else found.discard)((kind, name))
        return found


@dataclass(frozen=True)
class Repository:
    """A repository on this disk."""

    path: Path
    image: Path
    files: Path
    password: str = PASSWORD
    index: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """The blobs of each pack, by their place in it."""

    def copy(self, path: Path) -> "Repository":
        shutil.copytree(self.path, path)
        return replace(self, path=path)

    def settings(self, **other: Any) -> ResticSettings:
        given: dict[str, Any] = {
            "name": "vault",
            "repository": str(self.path),
            "password": SecretRef("env:PW"),
            "binary": BINARY,
            **other,
        }
        return ResticSettings(**given)

    def source(self, **other: Any) -> ResticSource:
        return ResticSource(self.settings(**other), lambda _: self.password.encode() + b"\n")

    def initialise(self) -> None:
        """Make it, empty."""
        initialise(self.path, self.password)

    def restic(self, *words: str) -> str:
        done = subprocess.run(
            [BINARY, "--no-cache", *words],
            env={**os.environ, "RESTIC_REPOSITORY": str(self.path), "RESTIC_PASSWORD": self.password},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def largest_pack(self) -> Path:
        return max(self.packs(), key=lambda path: path.stat().st_size)

    def packs(self) -> list[Path]:
        return [path for path in (self.path / "data").rglob("*") if path.is_file()]

    def blobs(self, pack: Path) -> list[dict[str, Any]]:
        return self.index[pack.name]

    def with_index(self) -> "Repository":
        index: dict[str, list[dict[str, Any]]] = {}
        for name in self.restic("--no-lock", "list", "index").split():
            for found in json.loads(self.restic("--no-lock", "cat", "index", name))["packs"]:
                index[found["id"]] = sorted(found["blobs"], key=lambda blob: int(blob["offset"]))
        return replace(self, index=index)

    def tree_packs(self) -> list[Path]:
        return [pack for pack in self.packs() if self.blobs(pack)[0]["type"] == "tree"]

    def everything(self) -> dict[str, tuple[int, int]]:
        """Every file with its size and time stamp: what must not change by reading."""
        return {
            str(path.relative_to(self.path)): (path.stat().st_size, path.stat().st_mtime_ns)
            for path in self.path.rglob("*")
        }


def names(directory: Path) -> list[str]:
    """What a directory holds."""
    return sorted(path.name for path in directory.iterdir())


def flip(path: Path, at: int) -> None:
    """Flip one bit."""
    content = bytearray(path.read_bytes())
    content[at] ^= 0x10
    path.chmod(0o600)
    path.write_bytes(content)


def make_repository(root: Path) -> Repository:
    """A repository in `root`: two points of a disk image (host shop) and one of files (host docs).

    A copy of one that each process of the tests makes once; image and files are the same for all.
    """
    if not _made:
        _made.append(_first_repository(root))
    return _made[0].copy(root / "repo")


_made: list[Repository] = []


def _first_repository(root: Path) -> Repository:
    root = root / "first"
    root.mkdir()
    made = Repository(path=root / "repo", image=root / "data" / "disk.raw", files=root / "data" / "docs")
    made.image.parent.mkdir()
    _write_files(made.files)
    made.initialise()
    for number, instant in enumerate((FIRST, SECOND)):
        _write_image(made.image, seed=number)
        stamp = instant.isoformat().replace("+00:00", "Z")
        made.restic("backup", "--host", "shop", "--tag", f"as-of={stamp},nightly", str(made.image))
    made.restic("backup", "--host", "docs", str(made.files))
    return made.with_index()


def _write_image(path: Path, *, seed: int) -> None:
    noise = random.Random(seed)
    with path.open("wb") as image:
        for at, length in (
            (1 << 20, 3 << 20),
            (9 << 20, 70000),
            ((10 << 20) + 12345, 1),
            (20 << 20, 3 << 20),
        ):
            image.seek(at)
            image.write(noise.randbytes(length - 1) + b"\1")
        image.truncate(IMAGE_SIZE)


def _write_files(root: Path) -> None:
    (root / "deep" / "er").mkdir(parents=True)
    (root / "a [x]*?.txt").write_text("odd name")
    (root / "empty").write_text("")
    (root / "deep" / "one").write_bytes(random.Random(7).randbytes(300_000))
    (root / "deep" / "er" / "two").write_text("two")
    (root / "deep" / "link").symlink_to("/etc/passwd")
    os.link(root / "deep" / "one", root / "hard")
    (root / "deep").chmod(0o750)
    os.utime(root / "empty", (1_600_000_000, 1_600_000_000))


async def newest(source: ResticSource, host: str = "shop") -> RecoveryPoint:
    """The newest point of a host."""
    return (await source.points(PointFilter(host=host)))[0]


def restic_children(word: str) -> list[int]:
    """Pids of this process's own restics that run the command `word`."""
    return [pid for pid, argv in own_children().items() if word in argv and "restic" in argv[0]]


def signal_restic(word: str, number: signal.Signals) -> None:
    """Send a signal to this process's own restic that runs `word`."""
    (pid,) = restic_children(word)
    os.kill(pid, number)
