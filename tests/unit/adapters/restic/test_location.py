"""No password of an address is ever shown."""

from pathlib import Path

import pytest

from drverify.adapters.restic.location import Location, hide, mask_credentials


@pytest.mark.parametrize(
    ("url", "masked", "secrets"),
    [
        ("rest:https://u:p4ss@h:8000/x", "rest:https://u:***@h:8000/x", {"p4ss"}),
        ("rest:https://u:p%40ss@h/x", "rest:https://u:***@h/x", {"p%40ss", "p@ss"}),
        ("rest:https://u:a@b@h/x", "rest:https://u:***@h/x", {"a@b"}),
        ("rest:https://u:a:b@h/x", "rest:https://u:***@h/x", {"a:b"}),
        ("rest:https://:p4ss@h/x", "rest:https://:***@h/x", {"p4ss"}),
        ("rest:http://h:8000/x", "rest:http://h:8000/x", set()),
        ("rest:http://h:8000/x@y", "rest:http://h:8000/x@y", set()),
        ("sftp:backup@vault:/srv/restic", "sftp:backup@vault:/srv/restic", set()),
        ("sftp://u:p4ss@h:22//srv", "sftp://u:***@h:22//srv", {"p4ss"}),
        ("s3:https://s3.example/bucket", "s3:https://s3.example/bucket", set()),
        ("/srv/restic", "/srv/restic", set()),
    ],
)
def test_masking(url: str, masked: str, secrets: set[str]) -> None:
    location = Location(url=url)
    assert location.masked == masked
    assert location.secrets == secrets
    assert repr(location) == f"Location({masked!r})"


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("/srv/restic", Path("/srv/restic")),
        ("local:/srv/restic", Path("/srv/restic")),
        ("relative", Path("relative")),
        ("sftp:h:/x", None),
        ("rest:http://h/", None),
        ("s3:h/b", None),
    ],
)
def test_local_repositories(url: str, local: Path | None) -> None:
    assert Location(url=url).local == local


def test_every_address_in_a_text_is_masked() -> None:
    text = 'Head "http://a:one1@h/x": refused; rest:https://b:two2@g/y'
    assert mask_credentials(text) == 'Head "http://a:***@h/x": refused; rest:https://b:***@g/y'


def test_hiding_takes_the_longest_first_and_leaves_short_ones() -> None:
    assert (
        hide("key secret-long and secret", frozenset({"secret", "secret-long", "key"})) == "key *** and ***"
    )
