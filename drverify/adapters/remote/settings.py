"""What an operator may say about a store on another machine; secrets are references."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from drverify.errors import InputError
from drverify.model.recovery import SecretRef

Resolve = Callable[[SecretRef], bytes]
_REFERENCE = r"^(env|file|cred):.+"


class SftpOptions(BaseModel):
    """A directory that an SSH server gives by SFTP."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["sftp"] = "sftp"
    host: str = Field(pattern=r"^[^\s@/]{1,255}$")
    port: int = Field(default=22, ge=1, le=65535)
    user: str = Field(min_length=1)
    key: str = Field(default="", pattern=rf"{_REFERENCE}|^$")
    """The private key that logs in, in a form that OpenSSH reads."""
    password: str = Field(default="", pattern=rf"{_REFERENCE}|^$")
    host_keys: str = Field(pattern=_REFERENCE)
    """The host's public keys, as lines of OpenSSH's known_hosts; nobody else is believed."""

    @model_validator(mode="after")
    def _one(self) -> "SftpOptions":
        if bool(self.key) == bool(self.password):
            raise ValueError("expected a key or a password, and not both")
        return self


class S3Options(BaseModel):
    """A prefix in a bucket of an S3-compatible object store."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["s3"] = "s3"
    bucket: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$")
    endpoint: str = Field(default="", pattern=r"^https?://[^\s@]{1,1000}$|^$")
    """Empty: Amazon's, of the region. Without a user or a password."""
    region: str = "us-east-1"
    key_id: str = Field(default="", pattern=rf"{_REFERENCE}|^$")
    secret_key: str = Field(default="", pattern=rf"{_REFERENCE}|^$")
    session_token: str = Field(default="", pattern=rf"{_REFERENCE}|^$")
    anonymous: bool = False
    """Whether the bucket is read without any key."""
    ca: str = Field(default="", pattern=rf"{_REFERENCE}|^$")
    """Root certificates of the endpoint, PEM, beside the ones that are trusted anyway."""

    @model_validator(mode="after")
    def _keys(self) -> "S3Options":
        if bool(self.key_id) != bool(self.secret_key):
            raise ValueError("key_id and secret_key belong together")
        if self.anonymous == bool(self.key_id):
            raise ValueError("expected key_id and secret_key, or anonymous = true")
        return self


Form = TypeVar("Form", bound=BaseModel)


def read(form: type[Form], name: str, options: Mapping[str, Any]) -> Form:
    """Read the table of the store at `sources.NAME.store`; InputError names everything wrong in it."""
    try:
        return form.model_validate(dict(options))
    except ValidationError as error:
        lines = [
            f"sources.{'.'.join((name, *map(str, one['loc'])))}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors()
        ]
        raise InputError("\n".join(lines), hint="see docs/settings.md") from error


def text_of(resolve: Resolve, reference: str) -> str:
    """The text behind a reference, without white space at its ends; InputError when it leads nowhere."""
    try:
        return resolve(SecretRef(reference)).decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise InputError(f"{reference} is not text") from error
