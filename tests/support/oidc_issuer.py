"""A small real OpenID provider on loopback: Authlib's server, which also tells lies when asked to."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "drverify", "the client's secret"


@dataclass
class Person:
    """Who is signed in at the provider at the moment."""

    sub: str = "1234"
    claims: dict[str, Any] = field(default_factory=dict)

    def get_user_id(self) -> str:
        return self.sub


@dataclass
class Issuer:
    """The provider's state; tests change it."""

    url: str = ""
    person: Person = field(default_factory=Person)
    lies: dict[str, Any] = field(default_factory=dict)
    """Claims of the identity token that are put in the place of true ones; None: left out."""
    signs: str = "right"
    """With which key: `right`, `another`, `secret` (HS256 with the client's secret), or `none`."""
    says: dict[str, Any] = field(default_factory=dict)
    """What its description says otherwise."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """The queries of authorization requests."""
    codes: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}))

    def identity(self, claims: dict[str, Any]) -> str:
        told = {**claims, **self.person.claims, **self.lies}
        told = {name: value for name, value in told.items() if value is not None}
        if self.signs == "none":
            return f"{_part({'alg': 'none', 'kid': '1'})}.{_part(told)}."
        if self.signs == "secret":
            return jwt.encode({"alg": "HS256", "kid": "1"}, told, OctKey.import_key(SECRET))
        key = self.key if self.signs == "right" else RSAKey.generate_key(2048, {"kid": "1"})
        return jwt.encode({"alg": "RS256", "kid": "1"}, told, key)


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Client:
    """The one client that is known here."""

    def get_client_id(self) -> str:
        return CLIENT

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, uri: str) -> bool:
        return uri == "http://127.0.0.1:8460/sign-in/back"

    def check_client_secret(self, secret: str) -> bool:
        return secret == SECRET

    def check_endpoint_auth_method(self, method: str, _: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind == "authorization_code"


@dataclass
class Code:
    """An authorization code that was given out."""

    code: str
    data: dict[str, str]
    user: Person
    scope: str

    @property
    def code_challenge(self) -> str:
        return self.data["code_challenge"]

    @property
    def code_challenge_method(self) -> str:
        return self.data["code_challenge_method"]

    def get_redirect_uri(self) -> str:
        return self.data["redirect_uri"]

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.data["nonce"]


def _grant(issuer: Issuer) -> type[AuthorizationCodeGrant]:
    class Grant(AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

        def save_authorization_code(self, code: str, request: Any) -> None:
            data = dict(request.payload.data)
            assert data["code_challenge_method"] == "S256"
            issuer.codes[code] = Code(code=code, data=data, user=request.user, scope=request.payload.scope)

        def query_authorization_code(self, code: str, _: Any) -> Any:
            return issuer.codes.get(code)

        def delete_authorization_code(self, code: Any) -> None:
            del issuer.codes[code.code]

        def authenticate_user(self, code: Any) -> Any:
            return code.user

    return Grant


class _OpenId(OpenIDCode):  # type: ignore[misc]
    def __init__(self, issuer: Issuer) -> None:
        super().__init__(require_nonce=True)
        self.issuer = issuer

    def exists_nonce(self, *_: Any) -> bool:
        return False

    def encode_id_token(self, _: Any, request: Any) -> str:
        now = int(time.time())
        return self.issuer.identity(
            {
                "iss": self.issuer.url,
                "aud": CLIENT,
                "sub": request.user.sub,
                "iat": now,
                "exp": now + 300,
                "nonce": request.authorization_code.get_nonce(),
            }
        )


def _app(issuer: Issuer) -> Flask:
    app = Flask("issuer")
    server = AuthorizationServer(app, query_client=lambda _: Client(), save_token=lambda *_: None)
    server.register_grant(_grant(issuer), [_OpenId(issuer), CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def described() -> Any:
        return jsonify(
            {
                "issuer": issuer.url,
                "authorization_endpoint": f"{issuer.url}/authorize",
                "token_endpoint": f"{issuer.url}/token",
                "jwks_uri": f"{issuer.url}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                **issuer.says,
            }
        )

    @app.get("/keys")
    def keys() -> Any:
        return jsonify({"keys": [issuer.key.as_dict(private=False)]})

    @app.get("/authorize")
    def authorize() -> Any:
        issuer.asked.append(request.args.to_dict())
        if issuer.person.sub == "":
            return redirect(
                f"{request.args['redirect_uri']}?error=access_denied&state={request.args['state']}"
            )
        grant = server.get_consent_grant(end_user=issuer.person)
        return server.create_authorization_response(grant=grant, grant_user=issuer.person)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    return app


@contextmanager
def oidc_issuer() -> Iterator[Issuer]:
    """Serve it; `AUTHLIB_INSECURE_TRANSPORT` must be set, for it is loopback without TLS."""
    issuer = Issuer()
    server = make_server("127.0.0.1", 0, _app(issuer), threaded=True)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
