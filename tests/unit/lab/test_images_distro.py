"""The guest's archive is the host's own, read from either form of apt's source lists."""

from pathlib import Path

import pytest

from lab.images.distro import Release, host_release, host_sources
from lab.images.errors import LabError

BOOKWORM = Release(distribution="debian", codename="bookworm")
DEB822 = """\
Types: deb deb-src
# a comment inside
URIs: http://archive.test/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://security.test/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQ==
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://off.test/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://source.test/debian
Suites: bookworm
Components: main
"""
ONE_LINE = """\
# deb http://commented.test/debian bookworm main
deb cdrom:[Debian 12]/ bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://archive.test/debian bookworm main  # ours
deb http://third.test/stuff bookworm stable
deb http://third.test/pg bookworm-pgdg main
deb-src http://archive.test/debian bookworm main
"""


def apt(tmp_path: Path, files: dict[str, str]) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_deb822_keeps_only_our_release_and_its_keys(tmp_path: Path) -> None:
    text = host_sources(BOOKWORM, apt(tmp_path, {"sources.list.d/debian.sources": DEB822}))
    assert text == (
        "Types: deb\nURIs: http://archive.test/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main contrib\nSigned-By: /usr/share/keyrings/archive.gpg\n\n"
        "Types: deb\nURIs: http://security.test/debian-security\nSuites: bookworm-security\nComponents: main\n"
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQ==\n -----END PGP PUBLIC KEY BLOCK-----\n"
    )


def test_one_line_form_without_media_comments_sources_and_third_parties(tmp_path: Path) -> None:
    text = host_sources(BOOKWORM, apt(tmp_path, {"sources.list": ONE_LINE}))
    assert text == (
        "Types: deb\nURIs: http://archive.test/debian\nSuites: bookworm\nComponents: main\nSigned-By: /k.gpg\n"
    )


def test_files_apt_would_ignore_are_ignored(tmp_path: Path) -> None:
    files = {"sources.list": ONE_LINE, "sources.list.d/old.sources.bak": DEB822}
    assert "security" not in host_sources(BOOKWORM, apt(tmp_path, files))


def test_no_archive_of_the_release_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no archive for trixie"):
        host_sources(
            Release(distribution="debian", codename="trixie"), apt(tmp_path, {"sources.list": ONE_LINE})
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ID=debian\nVERSION_CODENAME=bookworm\n", ("debian", "bookworm", "linux-image-amd64")),
        ('# x\nID="ubuntu"\nVERSION_CODENAME="noble"\n', ("ubuntu", "noble", "linux-image-virtual")),
    ],
)
def test_release_of_the_host(tmp_path: Path, text: str, expected: tuple[str, str, str]) -> None:
    (tmp_path / "os-release").write_text(text)
    release = host_release(tmp_path / "os-release")
    assert (release.distribution, release.codename, release.kernel_package) == expected


@pytest.mark.parametrize(
    "text", ["ID=alpine\nVERSION_CODENAME=x\n", "ID=debian\n", 'PRETTY_NAME="nothing"\n']
)
def test_other_systems_are_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "os-release").write_text(text)
    with pytest.raises(LabError, match="cannot make guests"):
        host_release(tmp_path / "os-release")
