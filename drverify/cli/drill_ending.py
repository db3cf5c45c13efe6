"""How a drill ends on the command line: its exit code, and what to do with its evidence."""

import shlex
import sys
from collections.abc import Iterable

from rich.console import Console

from drverify.compose import Workshop
from drverify.engine.drills.drill import Concluded
from drverify.errors import DrverifyError, Exit
from drverify.operation.endings import exit_code as exit_code  # noqa: PLC0414 - re-exported

_WORST_FIRST = (Exit.LEFT_BEHIND, Exit.EVIDENCE_INVALID, Exit.MISSED, Exit.UNPROVEN)


def worst(codes: Iterable[int]) -> int:
    """The worst of the exit codes of several drills."""
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), max(found))


def code_of(concluded: Concluded, *, kept: bool) -> int:
    """The exit code of one drill; says on standard error when its result is not in the log."""
    code = exit_code(concluded.verdicts, left_behind=concluded.left_behind and not kept)
    return code if concluded.unlogged is None else not_logged(concluded.unlogged, code)


def not_logged(error: DrverifyError, code: int) -> int:
    """Say why the result is not in the log, where evidence without it holds for nobody who trusts the log."""
    print(f"drverify: the result is sealed, and not in the log: {error}", file=sys.stderr)
    print(
        "  -> the next drill, or `drverify log mend`, logs it; it counts as failed until then",
        file=sys.stderr,
    )
    return code if code == Exit.LEFT_BEHIND else error.exit_code


def next_steps(console: Console, workshop: Workshop, concluded: Concluded) -> None:
    """Say where the evidence is and how to check it."""
    trust = workshop.trust_file()
    directory = concluded.evidence.parent
    console.print(f"\nevidence   {directory}", soft_wrap=True, highlight=False)
    command = f"drverify verify {shlex.quote(str(directory))} --trust {shlex.quote(str(trust))}"
    console.print(f"check it   {command}", soft_wrap=True, highlight=False)
