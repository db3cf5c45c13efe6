"""Makes a source of disk images out of the settings' table `[sources.NAME]`."""

from collections.abc import Callable, Mapping
from typing import Any

from drverify.adapters import stored_options
from drverify.adapters.images.source import ImagesSource
from drverify.model.recovery import SecretRef


def source(name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes]) -> ImagesSource:
    """Make the source called `name`; InputError for options that it does not have or that do not fit."""
    kept = stored_options.read(name, options, resolve, what="images")
    return ImagesSource(name, kept.store, kept.zone)
