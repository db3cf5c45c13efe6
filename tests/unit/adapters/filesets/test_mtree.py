"""Manifests as others write them, ours read back, and those that are none."""

import io

import pytest

from drverify.adapters.filesets.mtree import (
    DEEPEST,
    LARGEST_DEFAULTS,
    LARGEST_UNREAD,
    LONGEST,
    MOST_DEFAULTS,
    Entry,
    Head,
    ManifestError,
    decoded,
    encoded,
    end_line,
    entries,
    head_lines,
    line_of,
    unread_line,
)

SUM = "ab" * 32


def read(content: bytes) -> list[Entry]:
    return list(entries(io.BytesIO(content), Head()))


def test_ours_is_read_as_it_was_written() -> None:
    written = [
        Entry(path=b"", kind="dir", mode=0o755, uid=0, gid=0, modified=5),
        Entry(path=b"a b/\xff\n\\#=*", kind="file", size=3, mode=0o4755, uid=1, gid=2, modified=1_700_000_000_000_000_007,
              sha256=SUM, attributes={b"user.x y": b"\0\xff", b"system.posix_acl_access": b"\2"}),
        Entry(path=b"l", kind="link", uid=0, gid=0, modified=-1_500_000_000, link=b"../x y"),
    ]  # fmt: skip
    content = b"".join(
        [
            head_lines("2026-09-14T12:00:00Z"),
            *map(line_of, written),
            unread_line(b"se cret", "denied"),
            end_line(3, 1),
        ]
    )
    head = Head()
    assert list(entries(io.BytesIO(content), head)) == written
    assert (head.ours, head.attributes, head.made, head.unread) == (
        True,
        True,
        "2026-09-14T12:00:00Z",
        [b"se cret"],
    )


def test_bsdtar_writes_full_paths_and_nanoseconds_without_zeros() -> None:
    content = (
        b"#mtree\n. gname=root uname=root time=1795439742.3341485 mode=755 gid=0 uid=0 type=dir\n"
        b"./odd\\040\\012\\134\\040name\\377 time=1795439741.991210190 mode=644 gid=0 uid=0 nlink=1 type=file size=1"
        b" sha256digest=" + SUM.encode() + b"\n./l type=link link=f\n"
    )
    root, odd, link = read(content)
    assert (root.path, root.modified) == (b"", 1795439742_003341485)
    assert (odd.path, odd.sha256, odd.mode) == (b"odd \n\\ name\xff", SUM, 0o644)
    assert link.link == b"f"
    assert link.mode is None


def test_names_relative_to_the_directory_entered_last() -> None:
    content = (
        b"#\t   user: root\n/set type=file uid=7 gid=0 mode=0644\n.               type=dir mode=0755\n"
        b"    one         size=1 \\\n                time=1.0\n    sub         type=dir\n"
        b"        two     size=2\n    ..\n/unset uid\n    three       size=3\n..\n"
    )
    found = read(content)
    assert [one.path for one in found] == [b"", b"one", b"sub", b"sub/two", b"three"]
    assert [one.uid for one in found] == [7, 7, 7, 7, None]
    assert found[1].modified == 1_000_000_000


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"./../etc/passwd type=file\n", "leads out of the tree"),
        (b"./a/..\\057..\\057x type=file\n", "leads out of the tree"),
        (b"/etc/passwd type=file\n", "does not begin with ./"),
        (b"./a type=door\n", "no kind of file"),
        (b"./a size=-1\n", "no number"),
        (b"./a size=1e3\n", "no number"),
        (b"./a mode=99\n", "no mode"),
        (b"./a time=soon\n", "no time"),
        (b"./a sha256digest=xyz\n", "no SHA-256"),
        (b"./a\\q type=file\n", "an escape"),
        (b"./a xattr.user.x=!\n", "no base64"),
        (b"./" + b"a/" * 3000 + b" type=file\n", "a path that no file can have"),
        (b"./a" + b"x" * LONGEST + b"\n", "longer than"),
        (head_lines("2026-09-14T12:00:00Z") + b"./a type=file\n", "it was cut off"),
        (head_lines("2026-09-14T12:00:00Z") + b"./a type=file\n" + end_line(2, 0), "it was cut off"),
        (b"\x1f\x8b\x08\0\0\0", "a path that no file can have"),
        (b"not a manifest\n", "no keyword"),
    ],
)
def test_what_is_no_manifest_says_where(content: bytes, why: str) -> None:
    with pytest.raises(ManifestError, match=why):
        read(content)


@pytest.mark.parametrize("name", [bytes(range(1, 256)), b"\xff\xfe", b" ", b"a\\012b"])
def test_names_come_back(name: bytes) -> None:
    assert decoded(encoded(name)) == name
    assert encoded(name).isascii()
    assert b" " not in encoded(name)


@pytest.mark.parametrize("length", [200, 4000])
def test_what_was_not_read_is_bounded(length: int) -> None:
    head = Head()
    line = unread_line(b"x" * length, "denied")
    content = head_lines("2026-09-14T12:00:00Z") + line * (LARGEST_UNREAD // length)
    with pytest.raises(ManifestError, match="files that were not read"):
        list(entries(io.BytesIO(content), head))
    assert LARGEST_UNREAD - length - 64 <= len(head.unread) * (length + 64) <= LARGEST_UNREAD


def test_defaults_are_bounded() -> None:
    most = b"".join(b"/set k%d=1\n" % at for at in range(MOST_DEFAULTS))
    assert read(most + b"./f type=file\n")[0].path == b"f"
    assert read(b"/set a=1\n/unset a\n" * (MOST_DEFAULTS + 1) + b"./f\n")[0].path == b"f"
    for content in (most + b"/set more=1\n", b"/set k=" + b"x" * LARGEST_DEFAULTS + b"\n"):
        with pytest.raises(ManifestError, match="more than any manifest does"):
            read(content + b"./f type=file\n")


def test_folders_are_no_deeper_than_a_path_can_be() -> None:
    with pytest.raises(ManifestError, match="a path that no file can have"):
        read((b"x" * 200 + b" type=dir\n") * (DEEPEST // 200 + 1))
