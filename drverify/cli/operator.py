"""The operator at the terminal: asked on standard error, answers on standard input."""

import asyncio
import sys
import termios

from drverify.engine.ports import Progress


class TerminalOperator:
    """Implements `Operator`: somebody is there when standard input is a terminal."""

    def __init__(self, progress: Progress, name: str = "", turn: asyncio.Lock | None = None) -> None:
        """`turn` is shared by all who read the same standard input; `name` is whose question it is."""
        self._progress = progress
        self._whose = f" for {name}" if name else ""
        self._turn = turn or asyncio.Lock()

    @property
    def present(self) -> bool:
        """Whether standard input is a terminal."""
        return sys.stdin is not None and sys.stdin.isatty()

    async def ask(self, question: str) -> str:
        """Wait for a line, after the questions before it are answered. EOFError when standard input ends."""
        async with self._turn:
            return await self._asked(question)

    async def _asked(self, question: str) -> str:
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)  # what was typed before is no answer to it
        self._progress.note(f"to be done by you{self._whose}: {question}")
        self._progress.note("press Enter when it is done, write what you did, or `no` when it cannot be done")
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[str] = loop.create_future()

        def read() -> None:
            if not answered.done():
                answered.set_result(sys.stdin.readline())

        loop.add_reader(sys.stdin.fileno(), read)
        try:
            line = await answered
        finally:
            loop.remove_reader(sys.stdin.fileno())
        if not line:
            raise EOFError(question)
        return line.strip()
