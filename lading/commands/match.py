"""Hold an SBOM against the advisory set and list its findings; with a policy, decide."""

from typing import Annotated

from msgspec import Meta

from lading.judging import Judging, judge, report
from lading.place import database
from lading.subject import load_sbom

ARGUMENTS = ("subject",)


class Options(Judging, frozen=True, kw_only=True):
    """Options of `lading match`."""

    subject: Annotated[str, Meta(description="An SBOM file, an image, or a digest in the store.")]


def run(options: Options) -> int:
    """Exit 1 where a policy was given and denies."""
    sbom, digest = load_sbom(
        options.subject,
        database=database(options.db),
        platform=options.platform,
        limit=options.limit,
    )
    return report(judge(sbom, digest, options), options)
