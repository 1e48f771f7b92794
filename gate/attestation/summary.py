"""SLSA's verification summary (VSA 1.0) of a verdict, for tools that know SLSA and not us."""

import msgspec

from gate.attestation.verdict import subjects
from gate.model import Run
from sbom.errors import InputError
from sbom.signing.statement import write

PREDICATE_TYPE = "https://slsa.dev/verification_summary/v1"
VERIFIER = "urn:lading:gate"


def statement(run: Run, *, version: str) -> bytes:
    """Return the in-toto statement of the summary.

    A gate checks no SLSA level; the level it names is its own, which the specification allows where
    it does not start with `SLSA_`.
    """
    verdict = run.verdict
    if verdict is None:
        raise InputError("there is no verdict to sign", "decide with `lading gate`")
    of = run.sbom.subject
    passed = verdict.outcome == "pass"
    predicate = {
        "verifier": {"id": f"{VERIFIER}:{verdict.stage}", "version": {"lading": version}},
        "timeVerified": verdict.decided_at,
        "resourceUri": of.name or run.sbom_digest,
        "policy": {
            "uri": f"urn:lading:policy:{verdict.policy}",
            "digest": _by_algorithm(verdict.policy_digest),
        },
        "inputAttestations": [
            {"uri": f"urn:lading:{kind}", "digest": _by_algorithm(digest)}
            for kind, digest in (
                ("sbom", run.sbom_digest),
                ("advisory-set", run.state.digest),
                *((f"vex:{name}", digest) for name, digest in run.vex),
                *((f"exceptions:{name}", digest) for name, digest in run.exception_files),
            )
            if digest
        ],
        "verificationResult": "PASSED" if passed else "FAILED",
        "verifiedLevels": [f"LADING_GATE_{verdict.stage.upper()}"] if passed else ["FAILED"],
        "slsaVersion": "1.0",
    }
    return write(subjects(run), PREDICATE_TYPE, msgspec.json.encode(predicate))


def _by_algorithm(digest: str) -> dict[str, str]:
    algorithm, _, value = digest.partition(":")
    return {algorithm: value}
