"""Hold an SBOM against the advisory set and list its findings; with a policy, decide."""

from lading.judging import Judging, judge, report
from lading.subject import SubjectName, load_sbom

ARGUMENTS = ("subject",)


class Options(Judging, frozen=True, kw_only=True):
    """Options of `lading match`."""

    subject: SubjectName


def run(options: Options) -> int:
    """Exit 1 where a policy was given and denies."""
    sbom, digest = load_sbom(options.subject, options)
    return report(judge(sbom, digest, options), options)
