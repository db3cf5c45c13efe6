"""A site's own corner of a shared PostgreSQL: two schemas and the one role that may look into them.

    drv_<site>         the desk: bookings, leases, attempts, the audit trail. To be backed up.
    drvengine_<site>   the durable engine. It may be emptied at any time.

Both belong to the role `drv_<site>`, which nobody else is a member of, so one site's workers are refused
everything of another's.
"""

import re

from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from drverify.adapters.desk.database import cannot
from drverify.errors import InputError

_SITE = re.compile(r"[a-z0-9][a-z0-9_]{0,30}")
"""It goes into SQL; the settings hold it against the same."""
_CREATE = "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"


def role_of(site: str) -> str:
    """Name of a site's role."""
    return f"drv_{_checked(site)}"


def schema_of(site: str) -> str:
    """Name of the schema of a site's desk."""
    return f"drv_{_checked(site)}"


def engine_schema_of(site: str) -> str:
    """Name of the schema of a site's durable engine."""
    return f"drvengine_{_checked(site)}"


def prepare_site(admin_url: str, site: str, password: str) -> None:
    """Make a site's role and schemas, or give the role a new password where they are there already.

    `admin_url`: of the database that is shared, as a role that may make roles and schemas in it. Only a
    verifier of the password (SCRAM) goes to the server. InputError for a URL or a name that cannot be one,
    HostError when the database cannot be reached or refuses.
    """
    url = postgres_url(admin_url)
    role, schemas = role_of(site), (schema_of(site), engine_schema_of(site))
    engine = create_engine(url, hide_parameters=True, pool_size=1)
    try:
        with engine.begin() as connection:
            verifier = _verifier(connection, role, password)
            known = connection.execute(
                text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}
            ).scalar()
            makes = "ALTER ROLE {} LOGIN" if known else _CREATE  # only a superuser may alter the rest of it
            connection.exec_driver_sql(f"{makes.format(role)} PASSWORD '{verifier}'")
            # Who is no superuser gives schemas only to a role that it is a member of.
            connection.exec_driver_sql(f"GRANT {role} TO CURRENT_USER")
            for schema in schemas:
                connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {schema}")
                connection.exec_driver_sql(f"ALTER SCHEMA {schema} OWNER TO {role}")
                connection.exec_driver_sql(f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC")
            connection.exec_driver_sql(f"REVOKE {role} FROM CURRENT_USER")
    except SQLAlchemyError as error:
        raise cannot(f"prepare site {site}", url, error) from error
    finally:
        engine.dispose()


def postgres_url(text_: str) -> URL:
    """Read a PostgreSQL URL. InputError, without its text, for anything else."""
    try:
        url = make_url(text_.strip())
    except (SQLAlchemyError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in {"postgresql", "postgres"} or not url.database:
        raise InputError(
            "operation.database does not lead to a PostgreSQL URL (its text is not shown)",
            hint="postgresql://ROLE:PASSWORD@HOST:5432/DATABASE",
        ) from None
    return url.set(drivername="postgresql+psycopg")


def _verifier(connection: Connection, role: str, password: str) -> str:
    """What the server keeps in place of the password, as libpq computes it."""
    raw = connection.connection.driver_connection
    assert raw is not None  # noqa: S101 - a pooled connection has one
    made: bytes = raw.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return made.decode("ascii")


def _checked(site: str) -> str:
    if not _SITE.fullmatch(site):
        raise InputError(f"{site!r} cannot be the name of a site", hint="small letters, digits and _")
    return site
