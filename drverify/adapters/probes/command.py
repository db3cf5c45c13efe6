"""Does a command in the guest end and print as expected."""

from drverify.adapters.probes.asking import Asking, Finding, failed, passed
from drverify.adapters.probes.matching import search
from drverify.adapters.probes.remote import run
from drverify.adapters.probes.transcript import one_line
from drverify.model.playbook import CommandProbe


async def ask(spec: CommandProbe, asking: Asking) -> Finding:
    """Run it; exit code first, then output."""
    ran = await run(spec.access, spec.command, asking, within=spec.within)
    if isinstance(ran, Finding):
        return ran
    code = ran.result.exit_code
    printed = ran.text if code == spec.exit_code else ran.result.stderr.decode(errors="replace") or ran.text
    shown = f"exit {code}: {one_line(printed, 100)}" if printed.strip() else f"exit {code}"
    if code != spec.exit_code:
        return failed(ran.told(shown))
    if spec.output and await search(spec.output, ran.text) is None:
        return failed(ran.told(shown if printed.strip() else f"{shown}, no output"))
    return passed(ran.told(shown))
