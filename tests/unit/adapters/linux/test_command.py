"""Programs end when they must, and nothing of them stays."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.linux.command import (
    CommandTimeout,
    Tail,
    checked,
    ending,
    last_lines,
    minimal_environment,
    run,
    streaming,
)
from drverify.adapters.linux.programs import MissingProgram
from drverify.errors import HostError

SOON = timedelta(seconds=20)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


async def gone(pid: int) -> bool:
    for _ in range(200):
        if not alive(pid):
            return True
        await asyncio.sleep(0.01)
    return False


async def test_exit_code_and_both_streams_are_the_result() -> None:
    done = await run(["sh", "-c", "echo out; echo err >&2; exit 3"], within=SOON)
    assert (done.exit_code, done.stdout, done.stderr) == (3, b"out\n", b"err\n")


async def test_a_program_killed_by_a_signal_says_so() -> None:
    done = await run(["sh", "-c", "kill -9 $$"], within=SOON)
    assert done.exit_code == -signal.SIGKILL
    assert ending(done.exit_code) == "was killed by SIGKILL"


async def test_input_reaches_the_program() -> None:
    data = b"x" * 3_000_000
    done = await run(["wc", "-c"], within=SOON, stdin=data)
    assert done.stdout.split() == [b"3000000"]


async def test_a_program_need_not_read_its_input() -> None:
    done = await run(["true"], within=SOON, stdin=b"x" * 3_000_000)
    assert done.exit_code == 0


async def test_our_environment_does_not_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    done = await run(["env"], within=SOON, env={"EXTRA": "1"})
    names = {line.partition(b"=")[0] for line in done.stdout.splitlines()}
    assert names == {b"PATH", b"HOME", b"LANG", b"EXTRA"}
    assert "AWS_SECRET_ACCESS_KEY" not in minimal_environment()


async def test_only_the_last_output_is_kept() -> None:
    done = await run(["seq", "1", "200000"], within=SOON, keep=1000)
    assert len(done.stdout) == 1000
    assert done.stdout.endswith(b"200000\n")
    assert done.dropped + 1000 == len("".join(f"{n}\n" for n in range(1, 200001)))


async def test_timeout_kills_the_whole_group(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"sleep 300 & echo $! >{note}; echo busy >&2; wait"
    with pytest.raises(CommandTimeout, match="busy"):
        await run(["sh", "-c", script], within=timedelta(seconds=2))
    assert await gone(int(note.read_text()))


async def test_cancellation_kills_the_group_before_it_is_raised(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    task = asyncio.create_task(
        run(["sh", "-c", f"trap '' TERM; sleep 300 & echo $! >{note}; wait"], within=SOON)
    )
    while not (note.exists() and note.read_text().strip()):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(int(note.read_text()))


@pytest.mark.parametrize("turns", range(6))
async def test_cancellation_at_any_moment_of_the_start_leaves_nothing(turns: int, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    task = asyncio.create_task(run(["sh", "-c", f"echo $$ >{note}; sleep 300"], within=SOON))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.05)
    assert not note.exists() or not note.read_text() or await gone(int(note.read_text()))


async def test_a_missing_program_names_its_package() -> None:
    with pytest.raises(MissingProgram) as caught:
        await run(["virsh"], within=SOON, env={"PATH": "/nowhere"})
    assert caught.value.hint == "apt-get install libvirt-clients"


async def test_what_cannot_be_started_is_our_fault(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="cannot start"):
        await run(["true"], within=SOON, cwd=tmp_path / "absent")


async def test_checked_raises_with_the_last_lines() -> None:
    with pytest.raises(HostError, match=r"exited with 4: one \| two"):
        await checked(["sh", "-c", "echo one >&2; echo two >&2; exit 4"], within=SOON)


async def test_streaming_gives_lines_while_the_program_runs() -> None:
    async with streaming(
        ["sh", "-c", "echo a; echo b >&2; printf c; sleep 300"], grace=timedelta(0)
    ) as process:
        first = await anext(process.lines())
        assert first == b"a"
        pid = process.pid
        assert alive(pid)
    assert process.exit_code == -signal.SIGKILL
    assert not alive(pid)


async def test_streaming_keeps_stderr_and_long_lines() -> None:
    async with streaming(
        ["sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x; echo; echo end >&2"]
    ) as process:
        lines = [line async for line in process.lines()]
        assert await process.wait() == 0
    assert [len(line) for line in lines] == [300000]
    assert process.stderr_tail() == b"end\n"


async def test_streaming_asks_politely_first() -> None:
    script = "trap 'echo bye >&2; exit 7' TERM; echo up; while :; do sleep 0.05; done"
    async with streaming(["sh", "-c", script]) as process:
        await anext(process.lines())
    assert process.exit_code == 7


async def test_the_kernel_ends_a_program_whose_starter_was_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = f"""
import asyncio, pathlib
from drverify.adapters.linux.command import streaming
async def main():
    async with streaming(["sleep", "300"], dies_with_us=True) as process:
        while pathlib.Path(f"/proc/{{process.pid}}/comm").read_text() != "sleep\\n":
            await asyncio.sleep(0.01)
        pathlib.Path({str(note)!r}).write_text(str(process.pid))
        await asyncio.sleep(300)
asyncio.run(main())
"""
    starter = subprocess.Popen([sys.executable, "-c", program])
    try:
        while not (note.exists() and note.read_text()):
            await asyncio.sleep(0.01)
        pid = int(note.read_text())
        assert alive(pid)
    finally:
        starter.kill()
        starter.wait()
    assert await gone(pid)


def test_it_works_on_a_loop_in_another_thread() -> None:
    results: list[object] = []

    def work() -> None:
        try:
            results.append(asyncio.run(run(["sh", "-c", "echo hello; exit 5"], within=SOON)).exit_code)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            results.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert results == [5]


async def test_no_descriptor_is_left_open() -> None:
    await run(["true"], within=SOON)
    before = descriptors()
    for _ in range(5):
        await run(["sh", "-c", "exit 1"], within=SOON, stdin=b"x")
    assert descriptors() <= before


def descriptors() -> set[str]:
    """What this process holds open; earlier tests' leftovers may be collected at any time."""
    found = set()
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add(f"{path.name} {path.readlink()}")
    return {one for one in found if not one.endswith(f"/proc/{os.getpid()}/fd")}


def test_a_tail_is_exact() -> None:
    tail = Tail(4)
    for piece in (b"abc", b"defgh", b"i"):
        tail.add(piece)
    assert (tail.value(), tail.dropped) == (b"fghi", 5)


def test_last_lines_are_printable() -> None:
    assert last_lines(b"one\n\n\x1b[31mtwo\n", 2) == "one | ?[31mtwo"
