"""Decide at a stage whether an image may go on: a verdict of pass or deny, with its reasons."""

from msgspec.structs import replace

from lading.commands import match
from lading.judging import Judging
from lading.subject import SubjectName

ARGUMENTS = ("subject",)


class Options(Judging, frozen=True, kw_only=True):
    """Options of `lading gate`."""

    subject: SubjectName


def run(options: Options) -> int:
    """Match as `lading match` does; without `--policy` the shipped default decides."""
    if options.policy or options.fail_on is not None:
        return match.run(options)  # type: ignore[arg-type]
    return match.run(replace(options, policy="default"))  # type: ignore[arg-type]
