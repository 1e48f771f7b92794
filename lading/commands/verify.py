"""Check offline whether a signed verdict lets an image pass: who signed it, and until when."""

import os
import sys
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from lading.subject import Reading, SubjectName

ARGUMENTS = ("subject",)
WRONG = 1
Days = Annotated[int, Meta(ge=0)]


class Options(Reading, frozen=True, kw_only=True):
    """Options of `lading verify`."""

    subject: SubjectName
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
        Meta(description="Days since the advisory set was fetched that are allowed."),
    ] = None
    output: Annotated[Literal["text", "json"], Meta(description="text or json.")] = "text"
    now: Annotated[str, Meta(description="The time to verify at, instead of the clock.")] = ""


def run(options: Options) -> int:
    """Exit 0 where the image may pass, 1 where it may not."""
    from gate.attestation.check import Demands, check
    from lading.attesting import envelopes_of
    from lading.clock import now
    from lading.reaching import reach
    from sbom.signing.trust import read_trust

    access = reach(insecure=options.insecure, ca_file=options.ca_file)
    checked = check(
        envelopes_of(options.subject, options.attestation, options, access),
        read_trust(options.key),
        Demands(
            digests=_digests(options),
            now=now(options.now),
            stage=options.stage,
            policy=_policy_digest(options.policy),
            set_days=options.max_age,
        ),
    )
    if options.output == "json":
        sys.stdout.buffer.write(msgspec.json.encode(checked, order="sorted") + b"\n")
    else:
        from sbom.text import plain

        sys.stdout.write(f"{'passes' if checked.passes else 'refused'}: {plain(checked.because)}\n")
    return 0 if checked.passes else WRONG


def _digests(options: Options) -> frozenset[str]:
    """Return every digest that the subject is known by, without reading its layers."""
    if options.subject.startswith("sha256:"):
        return frozenset({options.subject})
    from lading.subject import is_document, load_sbom, opened_image

    if is_document(options.subject):
        sbom, digest = load_sbom(options.subject, options)
        return frozenset({digest, sbom.subject.manifest or digest, sbom.subject.image_id or digest})
    subject = opened_image(options.subject, options).subject
    return frozenset(filter(None, (subject.manifest, subject.index, subject.image_id)))


def _policy_digest(policy: str) -> str:
    if not policy or (policy.startswith("sha256:") and not os.path.exists(policy)):
        return policy
    from gate.policy.reading import load

    return load(policy).digest
