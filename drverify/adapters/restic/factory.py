"""Makes a restic source, or a store of files, out of the settings' table `[sources.NAME]`."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.settings import ResticSettings
from drverify.adapters.restic.source import ResticSource
from drverify.adapters.restic.stored import ResticStore, Snapshots
from drverify.errors import InputError
from drverify.model.recovery import SecretRef


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    repository: str
    password: str
    environment: dict[str, str] = {}
    binary: str = "restic"
    options: dict[str, str] = {}
    limit_download_kib: int | None = None


class _Snapshots(BaseModel):
    model_config = ConfigDict(extra="forbid")

    host: str = ""
    tags: list[str] = []


class _StoreOptions(_Options):
    snapshots: _Snapshots = _Snapshots()


Read = TypeVar("Read", bound=_Options)


def source(name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes]) -> ResticSource:
    """Make the source called `name`; InputError for options that it does not have.

    It reads without a local cache: a cache hides damage in the repository.
    """
    return ResticSource(settings_of(name, options), resolve)


def store(
    name: str, options: Mapping[str, Any], directory: str, resolve: Callable[[SecretRef], bytes]
) -> ResticStore:
    """Make a store of the files in `directory` of the snapshots, for a source that reads such files.

    `name` is the store's place in the settings. InputError as `source`.
    """
    read = _read(_StoreOptions, name, options)
    wanted = Snapshots(host=read.snapshots.host, tags=tuple(read.snapshots.tags))
    return ResticStore(ResticCli(_settings(name, read), resolve), directory, wanted)


def settings_of(name: str, options: Mapping[str, Any]) -> ResticSettings:
    """What the source called `name` needs to know; InputError as `source`."""
    return _settings(name, _read(_Options, name, options))


def _read(form: type[Read], name: str, options: Mapping[str, Any]) -> Read:
    try:
        return form.model_validate(dict(options))
    except ValidationError as error:
        lines = [f"sources.{name}.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise InputError("\n".join(lines), hint="see docs/settings.md") from error


def _settings(name: str, read: _Options) -> ResticSettings:
    return ResticSettings(
        name=name,
        repository=read.repository,
        password=SecretRef(read.password),
        environment={key: SecretRef(value) for key, value in read.environment.items()},
        binary=read.binary,
        options=read.options,
        limit_download_kib=read.limit_download_kib,
    )
