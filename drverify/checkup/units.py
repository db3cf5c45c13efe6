"""The systemd units that are shipped, filled in for one settings file.

`drverify.service` is everything on one machine; the other services are its parts, for a fleet. What runs
drills needs root's rights over networks, mounts and disks, and keeps no other; the page needs none at all.
"""

import shlex
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from drverify.checkup.findings import Finding

UNITS = (
    "drverify.service",
    "drverify-worker.service",
    "drverify-scheduler.service",
    "drverify-web.service",
    "drverify-reap.service",
    "drverify-reap.timer",
)


def unit_text(
    name: str,
    *,
    command: str,
    state_dirs: Sequence[Path],
    metrics_file: Path | None = None,
    credentials: Sequence[str] = (),
) -> str:
    """One unit. `command` is drverify with its settings, quoted as in a shell; paths are absolute.

    `credentials` are names that systemd looks for in /etc/credstore (systemd.exec(5), LoadCredential=).

    A directory of the metrics that is not there yet keeps no unit from starting (systemd.exec(5): `-`).
    """
    text = files("drverify").joinpath("units", name).read_text(encoding="utf-8")
    places = " ".join(_quoted("", path) for path in dict.fromkeys(state_dirs))
    metrics = f" {_quoted('-', metrics_file.parent)}" if metrics_file is not None else ""
    text = text.replace("@STATE_DIRS@", places).replace("@METRICS_DIR@", metrics)
    loaded = "".join(f"LoadCredential={one}\n" for one in credentials)
    return text.replace("ExecStart=", f"{loaded}ExecStart=").replace("@DRVERIFY@", command)


def _quoted(before: str, path: Path) -> str:
    """A path as systemd takes it apart: with white space in it, in quotes."""
    text = before + str(path).replace("%", "%%")
    return f'"{text}"' if " " in text else text


INSTALLED = Path("/etc/systemd/system")


def installed_units(
    folder: Path = INSTALLED, *, state_dirs: Sequence[Path] = (), metrics_file: Path | None = None
) -> tuple[Finding, ...]:
    """Hold the units that are installed against those that are shipped; none for a machine without any.

    Where the settings write is in `state_dirs` and `metrics_file`, absolute; without, it is not looked at.
    """
    found = []
    for name in UNITS:
        try:
            text = (folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        except OSError as error:
            found.append(Finding(what=name, state="warn", seen=f"cannot be read: {error.strerror}"))
            continue
        wanted = unit_text(name, command="", state_dirs=state_dirs, metrics_file=metrics_file)
        shut = unwritable(wanted, text) if state_dirs else ()
        lost = [f"lacks {line}" for line in missing(name, text)]
        lost += [f"may not write {path}, where drverify does" for path in shut]
        found.append(
            Finding(
                what=name,
                state="warn" if lost else "ok",
                seen="; ".join(lost) or "as shipped",
                mend="drverify config units --into /etc/systemd/system" if lost else "",
            )
        )
    return tuple(found)


def missing(name: str, text: str) -> tuple[str, ...]:
    """What the shipped unit says of rights and of its end, and this text does not, in its order."""
    own = set(map(str.strip, text.splitlines()))
    shipped = unit_text(name, command="", state_dirs=()).splitlines()
    return tuple(line for line in shipped if _holds(line) and line not in own)


def unwritable(wanted: str, text: str) -> tuple[Path, ...]:
    """What one unit lets be written, and another does not, nor a directory above it."""
    given = _writes(text)
    return tuple(path for path in _writes(wanted) if not {path, *path.parents} & set(given))


def _writes(text: str) -> tuple[Path, ...]:
    """The paths of `ReadWritePaths` (systemd.exec(5)); an empty value takes back what stands before it."""
    found: list[Path] = []
    for line in map(str.strip, text.splitlines()):
        key, _, value = line.partition("=")
        if key.strip() == "ReadWritePaths":
            try:
                words = shlex.split(value)
            except ValueError:  # a quote without an end: systemd ignores the line
                continue
            found = [*found, *(Path(one.lstrip("-+").replace("%%", "%")) for one in words)] if words else []
    return tuple(found)


def _holds(line: str) -> bool:
    """Whether a line narrows what the unit may do; places and programs are each machine's own."""
    key, _, value = line.partition("=")
    return bool(value) and not line.startswith("#") and key in _NARROWING


_NARROWING = {
    "CapabilityBoundingSet", "KillMode", "LockPersonality", "NoNewPrivileges", "PrivateDevices",
    "PrivateTmp", "ProtectClock", "ProtectControlGroups", "ProtectHome", "ProtectHostname",
    "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "ProtectProc", "ProtectSystem",
    "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
    "SystemCallArchitectures", "SystemCallFilter", "UMask",
}  # fmt: skip
