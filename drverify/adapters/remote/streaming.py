"""A remote file's bytes, poured into a pipe for a reader on this machine."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TypeVar

from drverify.adapters.remote.errors import CutOff
from drverify.adapters.stored import Bytes, StoredFile
from drverify.errors import DeadlineError, DrverifyError

T = TypeVar("T")
Chunks = AsyncIterator[bytes]
"""The bytes of one file, in order. Raises errors of `drverify.errors` only."""


async def streamed(
    file: StoredFile, chunks: Chunks, work: Callable[[Bytes], Awaitable[T]], *, stall: timedelta
) -> T:
    """Return what `work` makes of the bytes, as `FileStore.read` says.

    When fewer bytes came than were listed, that is told instead of what `work` thought of the rest.
    """
    async with AsyncExitStack() as stack:
        reading, writing = os.pipe2(os.O_CLOEXEC)
        stack.callback(os.close, reading)
        os.set_blocking(writing, False)
        pumping = asyncio.create_task(_Pump(file, chunks, writing, stall).run())
        try:
            done = await work(reading)
            if failure := _failure(pumping):
                raise failure
        except DrverifyError as error:
            if (failure := _failure(pumping)) and failure is not error:
                raise failure from error
            raise
        finally:
            pumping.cancel()
            await asyncio.gather(pumping, return_exceptions=True)
        return done


def _failure(pumping: "asyncio.Task[None]") -> BaseException | None:
    """Why the pump ended early. Closing the pipe is its last act, so it has ended when the end is seen."""
    return pumping.exception() if pumping.done() and not pumping.cancelled() else None


class _Pump:
    """Carries the bytes."""

    def __init__(self, file: StoredFile, chunks: Chunks, into: int, stall: timedelta) -> None:
        self._file = file
        self._chunks = chunks
        self._into = into
        self._stall = stall

    async def run(self) -> None:
        """Carry everything, then close the pipe."""
        try:
            await self._carry()
        except BrokenPipeError:
            pass  # the reader has what it wanted
        finally:
            os.close(self._into)

    async def _carry(self) -> None:
        done = 0
        while chunk := await self._next():
            done += len(chunk)
            await _put(self._into, chunk)
        if done != self._file.size:
            raise CutOff(f"{self._file.path} ended after {done} of {self._file.size} bytes")

    async def _next(self) -> bytes:
        """The next bytes; they are cancelled only to leave: what is lost while closing explains nothing."""
        coming = asyncio.ensure_future(anext(self._chunks, b""))
        try:
            if (await asyncio.wait({coming}, timeout=self._stall.total_seconds()))[0]:
                return coming.result()
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        raise DeadlineError(
            f"no byte of {self._file.path} came for {self._stall.total_seconds():g} s",
            hint="look at the network between here and the store",
        )


async def _put(descriptor: int, chunk: bytes) -> None:
    """Write all of it to a pipe that does not block; BrokenPipeError when nobody reads any more."""
    left = memoryview(chunk)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            await _writable(descriptor)


async def _writable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_writer(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(descriptor)
