"""Has the guest come up: its console says so, its agent answers, or both."""

import regex

from drverify.adapters.probes.asking import Asking, Finding, failed, passed, unanswered
from drverify.adapters.probes.matching import search
from drverify.adapters.probes.transcript import one_line
from drverify.errors import GuestError
from drverify.model.playbook import BootProbe

_TAIL = 256 * 1024
_ESCAPES = regex.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])|[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]")


async def ask(spec: BootProbe, asking: Asking) -> Finding:
    """Ask for everything that the probe names; all of it must be there."""
    seen: list[str] = []
    if spec.console:
        finding = await _console(spec.console, asking)
        if finding is not None:
            return finding
        seen.append("console pattern seen")
    if spec.agent:
        if asking.scope.guest is None:
            raise GuestError("there is no agent channel to this guest")
        answers = await asking.scope.guest.ping()
        asking.transcript.say(f"the agent {'answers' if answers else 'does not answer'}")
        if not answers:
            return unanswered(", ".join([*seen, "no answer from the agent"]))
        seen.append("agent answers")
    return passed(", ".join(seen))


async def _console(pattern: str, asking: Asking) -> Finding | None:
    """None when the pattern is there."""
    text = _ESCAPES.sub("", asking.scope.console()[-_TAIL:].decode(errors="replace")).replace("\r", "")
    asking.transcript.say("the end of the console:")
    asking.transcript.hear(text[-16 * 1024 :])
    if not text.strip():
        return unanswered("nothing on the console")
    if await search(pattern, text) is None:
        return failed(f"the console ends with: {one_line(text.strip().splitlines()[-1], 120)}")
    return None
