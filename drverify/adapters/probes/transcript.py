"""What was said in one exchange with a guest, bounded, printable and without secrets.

Our own words start with `> `, the guest's lines with `< `: whatever a guest says, it cannot write
lines that look like ours. A random nonce makes the digest of a short transcript unguessable.
"""

import secrets

LIMIT = 64 * 1024
LINE = 200
HIDDEN = "[hidden]"
_KEEP = 48 * 1024
_SHORTEST = 3
_SHORTEST_LINE = 12


def printable(text: str) -> str:
    """Escape everything that a terminal or a reader could be fooled with; line ends and tabs stay."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str, limit: int = LINE) -> str:
    """Press text into one printable line of at most `limit` characters."""
    line = printable(" ".join(text[: limit * 8].split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


class Transcript:
    """Collects an exchange. Secrets must be told to `hide` before they can be echoed."""

    def __init__(self, title: str) -> None:
        self._parts: list[tuple[str, str]] = []
        self._left = _KEEP
        self._hidden: list[str] = []
        self._head = f"drverify probe transcript\nprobe: {one_line(title)}\nnonce: {secrets.token_hex(16)}\n"

    def hide(self, secret: bytes) -> None:
        """Never show this value, nor any longer line of it."""
        text = secret.decode(errors="replace").strip()
        lines = [line.strip() for line in text.splitlines()]
        for part in [text, *(line for line in lines if len(line) >= _SHORTEST_LINE)]:
            if len(part) >= _SHORTEST and part not in self._hidden:
                self._hidden.append(part)
        self._hidden.sort(key=len, reverse=True)

    def redact(self, text: str) -> str:
        """Replace hidden values."""
        for secret in self._hidden:
            text = text.replace(secret, HIDDEN)
        return text

    def say(self, text: str) -> None:
        """Note what we did, in our words."""
        self._add("> ", text)

    def hear(self, what: bytes | str) -> None:
        """Note what the guest sent; only as much as there is room for."""
        raw = what[: self._left + 1]
        self._add("< ", raw.decode(errors="replace") if isinstance(raw, bytes) else raw)

    def _add(self, mark: str, text: str) -> None:
        if self._left <= 0:
            return
        if len(text) > self._left:
            text = self._whole(text[: self._left])
            self._left = 0
        else:
            self._left -= len(text) + 1
        self._parts.append((mark, text))

    def _whole(self, text: str) -> str:
        """Cut off a hidden value of which only the beginning is left at the end."""
        for secret in self._hidden:
            for length in range(min(len(secret), len(text)), 0, -1):
                if text.endswith(secret[:length]):
                    return text[:-length]
        return text

    def render(self) -> bytes:
        """The whole transcript as UTF-8, at most `LIMIT` bytes."""
        lines = [self._head]
        for mark, text in self._parts:
            shown = printable(self.redact(text).replace("\r\n", "\n"))
            lines += [f"{mark}{line}\n" for line in shown.split("\n")]
        content = "".join(lines).encode()
        cut = b"> [cut off here]\n"
        if self._left <= 0 or len(content) > LIMIT:
            head = content[: LIMIT - len(cut) - 1].decode(errors="ignore")
            content = head.removesuffix("\n").encode() + b"\n" + cut
        return content
