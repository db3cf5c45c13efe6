"""Answers of PUT and POST .../config: changes of a guest, at once or waiting until it stops."""

from lab.pve.api.configs import Config, check_lock
from lab.pve.api.drives import new_drive
from lab.pve.api.granting import check_bridges, check_options
from lab.pve.api.handlers.register import answers
from lab.pve.api.merge import DRIVE, NET, written
from lab.pve.api.problems import failed, wrong
from lab.pve.api.work import Work
from lab.pve.api.world import Call

_CONFIG = "/nodes/{node}/qemu/{vmid}/config"
_OWN = frozenset(
    {"delete", "digest", "revert", "skiplock", "force", "background_delay", "import-working-storage"}
)
_AT_ONCE = frozenset({"description", "name", "onboot", "protection", "tags", "startup", "hookscript"})


@answers(f"PUT {_CONFIG}")
async def change(call: Call) -> None:
    """Change a guest before answering."""
    wanted, gone = _checked(call)
    await _apply(call, wanted, gone)


@answers(f"POST {_CONFIG}")
async def change_later(call: Call) -> str:
    """Change a guest in a worker."""
    wanted, gone = _checked(call)

    async def job(work: Work) -> None:
        work.log(f"update VM {call.vmid}: {' '.join(sorted(wanted))}")
        await _apply(call, wanted, gone)

    return call.world.tasks.spawn(call.node, "qmconfig", str(call.vmid), call.caller, job)


def _checked(call: Call) -> tuple[dict[str, str], list[str]]:
    world, values = call.world, call.values
    if values.get("skiplock") and not call.caller.is_root:
        raise wrong({"skiplock": "Only root may use this option."})
    found = world.guests.load(call.node, "qemu", call.vmid)
    gone = [key for key in values.get("delete", "").replace(";", ",").split(",") if key]
    chosen = {key: value for key, value in values.items() if key not in _OWN and key != "description"}
    wanted = written(chosen)
    named = wanted | ({"description": ""} if "description" in values else {})
    check_options(
        world.rights, call.caller, call.vmid, None, named | {key: found.options.get(key, "") for key in gone}
    )
    check_bridges(world.rights, world.fabric, call.caller, wanted)
    touched = {key: found.options[key] for key in wanted if NET.fullmatch(key) and key in found.options}
    check_bridges(
        world.rights, world.fabric, call.caller, touched
    )  # leaving a bridge needs the right on it too
    return wanted, gone


async def _apply(call: Call, wanted: dict[str, str], gone: list[str]) -> None:
    world, vmid = call.world, call.vmid
    guests = world.guests
    async with guests.flock(vmid):
        found = guests.load(call.node, "qemu", vmid)
        if not call.values.get("skiplock"):
            check_lock(found)
        if call.values.get("digest", "") not in {"", guests.digest(call.node, "qemu", vmid)}:
            raise failed("checksum mismatch (file change by other user?)")
        for key in filter(None, call.values.get("revert", "").split(",")):
            found.pending.pop(key, None)
        running = world.running(call.node, vmid)
        for key in gone:
            _delete(found, key, waits=running and key not in _AT_ONCE)
        for key, value in wanted.items():
            new = new_drive(world, call.node, vmid, key, value) if DRIVE.fullmatch(key) else value
            if running and await _plugged(call, key, found.options.get(key, ""), new):
                found.options[key] = new
            elif running and key not in _AT_ONCE:
                found.pending[key] = new
            else:
                found.options[key] = new
        if "description" in call.values:
            found.notes = call.values["description"]
        guests.save(call.node, "qemu", vmid, found)


def _delete(found: Config, key: str, *, waits: bool) -> None:
    if key == "description":
        found.notes = ""
        return
    if waits:
        queued = [each for each in found.pending.get("delete", "").split(",") if each and each != key]
        found.pending["delete"] = ",".join([*queued, key])
        return
    value = found.options.pop(key, None)
    if value is None:
        return
    volid = value.split(",")[0]
    if DRIVE.fullmatch(key) and ":" in volid and "media=cdrom" not in value:
        free = next(number for number in range(256) if f"unused{number}" not in found.options)
        found.options[f"unused{free}"] = volid
    if "boot" in found.options:
        order = found.options["boot"].removeprefix("order=").split(";")
        found.options["boot"] = "order=" + ";".join(each for each in order if each != key)


async def _plugged(call: Call, key: str, old: str, new: str) -> bool:
    """Plug a running guest's network device in or out when nothing else of it changes."""
    plain = [
        ",".join(part for part in value.split(",") if not part.startswith("link_down="))
        for value in (old, new)
    ]
    if not NET.fullmatch(key) or not old or plain[0] != plain[1]:
        return False
    await call.world.muscle(call.node).set_link(call.vmid, key, up="link_down=1" not in new.split(","))
    return True
