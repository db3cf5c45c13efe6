"""A small server of restic's REST protocol, version 2, reading only (restic's documentation, "REST Backend").

It asks for a password, can be told to hang up after a number of bytes, and listens on loopback.
"""

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDERS = ("data", "index", "keys", "locks", "snapshots")
CHUNK = 64 * 1024


class RestServer(ThreadingHTTPServer):
    """Serves one repository below `/`."""

    daemon_threads = True

    def __init__(self, root: Path, user: str, password: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
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
        self._refuse(403)

    do_DELETE = do_POST  # noqa: N815

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
