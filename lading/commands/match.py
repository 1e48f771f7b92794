"""Hold an SBOM against the advisory set and list its findings; with a policy, decide."""

from typing import Annotated

from msgspec import Meta

from lading.judging import Judging, judge, report
from lading.subject import AllPlatforms, SubjectName
from lading.trusting import load
from sbom.errors import InputError

ARGUMENTS = ("subject",)


class Options(Judging, frozen=True, kw_only=True):
    """Options of `lading match`."""

    subject: SubjectName
    all_platforms: AllPlatforms = False
    against: Annotated[
        str,
        Meta(
            description="List how the findings of --as-of changed by this state (a date, a digest,"
            " or `current`) and which records did it; no policy or VEX is asked."
        ),
    ] = ""


def run(options: Options) -> int:
    """Exit 1 where a policy was given and denies."""
    if options.against and options.all_platforms:
        raise InputError("--against compares one platform", "choose it with --platform")
    if options.against:
        from lading.comparing import compare_states

        return compare_states(options.subject, options, options.against)
    if options.all_platforms:
        from lading.platforms import judge_platforms, report_platforms

        return report_platforms(judge_platforms(options.subject, options), options)
    found = load(options.subject, options, options.now)
    sbom, digest, origin = found.sbom, found.digest, found.origin
    del found  # The document's bytes are as many again as the SBOM, and not needed any more.
    return report(judge(sbom, digest, options, origin=origin), options)
