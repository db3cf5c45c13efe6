"""Keys in a PKCS#11 token or a key service, by the signers of securesystemslib.

Each signature is made in a process of its own (`device_child`), which is killed when its time is over: a
token's library is somebody else's machine code, which may hang or crash, and no drill may with it. The PIN
goes through a pipe, never as an argument, and nothing of it is kept here.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.errors import EvidenceError, HostError, InputError
from drverify.model.evidence import KeyId
from drverify.sealing.keys import check_signature, der_of_pem, keyid_of, pem_of

SCHEMES = ("hsm", "awskms", "gcpkms", "azurekms", "hv", "tkey")
"""Of the URIs: https://github.com/secure-systems-lab/securesystemslib, `SIGNER_FOR_URI_SCHEME`."""
_LIBRARY = "PYKCS11LIB"
_CHILD = "drverify.adapters.signing.device_child"
_HINTS = {
    "pin": "a token locks itself after some wrong PINs: mend the reference before the next try",
    "key": "hsm:ID?label=LABEL, with the key's id as a number and the token's label",
    "token": "is it plugged in, is its label right, is `library` the module that knows it?",
    "package": "pip install 'drverify[keys]', and the service's own package",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where the key is, and how it is reached."""

    uri: str
    pin: Callable[[], bytes] | None = None
    """Asked for each signature; InputError when the reference leads nowhere."""
    library: Path | None = None
    """The token's PKCS#11 module; None: $PYKCS11LIB names it."""
    within: timedelta = timedelta(seconds=30)
    """For one signature."""


class DeviceSigner:
    """Implements `Signer` with a key that never leaves its device."""

    def __init__(self, device: Device, public_der: bytes) -> None:
        self._device = device
        self.public_der = public_der
        """SubjectPublicKeyInfo of the key, DER."""

    def __repr__(self) -> str:
        return f"DeviceSigner({self.keyid[:16]})"

    @classmethod
    def imported(cls, device: Device) -> "DeviceSigner":
        """Ask a PKCS#11 token for the public half of its key; errors as `sign`."""
        if not device.uri.startswith("hsm:"):
            raise InputError(
                "only a token is asked for its public key", hint="name the service's with `public`"
            )
        answer = _ask(device, {"do": "public"})
        return cls(device, der_of_pem(str(answer["public"]).encode(), what=f"the key of {device.uri}"))

    @property
    def keyid(self) -> KeyId:
        """Id that follows from the public key."""
        return keyid_of(self.public_der)

    def sign(self, message: bytes) -> bytes:
        """Return the signature: raw of an Ed25519 key, DER of a P-256 key.

        HostError when there is no such token or key, the PIN is wrong, the time is over, or what was signed
        does not verify with the public key; InputError when the PIN's reference leads nowhere.
        """
        wanted = {"do": "sign", "public": pem_of(self.public_der), "data": base64.b64encode(message).decode()}
        signature = bytes.fromhex(str(_ask(self._device, wanted)["signature"]))
        try:
            check_signature(self.public_der, signature, message)
        except EvidenceError as error:
            hint = "is `public` the public half of this very key?"
            raise HostError(
                f"{self._device.uri} signed, but not with key {self.keyid[:16]}", hint=hint
            ) from error
        return signature


def _ask(device: Device, wanted: dict[str, str]) -> dict[str, Any]:
    pin = device.pin().decode() if device.pin is not None else None
    library = {} if device.library is None else {_LIBRARY: str(device.library)}
    request = json.dumps({**wanted, "uri": device.uri, "pin": pin})
    try:
        done = subprocess.run(
            [sys.executable, "-m", _CHILD],
            input=request.encode(),
            capture_output=True,
            timeout=device.within.total_seconds(),
            env={**os.environ, **library},
            check=False,
        )
    except subprocess.TimeoutExpired:
        limit = f"{device.within.total_seconds():g} seconds"
        raise HostError(
            f"{device.uri} did not sign within {limit}", hint="`within_s` gives it more"
        ) from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        raise HostError(f"{device.uri}: its library died (exit code {done.returncode})") from None
    if "error" in answer:
        said = str(answer["error"])
        said = said.replace(pin, "(the PIN)") if pin else said
        raise HostError(f"{device.uri}: {said}", hint=_HINTS.get(str(answer.get("about")), ""))
    return answer
