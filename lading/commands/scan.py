"""Read an image, keep its SBOM, match it, and decide: everything in one go."""

from collections.abc import Sequence

from lading.attesting import Attesting, attest, signer_of
from lading.judging import decides, judge, report
from lading.keeping import NoKeep, keep_verdicts
from lading.place import database
from lading.subject import AllPlatforms, ImageName
from lading.trusting import Loaded, load_image
from sbom.errors import InputError

ARGUMENTS = ("image",)


class Options(Attesting, frozen=True, kw_only=True):
    """Options of `lading scan`."""

    image: ImageName
    all_platforms: AllPlatforms = False
    no_keep: NoKeep = False


def run(options: Options) -> int:
    """Exit 1 where a policy was given and denies."""
    signer = signer_of(options, options.image, all_platforms=options.all_platforms)
    if signer and not decides(options):
        raise InputError("nothing is decided, so there is no verdict to sign", "add --policy")
    if options.all_platforms:
        from lading.platforms import judge_platforms, report_platforms

        judged = judge_platforms(options.image, options)
        _keep(judged.read, options)
        runs, code = judged.runs, report_platforms(judged, options)
    else:
        found = load_image(options.image, options, options.now)
        runs = [judge(found.sbom, found.digest, options, origin=found.origin)]
        _keep([found], options)
        code = report(runs[0], options)
    if not (options.no_keep or options.advisories):  # Raw advisories have no store to keep it in.
        keep_verdicts(runs, options.db)
    attest(runs, signer, options, options.image)
    return code


def _keep(read: Sequence[Loaded], options: Options) -> None:
    from lading.clock import now
    from sbom.store import keep

    for each in read if not options.no_keep else ():
        keep(database(options.db), each.sbom, each.document, now(options.now))
