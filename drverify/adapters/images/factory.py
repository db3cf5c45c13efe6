"""Makes a source of disk images out of the settings' table `[sources.NAME]`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, ValidationError

from drverify.adapters import table
from drverify.adapters.directory import DirectoryStore
from drverify.adapters.images.source import ImagesSource
from drverify.adapters.stored import FileStore
from drverify.errors import InputError
from drverify.model.recovery import SecretRef


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    directory: Path
    mount: Path | None = None
    timezone: str = ""
    store: dict[str, Any] | None = None


def source(name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes]) -> ImagesSource:
    """Make the source called `name`; InputError for options that it does not have or that do not fit."""
    try:
        read = _Options.model_validate(dict(options))
    except ValidationError as error:
        lines = [f"sources.{name}.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise InputError("\n".join(lines), hint="see docs/settings.md") from error
    if not read.directory.is_absolute():
        raise _wrong(name, "directory", f"{read.directory} is not an absolute path")
    return ImagesSource(name, _store(name, read, resolve), _zone(name, read))


def _store(name: str, read: _Options, resolve: Callable[[SecretRef], bytes]) -> FileStore:
    if read.store is None:
        return DirectoryStore(read.directory, mount=read.mount)
    if read.mount is not None:
        raise _wrong(name, "mount", "images in a store are on no mount")
    options = dict(read.store)
    factory = table.load(table.STORES, str(options.pop("kind", "")), "store of images")
    made: FileStore = factory(f"{name}.store", options, str(read.directory), resolve)
    return made


def _zone(name: str, read: _Options) -> ZoneInfo | None:
    if not read.timezone:
        return None
    try:
        return ZoneInfo(read.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _wrong(name, "timezone", f"{read.timezone!r} is no time zone, such as Europe/Berlin") from error


def _wrong(name: str, option: str, why: str) -> InputError:
    return InputError(f"sources.{name}.{option}: {why}", hint="see docs/settings.md")
