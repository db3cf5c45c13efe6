"""One command in the guest, over SSH or by its agent, as `Access` says."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from drverify.adapters.probes.asking import Asking, Finding, failed, unanswered
from drverify.engine.ports import CommandResult
from drverify.errors import GuestError
from drverify.model.playbook import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A command that ran, and the host key of the machine that it ran on (SSH only)."""

    result: CommandResult
    host_key: str = ""

    def told(self, observed: str) -> str:
        """What was observed, with the machine's identity."""
        return f"{observed} (host key {self.host_key})" if self.host_key else observed

    @property
    def text(self) -> str:
        """Standard output."""
        return self.result.stdout.decode(errors="replace")


async def run(access: Access, argv: Sequence[str], asking: Asking, *, within: timedelta) -> Ran | Finding:
    """Run a command; a Finding says why none ran. GuestError when the way in fails on our side."""
    asking.transcript.say(f"running by {access.via}: {shlex.join(argv)}")
    ran = await (_by_agent if access.via == "agent" else _over_ssh)(access, argv, asking, within)
    if isinstance(ran, Ran):
        asking.transcript.say(f"exit {ran.result.exit_code}, standard output:")
        asking.transcript.hear(ran.result.stdout)
        if ran.result.stderr:
            asking.transcript.say("standard error:")
            asking.transcript.hear(ran.result.stderr)
    return ran


async def _by_agent(access: Access, argv: Sequence[str], asking: Asking, within: timedelta) -> Ran | Finding:
    del access
    guest = asking.scope.guest
    if guest is None:
        raise GuestError("there is no agent channel to this guest")
    if not await guest.ping():
        return unanswered("no answer from the agent")
    return Ran(result=await guest.run(argv, within=within))


async def _over_ssh(access: Access, argv: Sequence[str], asking: Asking, within: timedelta) -> Ran | Finding:
    if access.key is None or not access.address:
        raise GuestError("access over ssh needs an address and a key")
    key = asking.secret(access.key)
    host_key = asking.public(access.host_key) if access.host_key is not None else None
    answer = await asking.ssh()(access, argv, key=key, host_key=host_key, within=within)
    if answer.connection:
        asking.transcript.say(f"over the connection {answer.connection}")
    if answer.host_key:
        checked = "as expected" if host_key is not None else "recorded, not checked"
        asking.transcript.say(f"host key met: {answer.host_key} ({'refused' if answer.refusal else checked})")
    if answer.refusal:
        return failed(answer.refusal)
    return Ran(result=answer.result, host_key=answer.host_key)
