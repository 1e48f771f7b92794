"""Decide at a stage whether an image may go on: a verdict of pass or deny, with its reasons."""

from msgspec.structs import replace

from lading.attesting import Attesting, attest, signer_of
from lading.judging import judge, report
from lading.keeping import NoKeep, keep_verdicts
from lading.subject import AllPlatforms, SubjectName
from lading.trusting import load

ARGUMENTS = ("subject",)


class Options(Attesting, frozen=True, kw_only=True):
    """Options of `lading gate`."""

    subject: SubjectName
    all_platforms: AllPlatforms = False
    no_keep: NoKeep = False


def run(options: Options) -> int:
    """Exit 1 where it denies; without `--policy` the shipped default decides."""
    judging = replace(options, policy=options.policy or "default")
    signer = signer_of(options, options.subject, all_platforms=options.all_platforms)
    if options.all_platforms:
        from lading.platforms import judge_platforms, report_platforms

        judged = judge_platforms(options.subject, judging)
        runs, code = judged.runs, report_platforms(judged, judging)
    else:
        found = load(options.subject, options, options.now)
        runs = [judge(found.sbom, found.digest, judging, origin=found.origin)]
        code = report(runs[0], judging)
    if not (options.no_keep or options.advisories):  # Raw advisories have no store to keep it in.
        keep_verdicts(runs, options.db)
    attest(runs, signer, options, options.subject)
    return code
