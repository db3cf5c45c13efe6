"""What an API call can end with besides data: a status, a message, and texts per parameter."""

from collections.abc import Mapping


class ApiError(Exception):
    """The answer is no. The message's first line becomes the HTTP reason phrase."""

    def __init__(self, status: int, message: str, *, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = dict(errors or {})


class NoAnswerError(Exception):
    """The connection ends without an answer."""


def failed(message: str) -> ApiError:
    """Return what almost every failure is: 500 and a text."""
    return ApiError(500, message)


def wrong(errors: Mapping[str, str]) -> ApiError:
    """Return 400 with a text for each parameter."""
    return ApiError(400, "Parameter verification failed.", errors=errors)


def denied(path: str, *privileges: str) -> ApiError:
    """Return 403 for privileges of which one, or each, was needed on a path."""
    return ApiError(403, f"Permission check failed ({path}, {'|'.join(privileges)})")


def refused() -> ApiError:
    """Return 403 without saying what was missing."""
    return ApiError(403, "Permission check failed")


def unauthorised(message: str = "Authentication failed!") -> ApiError:
    """Return 401."""
    return ApiError(401, message)


def unknown(method: str, path: str) -> ApiError:
    """Return 501 for what is not modelled."""
    return ApiError(501, f"Method '{method} {path}' not implemented")
