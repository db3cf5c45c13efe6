"""Makes a restic source out of the settings' table `[sources.NAME]`."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from drverify.adapters.restic.settings import ResticSettings
from drverify.adapters.restic.source import ResticSource
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


def source(name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes]) -> ResticSource:
    """Make the source called `name`; InputError for options that it does not have.

    It reads without a local cache: a cache hides damage in the repository.
    """
    try:
        read = _Options.model_validate(dict(options))
    except ValidationError as error:
        lines = [f"sources.{name}.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise InputError("\n".join(lines), hint="see docs/settings.md") from error
    settings = ResticSettings(
        name=name,
        repository=read.repository,
        password=SecretRef(read.password),
        environment={key: SecretRef(value) for key, value in read.environment.items()},
        binary=read.binary,
        options=read.options,
        limit_download_kib=read.limit_download_kib,
    )
    return ResticSource(settings, resolve)
