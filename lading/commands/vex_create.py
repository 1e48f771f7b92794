"""Make a VEX statement, from options, a finding, or a few questions on a terminal."""

from typing import Annotated

from msgspec import Meta

from lading.vex.authoring import Stating, state

ARGUMENTS = ("vulnerability",)


class Options(Stating, frozen=True, kw_only=True):
    """Options of `lading vex create`."""

    vulnerability: Annotated[str, Meta(description="Its id: CVE, GHSA, DSA …")] = ""
    namespace: Annotated[str, Meta(description="Your address, for the document's id.")] = ""
    output: Annotated[
        tuple[str, ...], Meta(description="FORMAT[=FILE]: openvex, csaf, cyclonedx[-xml][@1.4].")
    ] = ("openvex",)


def run(options: Options) -> int:
    """Write the document; what the format cannot say of it is an error."""
    from msgspec.structs import replace

    from gate.statements.heading import Heading
    from gate.vex import WRITTEN, write
    from lading.output import wanted, write_all
    from sbom.errors import InputError

    outputs = wanted(options.output, WRITTEN)
    statement = state(replace(options, id=options.vulnerability or options.id))
    heading = Heading(
        author=statement.author, timestamp=statement.timestamp, namespace=options.namespace
    )

    def render(name: str, _: bool) -> bytes:  # noqa: FBT001
        data, lost = write(name, (statement,), heading)
        if lost:
            raise InputError(lost[0].what, "choose another format, or say it otherwise")
        return data

    write_all(outputs, render)
    return 0
