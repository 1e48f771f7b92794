"""Self-contained HTML pages from templates: all that is put into one is escaped and made visible.

The page's own policy (CSP) runs no script and no style but those whose digest it names, should an
escape ever be missed.
"""

from base64 import b64encode
from hashlib import sha256
from typing import Any

from sbom.text import plain, plural


def template(folder: str, name: str) -> Any:
    """Return a template of a package's folder `templates`; undefined names are errors."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(lambda asked: asset(folder, asked)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_clean,
    )
    environment.filters["plural"] = plural
    environment.filters["together"] = ", ".join
    return environment.get_template(name)


def asset(folder: str, name: str) -> str:
    """Return a file of a package's folder `templates`."""
    from importlib.resources import files

    return (files(folder) / "templates" / name).read_text(encoding="utf-8")


def content_policy(style: str, script: str = "") -> str:
    """Return the policy of a page that has this style and script and loads nothing."""
    allowed = f"default-src 'none'; style-src '{_digest(style)}'"
    return f"{allowed}; script-src '{_digest(script)}'" if script else allowed


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _clean(value: Any) -> Any:
    """Show what does not print (controls, direction marks) as U+FFFD, so that names cannot lie.

    It is called on everything the template puts out; our own style and script are Markup.
    """
    if type(value) is not str or value.isprintable():
        return value
    return plain(" ".join(value.split("\n")))
