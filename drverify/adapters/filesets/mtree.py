r"""Reads and writes manifests in mtree's format, one entry at a time, however many there are.

The format is that of mtree(5) as FreeBSD's `mtree`, libarchive's `bsdtar --format=mtree` and go-mtree write
it: full paths (version 2.0) or names relative to the directory entered last, `/set` and `/unset`, names in
vis(3) encoding (`\012`). Extended attributes, ACLs among them, stand as go-mtree has them:
`xattr.<name>=<base64>`. `bsdtar` and FreeBSD's own write neither; manifests of ours say in their head that
they do.

Two things in the wild are taken as they are meant. libarchive writes nanoseconds without leading zeros, and
reads them so: what stands behind the point is a count of nanoseconds, however many digits it has. And
`time=N.0` of manifests made from tar archives means a time that is known to the second.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

LONGEST = 1 << 20
"""Bytes of a line: more is no manifest."""
DEEPEST = 4096
"""Bytes of a path."""
LARGEST_UNREAD = 64 << 20
"""Bytes of all paths together that a manifest says were not read, each counted with `_BESIDES`."""
MOST_DEFAULTS, LARGEST_DEFAULTS = 100, 64 << 10
"""Keywords, and bytes of them and their values together, that `/set` may hold at a time."""
_BESIDES = 64
"""Bytes that one path takes in memory besides its own."""
HEAD = b"# drverify manifest 1"
MADE, UNREAD, END = b"# made: ", b"# not read: ", b"# end: "
NO_ATTRIBUTES: Mapping[bytes, bytes] = {}
_KINDS = {b"file", b"dir", b"link", b"fifo", b"char", b"block", b"socket"}
_ESCAPE = re.compile(rb"\\([0-7]{3}|[nrtabfvs0\\#]|.)", re.DOTALL)
_STYLE = {
    b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v",
    b"s": b" ", b"0": b"\0", b"\\": b"\\", b"#": b"#",
}  # fmt: skip
_PLAIN = re.compile(rb"[^!-~]|[\\#=*?\[]")
_NUMBER = re.compile(rb"\d{1,19}", re.ASCII)
_TIME = re.compile(rb"(-?\d{1,12})(?:\.(\d{1,9}))?", re.ASCII)
_LAST = re.compile(END + rb"(\d{1,18}) entries, \d{1,18} not read", re.ASCII)
_SHA256 = re.compile(rb"[0-9a-f]{64}", re.ASCII)


class ManifestError(ValueError):
    """It is no manifest, or not a whole one; says where."""


@dataclass(slots=True, kw_only=True)
class Entry:
    """What a manifest says of one file; None: it says nothing of that."""

    path: bytes
    """Below the tree, without `./`; empty: the tree's own root."""
    kind: str
    """`file`, `dir`, `link`, `fifo`, `char`, `block`, `socket`."""
    size: int | None = None
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    modified: int | None = None
    """Nanoseconds since 1970."""
    link: bytes | None = None
    sha256: str | None = None
    attributes: Mapping[bytes, bytes] = field(default_factory=dict)
    """Extended attributes by name."""


@dataclass(slots=True, kw_only=True)
class Head:
    """What a manifest says of itself; filled while it is read."""

    ours: bool = False
    made: str = ""
    """RFC 3339; empty: it does not say."""
    ended: int | None = None
    """Entries that its last line counts; None: it was not met."""
    unread: list[bytes] = field(default_factory=list)
    """Paths that were there when it was made, and are not in it."""
    unread_bytes: int = 0
    """What these take, about."""
    attributes: bool = False
    """Whether entries state every extended attribute that there is."""


def encoded(name: bytes) -> bytes:
    """Write a name in vis(3) encoding, octal."""
    return _PLAIN.sub(lambda found: b"\\%03o" % found[0][0], name)


