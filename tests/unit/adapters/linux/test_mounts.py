"""mountinfo is read right, and only what is marked is ours."""

from pathlib import Path

import pytest

from drverify.adapters.linux.mounts import MARKER, Mount, MountReclaimer, carries, mount_at, parse

INFO = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
49 27 0:40 / /tmp/a\040b/m\134x ro,nosuid,nodev,relatime - fuse restic ro,user_id=0
50 49 0:41 / /tmp/a\040b/m\134x rw,relatime shared:3 master:4 - tmpfs none rw
"""


def test_parsing_escapes_and_optional_fields() -> None:
    assert parse(INFO) == (
        Mount(point=Path("/"), kind="ext4", source="/dev/vda"),
        Mount(point=Path("/tmp/a b/m\\x"), kind="fuse", source="restic"),
        Mount(point=Path("/tmp/a b/m\\x"), kind="tmpfs", source="none"),
    )


def test_what_is_mounted_is_found() -> None:
    found = mount_at(Path("/proc"))
    assert found is not None
    assert found.kind == "proc"
    assert mount_at(Path("/proc/self")) is None


def test_the_marker_must_carry_the_tag(tmp_path: Path) -> None:
    deep = tmp_path / "one" / "two"
    deep.mkdir(parents=True)
    assert not carries(deep, "drverify:00000001")
    (tmp_path / MARKER).write_text("drverify:00000001\n")
    assert carries(deep, "drverify:00000001")
    assert not carries(deep, "drverify:00000002")
    assert not carries(deep, "drverify:0000000")


def test_a_marker_inside_the_mount_point_does_not_count(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text("drverify:00000001")
    assert not carries(tmp_path, "drverify:00000001"), "what is mounted could say anything"


@pytest.mark.parametrize("name", ["absent", "absent/deeper"])
async def test_absent_is_success(tmp_path: Path, name: str) -> None:
    await MountReclaimer().reclaim(str(tmp_path / name), "drverify:00000001", {})
    assert list(tmp_path.iterdir()) == []
