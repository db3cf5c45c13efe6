"""Is a systemd unit in the expected state."""

from drverify.adapters.probes.asking import Asking, Finding, failed, passed
from drverify.adapters.probes.remote import run
from drverify.adapters.probes.transcript import one_line
from drverify.model.playbook import UnitProbe

_FACTS = ("LoadState", "ActiveState", "SubState", "Result")


async def ask(spec: UnitProbe, asking: Asking) -> Finding:
    """Ask systemd for the unit's state; `systemctl show` exits 0 for units that do not exist, too."""
    argv = ("systemctl", "show", f"--property={','.join(_FACTS)}", "--", spec.unit)
    ran = await run(spec.access, argv, asking, within=spec.within)
    if isinstance(ran, Finding):
        return ran
    facts = dict(line.split("=", 1) for line in ran.text.splitlines() if "=" in line)
    state = facts.get("ActiveState", "")
    if ran.result.exit_code != 0 or not state:
        said = ran.result.stderr.decode(errors="replace") or ran.text
        return failed(ran.told(f"systemctl: exit {ran.result.exit_code}: {one_line(said, 100)}"))
    if facts.get("LoadState") == "not-found":
        return failed(ran.told(f"there is no unit {spec.unit}"))
    shown = f"{state} ({facts.get('SubState', '?')})"
    if state == spec.state:
        return passed(ran.told(shown))
    result = facts.get("Result", "success")
    return failed(ran.told(shown if result == "success" else f"{shown}, result {result}"))
