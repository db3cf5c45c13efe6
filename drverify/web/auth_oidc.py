"""Signing in elsewhere: OpenID Connect's code flow with PKCE, by Authlib; what it says becomes `Claims`."""

import warnings
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from authlib.common.errors import AuthlibBaseError
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from drverify.errors import HostError, InputError
from drverify.model.account import Claims
from drverify.settings import Web

with warnings.catch_warnings(record=True):  # Authlib says that it will do without httpx one day
    from authlib.integrations.starlette_client import OAuth

_WITHIN = 10.0
"""Seconds for one answer of the issuer."""
_SIGNATURES = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"})
"""With a public key: whoever knows the client's secret signs nobody in, and nobody unsigned comes in."""
_LONGEST = 200


def _http_error() -> type[Exception]:
    """What Authlib's client raises: it takes httpx2 where that is installed, and httpx elsewhere."""
    found: type[Exception] = import_module("httpx2" if find_spec("httpx2") else "httpx").HTTPError
    return found


_UNREACHABLE = (_http_error(), ValueError, RuntimeError)


class Elsewhere:
    """The identity provider of the settings; it is asked for the first time when somebody signs in."""

    def __init__(self, web: Web, secret: str, back: str) -> None:
        self._issuer = web.oidc_issuer
        self._back = back
        self._client = OAuth().register(
            "elsewhere",
            client_id=web.oidc_client,
            client_secret=secret or None,
            server_metadata_url=f"{web.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={"scope": web.oidc_scope, "code_challenge_method": "S256", "timeout": _WITHIN},
        )

    async def away(self, request: Request) -> Response:
        """Send the browser to the issuer. HostError when that cannot be asked."""
        try:
            await self._metadata()
            sent: Response = await self._client.authorize_redirect(request, self._back)
        except (AuthlibBaseError, JoseError, *_UNREACHABLE) as error:
            raise _unreachable(error) from error
        return sent

    async def back(self, request: Request) -> Claims:
        """Take the code back, and what the issuer says of whoever it is.

        InputError when this browser did not begin it, or what was said does not hold; HostError when the
        issuer cannot be asked.
        """
        try:
            issuer = await self._metadata()
            token = await self._client.authorize_access_token(
                request,
                claims_options={
                    "iss": {"essential": True, "values": [issuer]},
                    "aud": {"essential": True, "value": self._client.client_id},
                    "sub": {"essential": True},
                },
            )
        except (AuthlibBaseError, JoseError) as error:
            raise InputError(f"the sign-in does not hold ({type(error).__name__})") from error
        except _UNREACHABLE as error:
            raise _unreachable(error) from error
        said = token.get("userinfo")
        if said is None:
            raise InputError("the sign-in does not hold (no identity token)")
        return claims_of(said)

    async def _metadata(self) -> str:
        """Load what the issuer says of itself once, and return its name. HostError when it is another's."""
        found = await self._client.load_server_metadata()
        name = str(found.get("issuer", ""))
        if name.rstrip("/") != self._issuer.rstrip("/"):
            self._client.server_metadata.pop("_loaded_at", None)
            raise HostError(f"the issuer {self._issuer} says that it is {name[:_LONGEST]!r}")
        offered = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        found["id_token_signing_alg_values_supported"] = [one for one in offered if one in _SIGNATURES]
        return name


def claims_of(said: Mapping[str, Any]) -> Claims:
    """What rules may ask for. An address that was not verified is nobody's. InputError: no name."""
    subject, email, groups = said.get("sub"), said.get("email"), said.get("groups")
    verified = said.get("email_verified") is True
    named = [one for one in groups if isinstance(one, str)] if isinstance(groups, list) else []
    if not isinstance(subject, str) or not _plain(subject):
        raise InputError("the sign-in does not hold (no subject)")
    return Claims(
        subject=subject,
        email=email if verified and isinstance(email, str) and _plain(email) else "",
        groups=frozenset(named),
    )


def _plain(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and text.isprintable()


def _unreachable(error: Exception) -> HostError:
    return HostError(
        f"the issuer cannot be asked: {type(error).__name__}: {error}", hint="operation.web.oidc_issuer"
    )
