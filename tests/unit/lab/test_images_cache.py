"""The image cache: one builder at a time, nothing half built, nothing stale."""

import asyncio
import fcntl
from pathlib import Path

import pytest

from lab.images import cache as image_cache
from lab.images.cache import Image, cached, clean, is_cached, look_up
from lab.images.errors import LabError

DIGEST = "0123456789abcdef" * 4


def quiet(_: str) -> None:
    pass


class Builder:
    """A builder that counts its calls and leaves what it is told to."""

    def __init__(
        self, *, content: bytes | None = b"disk", secret: bool = False, failure: Exception | None = None
    ):
        self.content, self.secret, self.failure = content, secret, failure
        self.workspaces: list[Path] = []

    async def __call__(self, workspace: Path, say: image_cache.Say) -> None:
        self.workspaces.append(workspace)
        assert list(workspace.iterdir()) == []
        if self.content is not None:
            (workspace / "image.raw").write_bytes(self.content)
        if self.secret:
            (workspace / "credentials").mkdir(mode=0o700)
            (workspace / "credentials" / "key").write_text("s3cret")
        await asyncio.sleep(0)
        if self.failure:
            raise self.failure


async def build(builder: Builder, directory: Path, name: str = "tiny", digest: str = DIGEST) -> Image:
    return await cached(name, digest, builder, directory, say=quiet)


def visible(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir() if not path.name.startswith(".")}


def workspaces(directory: Path) -> list[Path]:
    return list(directory.glob(".building-*"))


async def test_builds_once_and_names_the_file_by_name_and_digest(tmp_path: Path) -> None:
    builder = Builder(content=b"x" * 1000)
    first = await build(builder, tmp_path / "deep" / "cache")
    second = await build(builder, tmp_path / "deep" / "cache")
    assert first == second
    assert first.path == tmp_path / "deep" / "cache" / "tiny-0123456789ab.raw"
    assert (first.size_bytes, first.credentials, len(builder.workspaces)) == (1000, None, 1)
    assert first.path.stat().st_mode & 0o777 == 0o444


async def test_credentials_are_published_beside_the_image(tmp_path: Path) -> None:
    image = await build(Builder(secret=True), tmp_path, "shop")
    assert image.credentials == tmp_path / "shop-0123456789ab.credentials"
    assert image.credentials is not None
    assert image.credentials.stat().st_mode & 0o777 == 0o700
    assert (image.credentials / "key").read_text() == "s3cret"


async def test_another_digest_is_another_image(tmp_path: Path) -> None:
    builder = Builder()
    await build(builder, tmp_path)
    await build(builder, tmp_path, digest="f" * 64)
    assert visible(tmp_path) == {"tiny-0123456789ab.raw", "tiny-ffffffffffff.raw"}


async def test_a_failed_build_leaves_nothing_and_goes_through(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no kernel"):
        await build(Builder(failure=LabError("no kernel")), tmp_path)
    assert visible(tmp_path) == set()
    assert workspaces(tmp_path) == []
    assert look_up("tiny", DIGEST, tmp_path) is None


@pytest.mark.parametrize("content", [None, b""])
async def test_a_builder_that_makes_nothing_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    with pytest.raises(LabError, match="made no image"):
        await build(Builder(content=content), tmp_path)
    assert visible(tmp_path) == set()


async def test_a_cancelled_build_leaves_nothing(tmp_path: Path) -> None:
    started = asyncio.Event()

    async def endless(workspace: Path, say: image_cache.Say) -> None:
        (workspace / "image.raw").write_bytes(b"half")
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(cached("tiny", DIGEST, endless, tmp_path, say=quiet))
    await started.wait()
    assert look_up("tiny", DIGEST, tmp_path) is None, "a half-built image is in sight"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert visible(tmp_path) == set()
    assert workspaces(tmp_path) == []


async def test_what_dead_builders_left_is_removed_and_others_kept(tmp_path: Path) -> None:
    stale, foreign = tmp_path / ".building-tiny-dead", tmp_path / ".building-shop-alive"
    for directory in (stale, foreign):
        directory.mkdir()
        (directory / "image.raw").write_bytes(b"half")
    orphan = tmp_path / "tiny-ffffffffffff.credentials"
    orphan.mkdir()
    await build(Builder(), tmp_path)
    assert not stale.exists()
    assert not orphan.exists(), "secrets without their image would block the next build's rename"
    assert foreign.exists(), "another image's builder may be alive"


async def test_two_builders_at_once_build_once(tmp_path: Path) -> None:
    builder = Builder()
    images = await asyncio.gather(*(build(builder, tmp_path) for _ in range(4)))
    assert len(set(images)) == 1
    assert len(builder.workspaces) == 1


async def test_waits_for_the_lock_of_another_process_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    with (tmp_path / ".tiny.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        builder = Builder()
        task = asyncio.create_task(cached("tiny", DIGEST, builder, tmp_path, say=said.append))
        while not said:
            await asyncio.sleep(0)
        assert builder.workspaces == []
        fcntl.flock(other, fcntl.LOCK_UN)
        await task
    assert said == ["tiny: another builder is at work, waiting for it"]
    assert len(builder.workspaces) == 1


async def test_originals_are_known_by_path_and_through_links(tmp_path: Path) -> None:
    image = await build(Builder(), tmp_path / "cache")
    copy, symbolic, hard = tmp_path / "copy.raw", tmp_path / "symbolic.raw", tmp_path / "hard.raw"
    copy.write_bytes(b"disk")
    assert not is_cached(copy)
    assert is_cached(image.path)
    symbolic.symlink_to(image.path)
    assert is_cached(symbolic)
    hard.hardlink_to(image.path)
    assert is_cached(hard)


async def test_clean_keeps_what_it_is_told_and_touches_no_other_directory(tmp_path: Path) -> None:
    old = await build(Builder(secret=True), tmp_path, "shop")
    new = await build(Builder(secret=True), tmp_path, "shop", "f" * 64)
    assert clean(tmp_path, keep=frozenset({new.path.name})) == [old.path]
    assert visible(tmp_path) == {"shop-ffffffffffff.raw", "shop-ffffffffffff.credentials"}
    foreign = tmp_path / "not-a-cache"
    foreign.mkdir()
    (foreign / "somebody.raw").write_bytes(b"precious")
    assert clean(foreign) == []
    assert (foreign / "somebody.raw").exists()
