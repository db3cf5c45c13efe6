"""moto's S3 server, and that a lock in compliance mode cannot be shortened by anybody, which moto forgets.

S3's own words ("Locking objects with Object Lock"): in compliance mode "its retention mode can't be changed, and
its retention period can't be shortened". Run as a program with moto's own arguments.
"""

import sys
from datetime import UTC, datetime
from typing import Any

from moto.s3.exceptions import AccessDeniedByLock
from moto.s3.models import S3Backend
from moto.server import main

_FORGETFUL = S3Backend.put_object_retention


def put_object_retention(
    self: Any,
    bucket_name: str,
    key_name: str,
    version_id: str | None,
    retention: tuple[str | None, str | None],
) -> None:
    """Refuse what S3 refuses."""
    key = self.get_object(bucket_name, key_name, version_id=version_id)
    if key is not None and key.lock_mode == "COMPLIANCE" and not _longer(key.lock_until, retention):
        raise AccessDeniedByLock
    _FORGETFUL(self, bucket_name, key_name, version_id, retention)


def _longer(until: str, retention: tuple[str | None, str | None]) -> bool:
    mode, asked = retention
    return mode == "COMPLIANCE" and asked is not None and _instant(asked) >= _instant(until)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


if __name__ == "__main__":
    S3Backend.put_object_retention = put_object_retention
    main(sys.argv[1:])
