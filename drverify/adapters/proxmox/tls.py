"""Whom we talk to: a certificate of a known fingerprint, or one that a CA vouches for.

The fingerprint is compared after the handshake and before anything is sent, so that neither a token nor
a password ever reaches somebody else.
"""

from pathlib import Path
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context

from drverify.adapters.proxmox.settings import Endpoint
from drverify.errors import InputError

Verify = bool | str
"""requests' `verify`: a CA file, the system's CAs (True), or nothing but the fingerprint (False)."""


class PinnedAdapter(HTTPAdapter):
    """Takes connections only to the holder of one certificate, where a fingerprint is given."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        super().__init__(pool_connections=2, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """Make the pool; urllib3 compares the fingerprint (SHA-256 by its length) on each new connection.

        A context of our own spares each connection the reading of the system's CAs (60 ms).
        """
        if self._fingerprint:
            more["assert_fingerprint"] = self._fingerprint
            context = create_urllib3_context()
            context.check_hostname = False  # the fingerprint says who it is; requests sets the rest
            more["ssl_context"] = context
        super().init_poolmanager(*args, **more)


def verification(endpoint: Endpoint, ca: Path | None) -> Verify:
    """What certificates of this endpoint are checked against; InputError when the CA file is not there."""
    if ca is not None:
        if not ca.is_file():
            raise InputError(f"there is no CA file {ca}", hint="copy /etc/pve/pve-root-ca.pem of a node")
        return str(ca)
    return not endpoint.fingerprint
