"""Decide at a stage whether an image may go on: a verdict of pass or deny, with its reasons."""

from msgspec.structs import replace

from lading.judging import Judging, judge, report
from lading.subject import SubjectName, load_sbom

ARGUMENTS = ("subject",)


class Options(Judging, frozen=True, kw_only=True):
    """Options of `lading gate`."""

    subject: SubjectName


def run(options: Options) -> int:
    """Exit 1 where it denies; without `--policy` the shipped default decides."""
    judging = replace(options, policy=options.policy or "default")
    sbom, digest = load_sbom(options.subject, options)
    return report(judge(sbom, digest, judging), judging)
