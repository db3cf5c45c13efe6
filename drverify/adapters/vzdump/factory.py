"""Makes a source of vzdump archives out of the settings' table `[sources.NAME]`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, ValidationError

from drverify.adapters import table
from drverify.adapters.directory import DirectoryStore
from drverify.adapters.stored import FileStore
from drverify.adapters.vzdump.source import VzdumpSource
from drverify.errors import InputError
from drverify.model.recovery import SecretRef


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    directory: Path
    mount: Path | None = None
    timezone: str = ""
    store: dict[str, Any] | None = None


def source(name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes]) -> VzdumpSource:
    """Make the source called `name`; InputError for options that it does not have or that do not fit."""
    try:
        read = _Options.model_validate(dict(options))
    except ValidationError as error:
        lines = [f"sources.{name}.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise InputError("\n".join(lines), hint="see docs/settings.md") from error
    if not read.directory.is_absolute():
        raise _wrong(name, "directory", f"{read.directory} is not an absolute path")
    return VzdumpSource(name, _store(name, read, resolve), _zone(name, read))


def _store(name: str, read: _Options, resolve: Callable[[SecretRef], bytes]) -> FileStore:
    if read.store is None:
        return DirectoryStore(read.directory, mount=read.mount)
    if read.mount is not None:
        raise _wrong(name, "mount", "archives in a store are on no mount")
    options = dict(read.store)
    factory = table.load(table.STORES, str(options.pop("kind", "")), "store of archives")
    made: FileStore = factory(f"{name}.store", options, str(read.directory), resolve)
    return made


def _zone(name: str, read: _Options) -> ZoneInfo:
    if not read.timezone and read.store is not None:
        raise _wrong(name, "timezone", "it is needed to read the names of archives in a store")
    try:
        return ZoneInfo(read.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _wrong(name, "timezone", f"{read.timezone!r} is no time zone, such as Europe/Berlin") from error


def _wrong(name: str, option: str, why: str) -> InputError:
    return InputError(f"sources.{name}.{option}: {why}", hint="see docs/settings.md")
