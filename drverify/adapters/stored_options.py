"""The options of sources whose points are files: where these lie, and by whose clock they are named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, ValidationError

from drverify.adapters import table
from drverify.adapters.directory import DirectoryStore
from drverify.adapters.stored import FileStore
from drverify.errors import InputError
from drverify.model.recovery import SecretRef


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    directory: Path
    mount: Path | None = None
    timezone: str = ""
    store: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Where a source's files are."""

    store: FileStore
    zone: ZoneInfo | None
    """None: the settings name none."""
    is_directory: bool
    """Whether the files lie in a directory of this machine, not in a store such as a repository."""


def read(name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes], *, what: str) -> Kept:
    """Read the table of the source called `name`; `what` its files are: `archives`, `images`.

    InputError names every option that it does not have or that does not fit.
    """
    try:
        given = _Options.model_validate(dict(options))
    except ValidationError as error:
        lines = [f"sources.{name}.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise InputError("\n".join(lines), hint="see docs/settings.md") from error
    if not given.directory.is_absolute():
        raise wrong(name, "directory", f"{given.directory} is not an absolute path")
    return Kept(
        store=_store(name, given, resolve, what),
        zone=_zone(name, given.timezone) if given.timezone else None,
        is_directory=given.store is None,
    )


def wrong(name: str, option: str, why: str) -> InputError:
    """The error for one option of the source called `name`."""
    return InputError(f"sources.{name}.{option}: {why}", hint="see docs/settings.md")


def _store(name: str, given: _Options, resolve: Callable[[SecretRef], bytes], what: str) -> FileStore:
    if given.store is None:
        return DirectoryStore(given.directory, mount=given.mount)
    if given.mount is not None:
        raise wrong(name, "mount", f"{what} in a store are on no mount")
    options = dict(given.store)
    factory = table.load(table.STORES, str(options.pop("kind", "")), f"store of {what}")
    made: FileStore = factory(f"{name}.store", options, str(given.directory), resolve)
    return made


def _zone(name: str, zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise wrong(name, "timezone", f"{zone!r} is no time zone, such as Europe/Berlin") from error
