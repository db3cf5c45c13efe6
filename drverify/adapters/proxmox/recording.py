"""What was said between us and a cluster, kept as JSON lines, and played again without the cluster.

    {"recording": 1, "made": "2026-11-23T07:00:00Z"}
    {"method": "GET", "path": "/version", "params": {}, "status": 200, "reason": "OK", "data": {...}}
    {"method": "GET", "path": "/nodes/pve2/status", "params": {}, "lost": "NodeUnreachable"}

An owner of a real cluster can so show how it answers, and have the client tried against that. Headers
are never written. Passwords, tickets, tokens and keys are taken out by the names that the API gives them,
by their form, and wherever one of ours stands; what guests said to their agents is taken out too. Names,
addresses and notes stay: read the file before you hand it on.
"""

import json
import os
import re
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.proxmox.errors import ApiError, NoAnswer, NodeUnreachable, NotThere, OutcomeUnknown
from drverify.adapters.proxmox.wire import Answer, Question, Wire
from drverify.errors import HostError, InputError

FORM = 1
REMOVED = "(removed)"
_LOST: Mapping[str, type[ApiError]] = {"OutcomeUnknown": OutcomeUnknown, "NoAnswer": NoAnswer}
SECRET = frozenset({
    "ticket", "password", "new-password", "csrfpreventiontoken", "vncticket", "cipassword", "sshkeys",
    "otp", "tfa-challenge", "authkey", "encryption-key", "master-pubkey", "keyring", "ssh-public-keys",
    "out-data", "err-data", "input-data", "subscription-key",
})  # fmt: skip
"""Names of values that are taken out, in lower case."""
_FORMS = re.compile(r"PVE(?:VNC|APIToken)?[:=][^\s\"',]*::?[A-Za-z0-9+/=_-]{20,}|PVEAPIToken=[^\s\"',]+")
_LINES = re.compile(r"^(cipassword|sshkeys|password):.*$", re.MULTILINE | re.IGNORECASE)


class RecordingWire:
    """Passes questions on and writes down what was said. Blocking; called from several threads."""

    def __init__(self, inner: Wire, file: Path) -> None:
        """Start a new file for its owner alone; HostError when it is there or cannot be written."""
        self._inner = inner
        self._lock = threading.Lock()
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise HostError(f"cannot start the recording {file}: {error.strerror}") from error
        self._file = os.fdopen(descriptor, "w", encoding="utf-8")
        self._write({"recording": FORM, "made": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"})

    def send(self, question: Question, *, within: timedelta) -> Answer:
        """Send, and write down question and answer."""
        entry: dict[str, Any] = {
            "method": question.method,
            "path": question.path,
            "params": clean(dict(question.params)),
        }
        try:
            answer = self._inner.send(question, within=within)
        except ApiError as error:
            self._write({**entry, "lost": type(error).__name__})
            raise
        self._write({**entry, "status": answer.status, "reason": answer.reason, **_body(answer)})
        return answer

    def hide(self, text: str) -> str:
        """As the connection does."""
        return self._inner.hide(text)

    def close(self) -> None:
        """End the recording and drop the connections."""
        with self._lock:
            self._file.close()
        self._inner.close()

    def _write(self, entry: Mapping[str, Any]) -> None:
        line = _FORMS.sub(REMOVED, self._inner.hide(json.dumps(entry, ensure_ascii=False)))
        with self._lock:
            if not self._file.closed:
                self._file.write(line + "\n")
                self._file.flush()


class ReplayingWire:
    """Answers as a recording says: the same question again gets the next answer, then the last one."""

    def __init__(self, entries: Iterable[Mapping[str, Any]]) -> None:
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
        self.asked: list[Question] = []
        """Every question, in its order."""
        for entry in entries:
            key = _key(entry["method"], entry["path"], entry.get("params") or {})
            self._answers.setdefault(key, []).append(entry)

    @classmethod
    def read(cls, file: Path) -> "ReplayingWire":
        """Read a recording; InputError when it is none."""
        try:
            first, *rest = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
            form = first.get("recording")
            made = cls(rest)
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise InputError(f"cannot read the recording {file}: {error}") from error
        if form != FORM:
            raise InputError(f"{file} is no recording of a form that this version knows")
        return made

    def send(self, question: Question, *, within: timedelta) -> Answer:
        """Answer at once; NotThere for what the recording does not have."""
        del within
        key = _key(question.method, question.path, clean(dict(question.params)))
        with self._lock:
            self.asked.append(question)
            known = self._answers.get(key)
            if not known:
                raise NotThere(f"{question.doing} with {key[2]} is not in the recording")
            entry = known.pop(0) if len(known) > 1 else known[0]
        if lost := entry.get("lost"):
            raise _LOST.get(lost, NodeUnreachable)(f"{question.doing}: lost, as recorded")
        return _answer(entry)

    def hide(self, text: str) -> str:
        """There are no secrets in a recording."""
        return text

    def close(self) -> None:
        """There is nothing to close."""


def clean(value: Any, name: str = "") -> Any:
    """Take out of a value what must not be written down; `name` is the key that it stands under."""
    if name.lower() in SECRET and value is not None:
        return REMOVED
    if isinstance(value, dict):
        if str(value.get("key", "")).lower() in SECRET:  # one row of a guest's pending changes
            return {key: one if key == "key" else REMOVED for key, one in value.items()}
        return {key: clean(one, key) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [clean(one) for one in value]
    return _LINES.sub(rf"\1: {REMOVED}", value) if isinstance(value, str) else value


def _key(method: str, path: str, params: Mapping[str, Any]) -> tuple[str, str, str]:
    shown = {key: int(one) if isinstance(one, bool) else one for key, one in params.items()}
    return method, path, json.dumps(shown, sort_keys=True)


def _body(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {"text": answer.body[:2000].decode("utf-8", "replace")}
    if not isinstance(found, dict):
        return {"text": str(found)[:2000]}
    return {key: clean(found[key], key) for key in ("data", "message", "errors") if key in found}


def _answer(entry: Mapping[str, Any]) -> Answer:
    if "text" in entry:
        body = str(entry["text"]).encode()
    else:
        body = json.dumps({key: entry[key] for key in ("data", "message", "errors") if key in entry}).encode()
    return Answer(status=int(entry["status"]), reason=str(entry.get("reason", "")), body=body)
