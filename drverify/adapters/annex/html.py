"""The annex as one HTML file that needs nothing else: style and pictures are inside, no script, no address.

The same words and lengths as in the PDF. Everything is escaped; the policy in its head forbids the browser
to load or run anything even if something were not.
"""

from base64 import b64encode
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from drverify.sealing.strict_json import Json


def draw(page: Mapping[str, Json], pictures: Mapping[str, bytes]) -> bytes:
    """Draw the page; `pictures` are PNG files by name."""
    shown = {name: f"data:image/png;base64,{b64encode(body).decode()}" for name, body in pictures.items()}
    environment = Environment(
        loader=PackageLoader("drverify.adapters.annex"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("annex.html").render(d=page, shown=shown).encode()
