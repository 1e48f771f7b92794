"""Check offline whether a signed verdict lets an image pass: who signed it, and until when."""

import os
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from lading.subject import Reading, SubjectName
from sbom.errors import InputError
from sbom.model import Digest, Subject

if TYPE_CHECKING:
    from gate.attestation.check import Checked
    from sbom.signing.trust import Trusted

ARGUMENTS = ("subject",)
WRONG = 1
Days = Annotated[int, Meta(ge=0)]


class Options(Reading, frozen=True, kw_only=True):
    """Options of `lading verify`."""

    subject: SubjectName
    all_platforms: Annotated[
        bool, Meta(description="Every platform of an index has to pass, each by its own verdict.")
    ] = False
    key: Annotated[str, Meta(description="A public key (PEM), or a trust file (YAML).")]
    attestation: Annotated[
        tuple[str, ...],
        Meta(description="The signed verdict; else what is attached to the image is looked at."),
    ] = ()
    stage: Annotated[
        Literal["", "build", "registry", "deploy"],
        Meta(description="Only a verdict of this stage counts."),
    ] = ""
    policy: Annotated[str, Meta(description="Only a verdict by this policy counts.")] = ""
    max_age: Annotated[
        Days | None,
        Meta(description="Days since a publisher confirmed the advisory set that are allowed."),
    ] = None
    output: Annotated[Literal["text", "json"], Meta(description="text or json.")] = "text"
    now: Annotated[str, Meta(description="The time to verify at, instead of the clock.")] = ""


def run(options: Options) -> int:
    """Exit 0 where the image may pass, 1 where it may not."""
    from sbom.signing.trust import read_trust

    trusted = read_trust(options.key)
    if options.all_platforms:
        return _all(options, trusted)
    checked = _checked(options, trusted, _digests(options))
    if options.output == "json":
        _write_json(checked)
    else:
        sys.stdout.write(_line(checked))
    return 0 if checked.passes else WRONG


def _all(options: Options, trusted: "tuple[Trusted, ...]") -> int:
    """Verify every platform of an index by itself; the worst counts."""
    from gate.attestation.check import OfPlatform, worst
    from lading.subject import opened_platforms
    from sbom.text import plain

    subjects = [image.subject for image in opened_platforms(options.subject, options).images]
    found = worst(
        [
            OfPlatform(
                platform=of.platform,
                manifest=of.manifest or "",
                checked=_checked(options, trusted, _names(of), of.manifest),
            )
            for of in subjects
        ]
    )
    if options.output == "json":
        _write_json(found)
        return 0 if found.passes else WRONG
    for each in found.platforms:
        sys.stdout.write(f"{plain(each.platform)} ({each.manifest}): {_line(each.checked)}")
    count = f"the worst of {len(subjects)} platform{'s' * (len(subjects) != 1)}"
    sys.stdout.write(f"{plain(options.subject)}: {_word(passes=found.passes)}, {count}\n")
    return 0 if found.passes else WRONG


def _checked(
    options: Options,
    trusted: "tuple[Trusted, ...]",
    digests: frozenset[str],
    manifest: Digest | None = None,
) -> "Checked":
    from gate.attestation.check import Demands, check
    from lading.clock import now

    demands = Demands(
        digests=digests,
        now=now(options.now),
        stage=options.stage,
        policy=_policy_digest(options.policy),
        set_days=options.max_age,
    )
    return check(_envelopes(options, manifest), trusted, demands)


def _line(checked: "Checked") -> str:
    from sbom.text import plain

    return f"{_word(passes=checked.passes)}: {plain(checked.because)}\n"


def _word(*, passes: bool) -> str:
    return "passes" if passes else "refused"


def _write_json(found: Struct) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(found, order="sorted") + b"\n")


def _envelopes(options: Options, manifest: Digest | None) -> tuple[tuple[str, bytes], ...]:
    """Return the signed documents: the files, else those attached to the manifest."""
    if options.attestation:
        return tuple((path, _read(path)) for path in options.attestation)
    from gate.attestation.verdict import PREDICATE_TYPE
    from lading.reaching import reach
    from sbom.registry.attestations import attestations
    from sbom.sources import in_registry

    if not in_registry(options.subject):
        told = f"{options.subject}: not an image in a registry, so nothing is attached to it"
        raise InputError(told, "give the signed verdict: --attestation FILE")
    return attestations(
        options.subject,
        manifest,
        platform=options.platform,
        access=reach(insecure=options.insecure, ca_file=options.ca_file),
        predicates=(PREDICATE_TYPE,),
    )


def _read(path: str) -> bytes:
    if not os.path.exists(path):
        raise InputError(f"{path}: no such file", "write it with `lading gate --sign`")
    with open(path, "rb") as stream:
        return stream.read()


def _digests(options: Options) -> frozenset[str]:
    """Return every digest that the subject is known by, without reading its layers."""
    if options.subject.startswith("sha256:"):
        return frozenset({options.subject})
    from lading.subject import is_document, load_sbom, opened_image

    if is_document(options.subject):
        sbom, digest = load_sbom(options.subject, options)
        return frozenset({digest, sbom.subject.manifest or digest, sbom.subject.image_id or digest})
    return _names(opened_image(options.subject, options).subject)


def _names(subject: Subject) -> frozenset[str]:
    """Return the digests of one platform's image; its index is not one: others share it."""
    return frozenset(filter(None, (subject.manifest, subject.image_id)))


def _policy_digest(policy: str) -> str:
    if not policy or (policy.startswith("sha256:") and not os.path.exists(policy)):
        return policy
    from gate.policy.reading import load

    return load(policy).digest
