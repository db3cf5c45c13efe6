"""Do files agree with a `sha256sum` manifest; its paths are relative to the manifest's own folder.

In a guest `sha256sum` is asked; files restored to this host are hashed here. The restored tree is
hostile: nothing outside of its root is opened, and nothing but regular files.
"""

import asyncio
import hashlib
import os
import posixpath
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path

from drverify.adapters.probes.asking import Asking, Finding, failed, passed
from drverify.adapters.probes.remote import Ran, run
from drverify.adapters.probes.restored import content_of, opened
from drverify.adapters.probes.transcript import one_line
from drverify.errors import HarnessError
from drverify.model.playbook import Access, ChecksumProbe

MAX_MANIFEST = 32 * 1024 * 1024
_PIECE = 1024 * 1024
_SHOWN = 100
_LINE = re.compile(rb"(\\?)([0-9a-fA-F]{64}) [ *](.+)", re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"\\": b"\\"}
_IN_GUEST = 'cd -- "$1" && grep -c . -- "$2" && exec sha256sum -c --quiet --strict -- "$2"'


async def ask(spec: ChecksumProbe, asking: Asking) -> Finding:
    """Compare every file that the manifest names."""
    if spec.access is not None:
        return await _in_guest(spec, spec.access, asking)
    root = asking.scope.files
    if root is None:
        raise HarnessError("this probe looks at restored files, and this drill restores a machine")
    stop = threading.Event()
    try:
        tally = await asyncio.to_thread(compare, root, spec.manifest, stop)
    finally:
        stop.set()
    asking.transcript.say(f"{tally.agree} files agree")
    asking.transcript.hear("\n".join(tally.wrong))
    return _judged(tally.agree, tally.wrong_count, tally.wrong, spec.min_files)


def _judged(agree: int, wrong: int, shown: list[str], wanted: int) -> Finding:
    if wrong:
        more = f" and {wrong - 1} more" if wrong > 1 else ""
        return failed(f"{agree} of {agree + wrong} files agree; {one_line(shown[0], 100)}{more}")
    files = "1 file agrees" if agree == 1 else f"{agree} files agree"
    return passed(files) if agree >= wanted else failed(f"only {files}")


async def _in_guest(spec: ChecksumProbe, access: Access, asking: Asking) -> Finding:
    folder, name = posixpath.split(spec.manifest)
    ran = await run(access, ("sh", "-c", _IN_GUEST, "sh", folder or ".", name), asking, within=spec.within)
    if isinstance(ran, Finding):
        return ran
    count, _, rest = ran.text.partition("\n")
    if not count.isdecimal() or len(count) > 9:  # noqa: PLR2004 - a manifest of a billion lines is none
        said = ran.result.stderr.decode(errors="replace") or ran.text
        return failed(ran.told(f"exit {ran.result.exit_code}: {one_line(said, 100)}"))
    return _of_guest(ran, int(count), rest, spec.min_files)


def _of_guest(ran: Ran, count: int, rest: str, wanted: int) -> Finding:
    wrong = [line for line in rest.splitlines() if line.strip()]
    if ran.result.exit_code != 0 and not wrong:
        wrong = [one_line(ran.result.stderr.decode(errors="replace"), 100) or f"exit {ran.result.exit_code}"]
    found = _judged(max(count - len(wrong), 0), len(wrong), wrong, wanted)
    return Finding(status=found.status, observed=ran.told(found.observed))


@dataclass(slots=True)
class Tally:
    """How many agree, and the first of those that do not."""

    agree: int = 0
    wrong_count: int = 0
    wrong: list[str] = field(default_factory=list)

    def complain(self, text: str) -> None:
        """Count one that does not agree."""
        self.wrong_count += 1
        if len(self.wrong) < _SHOWN:
            self.wrong.append(one_line(text))


def compare(root: Path, manifest: str, stop: threading.Event) -> Tally:
    """Hash every file that the manifest below `root` names; runs on a thread until `stop` is set."""
    tally = Tally()
    base = os.path.realpath(os.fsencode(root))
    where = os.fsencode(manifest).lstrip(b"/")
    content = content_of(base, where, MAX_MANIFEST)
    if isinstance(content, str):
        tally.complain(f"{manifest}: {content}")
        return tally
    for line in content.split(b"\n"):
        if stop.is_set():
            break
        if line.strip():
            _one(base, os.path.dirname(where), line, tally, stop)  # noqa: PTH120 - bytes
    return tally


def _one(base: bytes, folder: bytes, line: bytes, tally: Tally, stop: threading.Event) -> None:
    match = _LINE.fullmatch(line.removesuffix(b"\r"))
    if match is None:
        tally.complain(f"not a line of a manifest: {line[:60]!r}")
        return
    name = _unescaped(match[3]) if match[1] else match[3]
    shown = name.decode(errors="replace")
    file = opened(base, os.path.join(folder, name))  # noqa: PTH118 - bytes
    if isinstance(file, str):
        tally.complain(f"{shown}: {file}")
        return
    try:
        digest = _digest(file, stop)
    except OSError as error:
        tally.complain(f"{shown}: cannot be read: {error.strerror}")
        return
    finally:
        os.close(file)
    if digest == match[2].decode().lower():
        tally.agree += 1
    else:
        tally.complain(f"{shown}: differs")


def _unescaped(name: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[0]), name)


def _digest(file: int, stop: threading.Event) -> str:
    digest = hashlib.sha256()
    while not stop.is_set() and (piece := os.read(file, _PIECE)):
        digest.update(piece)
    return digest.hexdigest()
