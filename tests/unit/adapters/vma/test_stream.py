"""What is concluded when the bytes of an archive end: from the program that unpacked it, and from the file."""

import os
from pathlib import Path

import pytest

from drverify.adapters.vma.compression import ZSTD
from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vma.program import Program
from drverify.adapters.vma.stopping import Stop
from drverify.adapters.vma.stream import ByteStream
from drverify.errors import HostError, SourceError


class Ended(Program):
    """A program that ended so, and said so."""

    def __init__(self, code: int, text: str) -> None:
        self.name = "zstd"
        self._code = code
        self._text = text

    def wait(self, stop: Stop, stall: float) -> int:
        return self._code

    def said(self) -> str:
        return self._text


class Nothing:
    def readinto(self, into: memoryview, /) -> int:
        return 0


def end(code: int, said: str = "", file: int | None = None) -> int:
    with Stop() as stop:
        stream = ByteStream(
            source=Nothing(),
            compression=ZSTD,
            packed_size=None,
            stop=stop,
            stall=1,
            program=Ended(code, said),
            file=file,
            position=4711,
        )
        return stream.fill(memoryview(bytearray(512)))


def test_a_good_end_is_an_end() -> None:
    assert end(0) == 0


def test_a_complaint_is_damage_and_is_quoted() -> None:
    with pytest.raises(ArchiveDefect, match="zstd exited with 1: premature end") as caught:
        end(1, "premature end")
    assert (caught.value.kind, caught.value.offset) == (DefectKind.COMPRESSION, 4711)


@pytest.mark.parametrize(
    ("code", "said", "match"),
    [
        (-9, "", "killed by SIGKILL"),
        (1, "Decoding error (36) : Frame requires too much memory for decoding", "too much memory"),
        (1, "Allocation error : not enough memory", "not enough memory"),
    ],
)
def test_what_this_machine_lacks_is_no_damage(code: int, said: str, match: str) -> None:
    with pytest.raises(HostError, match=match):
        end(code, said)


def test_a_file_that_cannot_be_read_any_more_is_no_damage() -> None:
    unreadable = os.open("/proc/self/mem", os.O_RDONLY)  # nothing is mapped at its beginning: an I/O error
    try:
        with pytest.raises(SourceError, match="Input/output error"):
            end(1, "premature end", unreadable)
    finally:
        os.close(unreadable)


def test_a_file_that_can_be_read_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(b"x" * 100)
    with (tmp_path / "archive").open("rb", buffering=0) as file, pytest.raises(ArchiveDefect):
        end(1, "premature end", file.fileno())
