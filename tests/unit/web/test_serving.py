"""Where the web page may listen: never where passwords could be read on the way, unless that is meant."""

import pytest

from drverify.errors import InputError
from drverify.settings import Web
from drverify.web.serving import address_of


@pytest.mark.parametrize(
    ("web", "public", "names"),
    [
        (Web(), "http://127.0.0.1:8460", {"127.0.0.1", "::1", "localhost"}),
        (Web(listen="[::1]:80"), "http://[::1]:80", {"127.0.0.1", "::1", "localhost"}),
        (
            Web(public_url="https://drills.example/"),
            "https://drills.example",
            {"drills.example", "127.0.0.1", "::1", "localhost"},
        ),
        (
            Web(listen="10.0.0.1:80", public_url="https://drills.example"),
            "https://drills.example",
            {"drills.example"},
        ),
        (Web(listen="0.0.0.0:80", plain_http=True), "", {"*"}),
        (Web(oidc_issuer="http://127.0.0.1:9"), "http://127.0.0.1:8460", {"127.0.0.1", "::1", "localhost"}),
    ],
)
def test_what_is_safe_is_taken(web: Web, public: str, names: set[str]) -> None:
    found = address_of(web)
    assert (found.public, set(found.names)) == (public, names)
    assert found.https == public.startswith("https")


@pytest.mark.parametrize(
    ("web", "told"),
    [
        (Web(listen="0.0.0.0:80"), "nothing encrypts it"),
        (Web(listen="[::]:80", public_url="http://drills.example"), "nothing encrypts it"),
        (Web(listen="drills.example:80"), "nothing encrypts it"),
        (Web(listen="127.0.0.1:99999"), "no port 99999"),
        (Web(oidc_issuer="http://sso.example"), "clear text"),
        (Web(listen="0.0.0.0:80", plain_http=True, oidc_issuer="https://sso.example"), "public_url"),
    ],
)
def test_what_is_not_is_refused(web: Web, told: str) -> None:
    with pytest.raises(InputError, match=told):
        address_of(web)
