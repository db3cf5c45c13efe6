"""A small server of restic's REST protocol, version 2 (restic's documentation, "REST Backend").

It asks for a password, can be told to hang up after a number of bytes, and listens on loopback. It answers
writes as rest-server does: none at all unless told so; a name that is there is never written again (403); what
is not named by its SHA-256 is refused (400); append-only, nothing but a lock is deleted (403).
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

Writing = Literal["no", "append", "all"]
FOLDERS = ("data", "index", "keys", "locks", "snapshots")
CHUNK = 64 * 1024


class RestServer(ThreadingHTTPServer):
    """Serves one repository below `/`."""

    daemon_threads = True

    def __init__(self, root: Path, user: str, password: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.password = password
        self.expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.writing: Writing = "no"
        self.left: int | None = None
        """Bytes that may still be sent before it plays dead; None: any number."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients are killed here on purpose."""


class _Handler(BaseHTTPRequestHandler):
    server: RestServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._serve(body=False)

    def do_GET(self) -> None:
        self._serve(body=True)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        path = self._written_to()
        if path is None:
            return
        if path.exists():
            self._refuse(403)
        elif hashlib.sha256(body).hexdigest() != path.name:
            self._refuse(400)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(body)
            self._answer(200, b"", "text/plain")

    def do_DELETE(self) -> None:
        path = self._written_to()
        if path is None:
            return
        if self.server.writing == "append" and path.parent.name != "locks":
            self._refuse(403)
        elif not path.is_file():
            self._refuse(404)
        else:
            path.unlink()
            self._answer(200, b"", "text/plain")

    def _written_to(self) -> Path | None:
        """The file that is meant; None when the request was refused."""
        found = re.fullmatch(r"/(data|index|keys|locks|snapshots)/([0-9a-f]{64})", self.path)
        if self.headers.get("Authorization") != self.server.expected:
            self._refuse(401)
        elif self.server.writing == "no" or found is None:
            self._refuse(403)
        else:
            below = f"data/{found[2][:2]}" if found[1] == "data" else found[1]
            return self.server.root / below / found[2]
        return None

    def _serve(self, *, body: bool) -> None:
        if self.server.left is not None and self.server.left <= 0:
            self.close_connection = True
            return
        if self.headers.get("Authorization") != self.server.expected:
            self._refuse(401)
            return
        found = re.fullmatch(r"/(config|(?:data|index|keys|locks|snapshots)/(?:[0-9a-f]{64})?)", self.path)
        if found is None:
            self._refuse(404)
        elif found[1].endswith("/"):
            self._list(self.server.root / found[1])
        else:
            self._file(found[1], body=body)

    def _list(self, folder: Path) -> None:
        listed = [{"name": at.name, "size": at.stat().st_size} for at in folder.rglob("*") if at.is_file()]
        self._answer(200, json.dumps(listed).encode(), "application/vnd.x.restic.rest.v2")

    def _file(self, name: str, *, body: bool) -> None:
        folder, _, file = name.partition("/")
        path = self.server.root / (f"data/{file[:2]}/{file}" if folder == "data" else name)
        if not path.is_file():
            self._refuse(404)
            return
        content = path.read_bytes()
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted and int(wanted[1]) >= len(content):
            self._refuse(416)
            return
        if wanted:
            content = content[int(wanted[1]) : int(wanted[2]) + 1 if wanted[2] else None]
        self._answer(206 if wanted else 200, content, "application/octet-stream", body=body)

    def _refuse(self, status: int) -> None:
        self._answer(status, b"", "text/plain")

    def _answer(self, status: int, content: bytes, kind: str, *, body: bool = True) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for at in range(0, len(content) if body else 0, CHUNK):
            piece = content[at : at + CHUNK]
            if self.server.left is not None:
                self.server.left -= len(piece)
                if self.server.left <= 0:
                    self.close_connection = True
                    return
            self.wfile.write(piece)


@contextmanager
def served(root: Path, *, user: str = "backup", password: str = "S3cr@t-x") -> Iterator[RestServer]:
    """Serve a repository for as long as the context lasts."""
    with RestServer(root, user, password) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
