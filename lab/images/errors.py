"""The one error of the image builder; it knows nothing of drverify's own error tree."""

from __future__ import annotations


class LabError(Exception):
    """A guest image could not be made, found or edited.

    ``hint`` is what the person at the keyboard can do about it; empty if there is nothing.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Give the message with its advice on a line of its own."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message
