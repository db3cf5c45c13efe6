"""Makes a source of vzdump archives out of the settings' table `[sources.NAME]`."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from drverify.adapters import stored_options
from drverify.adapters.vzdump.source import VzdumpSource
from drverify.model.recovery import SecretRef


def source(name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes]) -> VzdumpSource:
    """Make the source called `name`; InputError for options that it does not have or that do not fit."""
    kept = stored_options.read(name, options, resolve, what="archives")
    if kept.zone is None and not kept.is_directory:
        raise stored_options.wrong(name, "timezone", "it is needed to read the names of archives in a store")
    return VzdumpSource(name, kept.store, kept.zone or ZoneInfo("UTC"))
