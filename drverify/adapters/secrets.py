"""Where a secret reference leads: the environment, a file, or a systemd credential.

Must not know what a secret is used for. No message of this module carries a secret's value.
"""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from drverify.errors import InputError
from drverify.model.recovery import SecretRef

MAX_BYTES = 1024 * 1024
REFERENCE = re.compile(r"(env|file|cred):(.+)", re.DOTALL)
_PUBLIC = re.compile(rb"\s*(-----BEGIN (CERTIFICATE|PUBLIC KEY|X509 CRL)-----|(ssh|ecdsa|sk)-[a-z0-9@.-]+ )")


def resolve(
    ref: SecretRef,
    *,
    environ: Mapping[str, str],
    credentials_dir: Path | None,
    base: Path | None = None,
    raw: bool = False,
) -> bytes:
    """Read what `ref` leads to; one trailing line end is cut off unless `raw` is asked for.

    `credentials_dir` is systemd's $CREDENTIALS_DIRECTORY. A relative `file:` path starts at `base`.
    Raises InputError when nothing is there, when it is empty, or when a file with a secret (anything
    but a certificate or a public key) may be read by every user of this machine.
    """
    match = REFERENCE.fullmatch(ref)
    if match is None:
        raise InputError(
            "a secret must be given by reference, and this is none (its text is not shown)",
            hint="write env:NAME, file:/path or cred:NAME",
        )
    scheme, where = match.groups()
    if scheme == "env":
        content = _environment(where, environ)
    elif scheme == "cred":
        content = _credential(where, credentials_dir)
    else:
        content = _file(where, base)
    if not content.strip():
        raise InputError(f"the secret {ref} is empty")
    return content if raw else content.removesuffix(b"\n").removesuffix(b"\r")


def _environment(name: str, environ: Mapping[str, str]) -> bytes:
    if name not in environ:
        raise InputError(
            f"the environment variable {name} is not set", hint=f"export {name}, or refer to a file instead"
        )
    return os.fsencode(environ[name])


def _credential(name: str, credentials_dir: Path | None) -> bytes:
    if credentials_dir is None:
        raise InputError(
            f"cred:{name} needs a systemd credentials directory and there is none",
            hint=f"start drverify from a unit with LoadCredential={name}:/path, or use file:/path",
        )
    if "/" in name or name in {".", ".."}:
        raise InputError(f"cred:{name} is not the name of a credential")
    return _read(credentials_dir / name, f"add LoadCredential={name}:/path to the unit")[0]


def _file(where: str, base: Path | None) -> bytes:
    path = Path(where)
    if not path.is_absolute():
        if base is None:
            raise InputError(
                f"file:{where} is relative and there is nothing it is relative to", hint="give a full path"
            )
        path = base / path
    content, mode = _read(path, "check the path, and that this user may read it")
    if mode & stat.S_IROTH and not is_public(content):
        raise InputError(
            f"the secret file {path} may be read by every user of this machine", hint=f"chmod o-rwx {path}"
        )
    return content


def _read(path: Path, hint: str) -> tuple[bytes, int]:
    try:
        with open(path, "rb", opener=_open_quickly) as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise InputError(f"the secret file {path} is not a regular file")
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"the secret file {path} cannot be read: {reason}", hint=hint) from error
    if len(content) > MAX_BYTES:
        raise InputError(f"the secret file {path} is larger than {MAX_BYTES} bytes; is it the right one?")
    return content, mode


def _open_quickly(path: str, flags: int) -> int:
    """Open without waiting for the other end of a named pipe."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def is_public(content: bytes) -> bool:
    """Say whether the content is a certificate or a public key, which need no protection."""
    return _PUBLIC.match(content) is not None and b"PRIVATE" not in content
