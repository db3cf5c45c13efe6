"""`drverify operation`: a site's own corner of a shared PostgreSQL."""

import argparse
import os
from pathlib import Path

from drverify.adapters import secrets
from drverify.cli.places import settings_path
from drverify.compose import Workshop
from drverify.errors import Exit, InputError
from drverify.model.recovery import SecretRef

EXAMPLES = """\
examples:
  drverify operation init --admin file:admin.url   schemas and role of this site in the shared database

The settings' operation.database leads to the site's own URL, postgresql://drv_SITE:PASSWORD@HOST/DATABASE:
its password becomes the role's. The administrator's URL leads to the same database, as a role that may make
roles and schemas; it is used once. Done again, it sets the password anew and leaves all else as it is.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    init = actions.add_parser(
        "init",
        help="make the site's schemas and role in a shared PostgreSQL",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    init.add_argument(
        "--admin",
        required=True,
        metavar="REFERENCE",
        help="where the administrator's URL is: env:NAME, file:PATH or cred:NAME",
    )


def run(args: argparse.Namespace) -> int:
    """Make them."""
    from drverify.adapters.desk import sites  # noqa: PLC0415 - the extra `night`

    workshop = Workshop.open(settings_path(args))
    chosen = workshop.settings.operation
    if chosen.database is None:
        raise InputError(
            "operation.database is not set: this site keeps its tables in files, which need no preparing",
            hint="see docs/operations.md, A fleet",
        )
    own = sites.postgres_url(workshop.secret(SecretRef(chosen.database)).decode("utf-8", "replace"))
    role = sites.role_of(chosen.site)
    if own.username != role or not own.password:
        raise InputError(
            f"operation.database has to name the site's own role, {role}, and a password",
            hint=f"postgresql://{role}:PASSWORD@HOST:5432/DATABASE",
        )
    sites.prepare_site(_admin(args.admin), chosen.site, str(own.password))
    schemas = f"{sites.schema_of(chosen.site)} and {sites.engine_schema_of(chosen.site)}"
    print(f"site {chosen.site}: role {role}, schemas {schemas}")
    return Exit.OK


def _admin(reference: str) -> str:
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    found = secrets.resolve(
        SecretRef(reference),
        environ=os.environ,
        credentials_dir=Path(credentials) if credentials else None,
        base=Path.cwd(),
    )
    return found.decode("utf-8", "replace")
