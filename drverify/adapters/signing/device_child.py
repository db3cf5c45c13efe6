"""The process that makes one signature with securesystemslib.

A request on standard input, an answer on standard output, one line of JSON each:

    {"do": "sign", "uri": ..., "public": PEM, "data": BASE64, "pin": TEXT or null} -> {"signature": HEX}
    {"do": "public", "uri": ..., "pin": ...}                                       -> {"public": PEM}
    {"error": TEXT, "about": "pin" | "key" | "token" | "package" | ""} when it does not work
"""

import base64
import json
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlparse

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.exceptions import UnsupportedLibraryError
from securesystemslib.signer import HSMSigner, Signer, SSlibKey

_ABOUT = {
    "PinIncorrect": ("pin", "the PIN is wrong"),
    "PinInvalid": ("pin", "the PIN is wrong"),
    "PinLenRange": ("pin", "the PIN is wrong: too short or too long"),
    "PinLocked": ("pin", "the token is locked after too many wrong PINs"),
    "NoSuchToken": ("token", "there is no such token"),
    "TokenNotPresent": ("token", "there is no such token"),
    "NoSuchKey": ("key", "the token has no such key"),
}
"""By the exceptions of python-pkcs11, which say nothing themselves."""


def main() -> int:
    """Answer one request."""
    request = json.loads(sys.stdin.buffer.read())
    try:
        answer = _answer(request)
    except Exception as error:  # noqa: BLE001 - whatever a device's library raises is an answer, too
        about, said = _explained(error)
        answer = {"error": said, "about": about}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def _answer(request: dict[str, Any]) -> dict[str, str]:
    uri, pin = request["uri"], _pin(request["pin"])
    if request["do"] == "public":
        parts = urlparse(uri)
        label = dict(parse_qsl(parts.query)).get("label")
        _, key = HSMSigner.import_(int(parts.path) if parts.path else None, label, pin)
        return {"public": str(key.keyval["public"])}
    public = load_pem_public_key(request["public"].encode())
    key = SSlibKey.from_crypto(public)
    signature = Signer.from_priv_key_uri(uri, key, pin).sign(base64.b64decode(request["data"]))
    return {"signature": signature.signature}


def _pin(pin: str | None) -> Callable[[str], str]:
    def handler(_: str) -> str:
        if pin is None:
            raise ValueError("it needs a PIN, and none is configured")
        return pin

    return handler


def _explained(error: Exception) -> tuple[str, str]:
    name, said = type(error).__name__, str(error)
    if name in _ABOUT:
        return _ABOUT[name]
    if isinstance(error, UnsupportedLibraryError | ImportError):
        return "package", f"a Python package is missing: {said}"
    if "PIN" in said:
        return "pin", said
    for about, word in (("token", "token found"), ("key", "could not find"), ("token", "PYKCS11LIB")):
        if word in said:
            return about, said
    return "", f"{name}: {said}" if said else name


if __name__ == "__main__":
    sys.exit(main())
