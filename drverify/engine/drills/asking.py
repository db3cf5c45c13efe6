"""Who asks the guest in a sandbox, and what is noted when asking has become pointless."""

from drverify.engine.drills.probing import Probing
from drverify.engine.drills.scene import Scene
from drverify.engine.drills.vigil import Ending
from drverify.engine.ports import ProbeScope, Sandbox
from drverify.engine.wiring import DrillPorts
from drverify.errors import HostError


def asker(scene: Scene, ports: DrillPorts, sandbox: Sandbox) -> Probing:
    """Asks the playbook's probes in a sandbox, with nothing known yet."""
    return Probing(
        vantage=sandbox.vantage,
        prober=ports.prober,
        scope=ProbeScope(guest=sandbox.guest, console=sandbox.console, files=None, secret=ports.secret),
        offset=scene.recorder.offset,
        keep=scene.keep,
        progress=ports.progress,
        settle=scene.plan.playbook.limits.settle,
    )


def lives(scene: Scene, ports: DrillPorts, ending: Ending | None) -> bool:
    """Whether the guest lives; else the scene says since when not, and why."""
    if ending is None:
        return True
    scene.gave_up, scene.gave_up_by = ending.why, ending.by
    scene.gave_up_at = scene.recorder.offset()
    ports.progress.note(f"gave up: {ending.why}")
    if ending.starved:
        scene.recorder.failed(HostError(ending.starved, hint="run fewer drills at once"))
        ports.progress.note(ending.starved)
    return False