def decoded(text: bytes) -> bytes:
    """Read a name in vis(3) encoding. ManifestError for an escape that it does not have."""

    def one(found: "re.Match[bytes]") -> bytes:
        said = found[1]
        if len(said) == len("012"):
            value = int(said, 8)
            if value > 0xFF:  # noqa: PLR2004 - a byte
                raise ManifestError(f"no byte: {found[0]!r}")
            return bytes([value])
        if said not in _STYLE:
            raise ManifestError(f"an escape that no name has: {found[0]!r}")
        return _STYLE[said]

    return _ESCAPE.sub(one, text) if b"\\" in text else text


def head_lines(made: str) -> bytes:
    """The lines that a manifest of ours begins with."""
    return b"#mtree v2.0\n" + HEAD + b"\n" + MADE + made.encode() + b"\n"


def end_line(entries: int, unread: int) -> bytes:
    """The line that it ends with: without it, it was cut off."""
    return END + b"%d entries, %d not read\n" % (entries, unread)


def unread_line(path: bytes, why: str) -> bytes:
    """The line of a file that is not in it."""
    return UNREAD + encoded(path) + b" " + encoded(why.encode()) + b"\n"


def line_of(entry: Entry) -> bytes:
    """Write one entry."""
    path = b"./" + encoded(entry.path) if entry.path else b"."
    words = [path, b"type=" + entry.kind.encode()]
    for name, value in (("size", entry.size), ("uid", entry.uid), ("gid", entry.gid)):
        if value is not None:
            words.append(b"%s=%d" % (name.encode(), value))
    if entry.mode is not None:
        words.append(b"mode=%04o" % entry.mode)
    if entry.modified is not None:
        seconds, rest = divmod(entry.modified, 1_000_000_000)
        words.append(b"time=%d.%09d" % (seconds, rest))
    if entry.link is not None:
        words.append(b"link=" + encoded(entry.link))
    if entry.sha256 is not None:
        words.append(b"sha256digest=" + entry.sha256.encode())
    for key, content in sorted(entry.attributes.items()):
        words.append(b"xattr." + encoded(key) + b"=" + base64.b64encode(content))
    return b" ".join(words) + b"\n"


