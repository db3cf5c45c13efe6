"""A real S3 server on the loopback (moto), with one user whose signatures are checked."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from tests.support.probing import LOOPBACK, free_port

UP_WITHIN = 30
"""Seconds."""
UNSIGNED = 3
"""Requests that make the user; from then on every signature must be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStore:
    """Where it answers, and the only user whom it serves."""

    port: int
    key_id: str
    secret: str
    log: Path

    @property
    def url(self) -> str:
        """The server's address as restic wants it before a bucket's name."""
        return f"s3:http://{LOOPBACK}:{self.port}"

    def requests(self) -> str:
        """What it was asked so far, one line for each request."""
        return self.log.read_text(errors="replace")


@contextmanager
def object_store(folder: Path, *program: str | Path) -> Iterator[ObjectStore]:
    """Run the server as a process of its own for as long as the context lasts; it keeps all in memory.

    `program`: other words for Python than moto's own server.
    """
    port, log = free_port(), folder / "s3.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, *(program or ("-m", "moto.server")), "-H", LOOPBACK, "-p", str(port)],
            env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": str(UNSIGNED)},
            stdout=said,
            stderr=said,
        )
    try:
        _wait(process, port, log)
        key_id, secret = _user(port)
        yield ObjectStore(port=port, key_id=key_id, secret=secret, log=log)
    finally:
        process.terminate()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + UP_WITHIN
    while True:
        try:
            socket.create_connection((LOOPBACK, port), 1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, f"no answer within {UP_WITHIN} s: {log.read_text()}"
            time.sleep(0.05)
        else:
            return


def _user(port: int) -> tuple[str, str]:
    iam = boto3.client(
        "iam",
        endpoint_url=f"http://{LOOPBACK}:{port}",
        region_name="us-east-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    )
    iam.create_user(UserName="backup")
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_user_policy(UserName="backup", PolicyName="s3", PolicyDocument=policy)
    made = iam.create_access_key(UserName="backup")["AccessKey"]
    return str(made["AccessKeyId"]), str(made["SecretAccessKey"])
