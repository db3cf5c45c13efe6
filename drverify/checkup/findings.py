"""What a check found, and how a check that breaks is told: as a lack, never as an ok."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from drverify.errors import DrverifyError

State = Literal["ok", "warn", "lack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    what: str
    state: State
    seen: str
    mend: str = ""
    """The command that mends it; empty when nothing needs mending."""


async def guarded(what: str, look: Callable[[], Awaitable[Finding]]) -> Finding:
    """Run a check that may fail: an error is a lack, with its own advice."""
    try:
        return await look()
    except DrverifyError as error:
        return Finding(what=what, state="lack", seen=str(error).splitlines()[0], mend=error.hint)
    except ImportError as error:
        return Finding(
            what=what, state="lack", seen=f"{error.name} is missing", mend="pip install 'drverify[libvirt]'"
        )


def worst(findings: Sequence[Finding]) -> State:
    """The gravest state of all."""
    states = {finding.state for finding in findings}
    return "lack" if "lack" in states else "warn" if "warn" in states else "ok"
