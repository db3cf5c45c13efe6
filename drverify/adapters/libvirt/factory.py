"""Makes the host from the raw table of the settings file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from drverify.adapters.libvirt.host import LibvirtHost
from drverify.adapters.libvirt.settings import LibvirtSettings
from drverify.errors import InputError
from drverify.model.recovery import SecretRef


def host(
    name: str, options: Mapping[str, Any], state: Path, resolve: Callable[[SecretRef], bytes]
) -> LibvirtHost:
    """Make a libvirt host; InputError for options that it does not know."""
    del name, resolve  # this machine's own libvirt asks for no secret
    known = {name: value for name, value in options.items() if name in LibvirtSettings.__slots__}
    if unknown := sorted(set(options) - set(known)):
        raise InputError(f"settings of a libvirt host: unknown {', '.join(unknown)}")
    try:
        settings = TypeAdapter(LibvirtSettings).validate_python({"state": state, **known})
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise InputError(f"settings of a libvirt host: {where}: {problem['msg']}") from error
    return LibvirtHost(settings)
