"""An audit by several processes is the audit by one, whatever becomes of them."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from drverify.adapters.bundle.forked import forked
from drverify.adapters.bundle.reading import opened
from drverify.adapters.bundle.writing import write_tar
from drverify.auditing import layout
from drverify.auditing.audit import audit
from drverify.auditing.checking import Line
from drverify.auditing.question import Question
from drverify.errors import EvidenceError, HostError
from drverify.model.audit import Audit
from tests.support.periods import AFTER, TRUST, Kept, MemoryBundle, slot

SMALL = 7_000
"""Bytes of a part: some lines are longer, and there are a dozen parts."""
DAYS = 5
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Files:
    kept = Kept(tmp_path_factory.mktemp("processes") / "state", points=9)
    kept.register()
    kept.schedule([slot(day) for day in range(DAYS)])
    for day in range(DAYS):
        kept.drill(day)
    kept.close()
    kept.cosign(AFTER)
    return MemoryBundle.of(kept.gather()).files


@pytest.fixture(scope="module")
def bundle(good: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "q3.tar"
    write_tar(good, path)
    return path


def audited(path: Path, processes: int, part: int = SMALL) -> Audit:
    with opened(path) as bundle:
        return audit(bundle, Question(trust=TRUST, at=AFTER), checked=forked(bundle, processes, part))


def children() -> set[int]:
    return {int(one) for one in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


@pytest.mark.parametrize("part", [1, 300, SMALL, 25_000])
def test_the_parts_of_a_file_have_each_line_once(bundle: Path, part: int) -> None:
    with opened(bundle) as read:
        size, limit = read.size(layout.ENVELOPES), layout.LARGEST_LINE
        whole = list(read.lines(layout.ENVELOPES, limit))
        step = max(part, size // 2000)
        parts = [range(at, min(at + step, size)) for at in range(0, size, step)]
        assert [line for one in parts for line in read.lines(layout.ENVELOPES, limit, one)] == whole


def test_several_find_what_one_finds(bundle: Path) -> None:
    alone = audited(bundle, 1)
    assert alone.complete
    assert alone.counts.finished == DAYS
    assert audited(bundle, 2) == alone == audited(bundle, 3, 400)


def changed(files: Files, rng: random.Random) -> Files:
    content = bytearray(files[layout.ENVELOPES])
    for _ in range(rng.choice((1, 1, 3))):
        content[rng.randrange(len(content))] = rng.choice(b'\nA"{}0')
    return {**files, layout.ENVELOPES: bytes(content)}


def cut(files: Files, rng: random.Random) -> Files:
    content = files[layout.ENVELOPES]
    return {**files, layout.ENVELOPES: content[: rng.randrange(len(content))]}


def reordered(files: Files, rng: random.Random) -> Files:
    lines = files[layout.ENVELOPES].splitlines(keepends=True)
    rng.shuffle(lines)
    return {**files, layout.ENVELOPES: b"".join(lines)}


def an_artefact_changed(files: Files, rng: random.Random) -> Files:
    name = rng.choice([one for one in files if one.startswith(layout.ARTEFACTS)])
    return {**files, name: files[name] + b"!"}


@pytest.mark.parametrize("change", [changed, cut, reordered, an_artefact_changed])
def test_they_find_the_same_faults(
    good: Files, tmp_path: Path, change: Callable[[Files, random.Random], Files]
) -> None:
    rng = random.Random(change.__name__)
    for number in range(4):
        path = tmp_path / f"{number}.tar"
        write_tar(change(good, rng), path)
        alone = audited(path, 1)
        assert not alone.holds
        assert audited(path, 2) == alone


def test_what_one_that_is_killed_left_is_done_by_another(bundle: Path) -> None:
    alone = audited(bundle, 1)
    before = children()
    with opened(bundle) as read:
        checked, killed = forked(read, 2, 400), set[int]()

        def killing(check: Callable[[bytes], Line]):  # type: ignore[no-untyped-def]
            for number, line in enumerate(checked(check)):
                if number == 1:
                    killed.add(min(children() - before))
                    os.kill(min(killed), signal.SIGKILL)
                yield line

        assert audit(read, Question(trust=TRUST, at=AFTER), checked=killing) == alone
    assert killed
    assert children() == before


def test_they_end_when_nobody_waits(bundle: Path) -> None:
    before = children()
    with opened(bundle) as read, closing(forked(read, 3, 400)(lambda _: Line())) as lines:
        next(lines)
        assert len(children() - before) == 2
    assert children() == before


def test_an_error_comes_back_as_it_is(bundle: Path) -> None:
    asked = iter(range(100))

    def failing(_: bytes) -> Line:
        if next(asked) == 2:
            raise HostError("the disk is gone", hint="look after it")
        return Line()

    before = children()
    with opened(bundle) as read, pytest.raises(HostError, match="gone") as caught:
        list(forked(read, 2, SMALL)(failing))
    assert caught.value.hint == "look after it"
    assert children() == before


def test_a_file_that_is_not_there_is_missed(good: Files, tmp_path: Path) -> None:
    write_tar({name: content for name, content in good.items() if name != layout.ENVELOPES}, tmp_path / "x")
    with opened(tmp_path / "x") as read, pytest.raises(EvidenceError, match="not there"):
        list(forked(read, 2)(lambda _: Line()))


INTERRUPTED = """\
import os, signal, sys, time
from pathlib import Path
from drverify.adapters.bundle.forked import forked
from drverify.adapters.bundle.reading import opened
from drverify.auditing.checking import Line

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started us may ignore it

def slow(_):
    time.sleep(0.05)
    return Line()

with opened(Path(sys.argv[1])) as read:
    lines = forked(read, 3, 400)(slow)
    next(lines)
    try:
        print(Path(f"/proc/self/task/{os.getpid()}/children").read_text(), flush=True)
        list(lines)
    except KeyboardInterrupt:
        lines.close()
        sys.exit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_audit_leaves_nobody_behind(bundle: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, bundle], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as audit_of:
        assert audit_of.stdout is not None
        begun = [int(one) for one in audit_of.stdout.readline().split()]
        assert len(begun) == 2
        audit_of.send_signal(number)
        _, said = audit_of.communicate(timeout=20)
    assert said == ""
    assert audit_of.returncode == (130 if number is signal.SIGINT else -signal.SIGKILL)
    for one in begun:
        _gone(one)


def _gone(process: int) -> None:
    """Wait until it has ended: it notices when it has something to tell, and nobody listens."""
    for _ in range(200):
        state = Path(f"/proc/{process}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        signal.sigtimedwait([], 0.05)
    raise AssertionError(f"process {process} is still there")
