"""Small verbs: which versions are at work, and steps of libguestfs by their names (to make disks with)."""

from collections.abc import Mapping
from typing import Any

from drverify.adapters.workbench.child.bench import Bench


def versions(bench: Bench, asked: Mapping[str, Any]) -> dict[str, str]:
    """The versions of libguestfs and of the appliance's kernel."""
    del asked
    found = bench.guestfs.version()
    return {
        "libguestfs": f"{found['major']}.{found['minor']}.{found['release']}",
        "kernel": bench.guestfs.utsname()["uts_release"],
    }


def make(bench: Bench, asked: Mapping[str, Any]) -> list[Any]:
    """Do `steps`, each `[method, *arguments]` with an object of options last where it takes some."""
    done = []
    for name, *arguments in asked["steps"]:
        options = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
        found = getattr(bench.guestfs, name)(*arguments, **options)
        done.append(found if not isinstance(found, bytes) else found.decode("utf-8", "replace"))
    return done
