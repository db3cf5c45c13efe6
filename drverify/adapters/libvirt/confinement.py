"""Looks at a running QEMU from outside: whether a guest that broke out of it would be held."""

from pathlib import Path

from drverify.model.drill import IsolationCheck

NAME = "qemu-confined"
_FILTERED = "2"
"""Value of Seccomp in /proc/PID/status that means a filter (proc(5))."""


def qemu_check(process: Path) -> IsolationCheck:
    """Check the QEMU behind `/proc/PID`: no root, no capability, a seccomp filter."""
    try:
        status = (process / "status").read_text()
    except OSError as error:
        return IsolationCheck(name=NAME, closed=False, detail=f"cannot look at QEMU: {error.strerror}")
    return confinement(status)


def confinement(status: str) -> IsolationCheck:
    """Judge the text of /proc/PID/status."""
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    uids = set(fields.get("Uid", "0").split())
    capabilities = int(fields.get("CapEff", "1").strip() or "1", 16)
    filtered = fields.get("Seccomp", "").strip() == _FILTERED
    faults = [
        text
        for text, wrong in (
            ("runs as root", "0" in uids),
            (f"holds capabilities {capabilities:#x}", capabilities != 0),
            ("has no seccomp filter", not filtered),
        )
        if wrong
    ]
    detail = ", ".join(faults) or f"uid {min(uids)}, no capability, seccomp filter"
    return IsolationCheck(name=NAME, closed=not faults, detail=f"QEMU {detail}")
