"""Merge VEX documents of any format into one: every statement once, whatever their order."""

from typing import Annotated

from msgspec import Meta, Struct

ARGUMENTS = ("documents",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading vex merge`."""

    documents: Annotated[tuple[str, ...], Meta(description="VEX documents of any known format.")]
    author: Annotated[
        str, Meta(description="Of the merged document; all of the authors if left out.")
    ] = ""
    namespace: Annotated[str, Meta(description="Your address, for the document's id.")] = ""
    now: Annotated[str, Meta(description="The time of the document, instead of the clock.")] = ""
    output: Annotated[
        tuple[str, ...], Meta(description="FORMAT[=FILE]: openvex, csaf, cyclonedx[-xml][@1.4].")
    ] = ("openvex",)


def run(options: Options) -> int:
    """Write the document; exit 1 where a statement could not be read or written."""
    from gate.statements.heading import Heading
    from gate.statements.merge import authors, merge
    from lading.clock import now
    from lading.vex.converting import read_all, write_documents

    documents, problems = read_all(options.documents)
    author = options.author or authors(documents)
    heading = Heading(author=author, timestamp=now(options.now), namespace=options.namespace)
    return write_documents(options.output, merge(documents, author), heading, problems)
