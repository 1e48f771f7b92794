"""Write a VEX document in another format; what that cannot say is told, never dropped silently."""

from typing import Annotated

from msgspec import Meta, Struct

ARGUMENTS = ("document",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading vex convert`."""

    document: Annotated[str, Meta(description="A VEX document of any known format.")]
    author: Annotated[str, Meta(description="Where the document names none.")] = ""
    namespace: Annotated[
        str, Meta(description="Your address, for the document's id; CSAF demands it.")
    ] = ""
    now: Annotated[str, Meta(description="The time of the document, instead of the clock.")] = ""
    output: Annotated[
        tuple[str, ...], Meta(description="FORMAT[=FILE]: openvex, csaf, cyclonedx[-xml][@1.4].")
    ] = ("openvex",)


def run(options: Options) -> int:
    """Write the document; exit 1 where a statement could not be read or written."""
    from gate.statements.heading import Heading
    from gate.statements.merge import authors
    from lading.clock import now
    from lading.vex.converting import read_all, write_documents

    documents, problems = read_all((options.document,))
    author = authors(documents) or options.author
    heading = Heading(author=author, timestamp=now(options.now), namespace=options.namespace)
    return write_documents(options.output, documents[0], heading, problems)
