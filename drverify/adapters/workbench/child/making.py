"""Small verbs: which versions are at work, and steps of libguestfs by their names (to make disks with)."""

import base64
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


def _bytes(argument: Any) -> Any:
    if isinstance(argument, dict) and argument.keys() == {"base64"}:
        return base64.b64decode(argument["base64"])
    return argument


def make(bench: Bench, asked: Mapping[str, Any]) -> list[Any]:
    """Do `steps`, each `[method, *arguments]` with an object of options last where it takes some.

    An argument `{"base64": ...}` is bytes; the method `appliance` is `Bench.sh`.
    """
    done = []
    for name, *told in asked["steps"]:
        arguments = [_bytes(one) for one in told]
        options = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
        method = bench.sh if name == "appliance" else getattr(bench.guestfs, name)
        found = method(*arguments, **options)
        done.append(found if not isinstance(found, bytes) else found.decode("utf-8", "replace"))
    return done
