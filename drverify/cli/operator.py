"""The operator at the terminal: asked on standard error, answers on standard input."""

import asyncio
import sys

from drverify.engine.ports import Progress


class TerminalOperator:
    """Implements `Operator`: somebody is there when standard input is a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    @property
    def present(self) -> bool:
        """Whether standard input is a terminal."""
        return sys.stdin is not None and sys.stdin.isatty()

    async def ask(self, question: str) -> str:
        """Wait for a line. EOFError when standard input ends."""
        self._progress.note(f"to be done by you: {question}")
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
