"""Read an image, keep its SBOM, match it, and decide: everything in one go."""

from typing import Annotated

from msgspec import Meta

from lading.judging import Judging, judge, report
from lading.place import database
from lading.subject import AllPlatforms, ImageName, read_image

ARGUMENTS = ("image",)


class Options(Judging, frozen=True, kw_only=True):
    """Options of `lading scan`."""

    image: ImageName
    all_platforms: AllPlatforms = False
    no_keep: Annotated[bool, Meta(description="Do not keep the SBOM in the store.")] = False


def run(options: Options) -> int:
    """Exit 1 where a policy was given and denies."""
    from lading.clock import now
    from sbom.store import digest_of, keep

    if options.all_platforms:
        return _all(options)
    sbom, document = read_image(options.image, options)
    judged = judge(sbom, digest_of(document), options)
    if not options.no_keep:
        keep(database(options.db), sbom, document, now(options.now))
    return report(judged, options)


def _all(options: Options) -> int:
    from lading.clock import now
    from lading.platforms import judge_platforms, report_platforms
    from sbom.store import keep

    judged = judge_platforms(options.image, options)
    for sbom, document in judged.read if not options.no_keep else ():
        keep(database(options.db), sbom, document, now(options.now))
    return report_platforms(judged, options)
