"""Decide at a stage whether an image may go on: a verdict of pass or deny, with its reasons."""

from msgspec.structs import replace

from lading.judging import Judging, judge, report
from lading.subject import AllPlatforms, SubjectName, load_sbom

ARGUMENTS = ("subject",)


class Options(Judging, frozen=True, kw_only=True):
    """Options of `lading gate`."""

    subject: SubjectName
    all_platforms: AllPlatforms = False


def run(options: Options) -> int:
    """Exit 1 where it denies; without `--policy` the shipped default decides."""
    judging = replace(options, policy=options.policy or "default")
    if options.all_platforms:
        from lading.platforms import judge_platforms, report_platforms

        return report_platforms(judge_platforms(options.subject, judging), judging)
    sbom, digest = load_sbom(options.subject, options)
    return report(judge(sbom, digest, judging), judging)
