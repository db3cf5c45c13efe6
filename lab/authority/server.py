"""Lets authorities answer over HTTP on loopback, as RFC 3161 section 3.4 has it: `/<name>` for each."""

import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MAX_REQUEST = 64 * 1024
Reply = Callable[[bytes, Path], bytes]
"""(request, directory for its files) -> reply; CalledProcessError when there is none."""


@contextmanager
def serving(replies: Mapping[str, Reply], port: int = 0) -> Iterator[str]:
    """Serve the authorities by name; gives the address to which `/<name>` is added. Ends with the block."""
    with tempfile.TemporaryDirectory() as scratch:
        server = _Server(("127.0.0.1", port), _Handler)
        server.replies, server.scratch = replies, Path(scratch)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    replies: Mapping[str, Reply]
    scratch: Path

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.counting = threading.Lock()
        super().__init__(address, handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Answer one request; an authority counts its stamps, so one at a time."""
        reply = self.server.replies.get(self.path.removeprefix("/"))
        length = int(self.headers.get("Content-Length") or 0)
        if reply is None or not 0 < length <= MAX_REQUEST:
            self.send_error(404 if reply is None else 413)
            return
        request = self.rfile.read(length)
        try:
            with self.server.counting:
                content = reply(request, self.server.scratch)
        except subprocess.CalledProcessError:
            self.send_error(500)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""