def entries(file: BinaryIO, head: Head) -> Iterator[Entry]:
    """Read every entry, and into `head` what the manifest says of itself.

    ManifestError, with the line, when it cannot be one or was cut off.
    """
    defaults: dict[bytes, bytes] = {}
    folder = b""
    number = count = 0
    try:
        for number, line in _lines(file):  # noqa: B007 - for the error
            if line.startswith(b"#"):
                _remark(line, head)
            elif line.startswith(b"/set "):
                defaults.update(_keywords(line.split()[1:]))
                _bounded(defaults)
            elif line.startswith(b"/unset "):
                for word in line.split()[1:]:
                    defaults.pop(word, None)
            elif line == b"..":
                folder = folder.rpartition(b"/")[0]
            else:
                entry, below = _entry(line, defaults, folder)
                folder = entry.path if below else folder
                count += 1
                yield entry
    except ManifestError as error:
        raise ManifestError(f"line {number}: {error}") from error
    if head.ours and head.ended != count:
        raise ManifestError(
            f"it was cut off: it has {count} entries up to line {number}, and no matching end"
        )
    if number == 0:
        raise ManifestError("it is empty")


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines without their ends, those that end with a backslash put together, and their numbers."""
    whole = b""
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        whole += line.rstrip(b"\r\n")
        if len(whole) > LONGEST:
            raise ManifestError(f"line {number} is longer than {LONGEST} bytes")
        if whole.endswith(b"\\"):
            whole = whole[:-1]
            continue
        text, whole = whole.strip(b" \t"), b""
        if text:
            yield number, text


def _remark(line: bytes, head: Head) -> None:
    if line == HEAD:
        head.ours = head.attributes = True
    elif head.ours and line.startswith(MADE):
        head.made = line.removeprefix(MADE).decode("ascii", "replace")
    elif head.ours and line.startswith(UNREAD):
        path = _path(decoded(line.removeprefix(UNREAD).split(b" ")[0]))
        head.unread_bytes += len(path) + _BESIDES
        if head.unread_bytes > LARGEST_UNREAD:
            raise ManifestError(f"it names more than {len(head.unread)} files that were not read")
        head.unread.append(path)
    elif head.ours and (last := _LAST.fullmatch(line)):
        head.ended = int(last[1])


def _bounded(defaults: Mapping[bytes, bytes]) -> None:
    size = sum(len(name) + len(value) for name, value in defaults.items())
    if len(defaults) > MOST_DEFAULTS or size > LARGEST_DEFAULTS:
        raise ManifestError("its /set lines hold more than any manifest does")


def _keywords(words: Iterable[bytes]) -> dict[bytes, bytes]:
    found = {}
    for word in words:
        name, equals, value = word.partition(b"=")
        if not equals and name not in {b"nochange", b"optional", b"ignore"}:  # those have no value
            raise ManifestError(f"no keyword: {word[:40]!r}")
        found[name] = value
    return found


def _entry(line: bytes, defaults: Mapping[bytes, bytes], folder: bytes) -> tuple[Entry, bool]:
    """An entry, and whether it is a directory that the next relative names lie in."""
    first, *words = line.split()
    full = b"/" in first
    name = _path(decoded(first))
    said = {**defaults, **_keywords(words)}
    kind = said.get(b"type", b"file")
    if kind not in _KINDS:
        raise ManifestError(f"no kind of file: {kind[:40]!r}")
    path = name if full or not folder else (folder + b"/" + name if name else folder)
    if len(path) > DEEPEST:
        raise ManifestError("a path that no file can have")
    link = said.get(b"link")
    return Entry(
        path=path,
        kind=kind.decode(),
        size=_whole(said.get(b"size"), 10),
        mode=_mode(said.get(b"mode")),
        uid=_whole(said.get(b"uid"), 10),
        gid=_whole(said.get(b"gid"), 10),
        modified=_time(said.get(b"time")),
        link=None if link is None else decoded(link),
        sha256=_digest(said.get(b"sha256digest", said.get(b"sha256"))),
        attributes=_attributes(said),
    ), kind == b"dir" and not full


def _path(name: bytes) -> bytes:
    """A path that cannot lead out of the tree. ManifestError for one that would."""
    if len(name) > DEEPEST or b"\0" in name:
        raise ManifestError("a path that no file can have")
    if name.startswith(b"/"):
        raise ManifestError(f"a path that does not begin with ./: {name[:80]!r}")
    steps = [step for step in name.split(b"/") if step not in {b"", b"."}]
    if b".." in steps:
        raise ManifestError(f"a path that leads out of the tree: {name[:80]!r}")
    return b"/".join(steps)


def _whole(text: bytes | None, base: int) -> int | None:
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise ManifestError(f"no number: {text[:40]!r}")
    return int(text, base)


def _mode(text: bytes | None) -> int | None:
    try:
        mode = _whole(text, 8)
    except ValueError as error:
        raise ManifestError(f"no mode: {text!r:.40}") from error
    return None if mode is None else mode & 0o7777


def _time(text: bytes | None) -> int | None:
    if text is None:
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        raise ManifestError(f"no time: {text[:40]!r}")
    return int(found[1]) * 1_000_000_000 + int(found[2] or b"0")


def _digest(text: bytes | None) -> str | None:
    if text is None:
        return None
    if not _SHA256.fullmatch(text):
        raise ManifestError(f"no SHA-256: {text[:40]!r}")
    return text.decode()


def _attributes(said: Mapping[bytes, bytes]) -> Mapping[bytes, bytes]:
    found = {}
    for word, value in said.items():
        if word.startswith(b"xattr."):
            try:
                content = base64.b64decode(value, validate=True)
            except binascii.Error as error:
                raise ManifestError(f"no base64: {value[:40]!r}") from error
            found[decoded(word.removeprefix(b"xattr."))] = content
    return found or NO_ATTRIBUTES
