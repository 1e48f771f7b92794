"""NIST SP 800-218 (SSDF 1.1): the tasks of PS.3, PW.4, RV.1 and RV.2."""

from gate.evidence.model import Control

TITLE = "NIST SP 800-218, Secure Software Development Framework 1.1: PS.3, PW.4, RV.1, RV.2"
SOURCE = "NIST Special Publication 800-218, February 2022"
ARCHIVE = "Archive and protect each release"
REUSE = "Reuse well-secured software"
FIND = "Find and confirm vulnerabilities"
ASSESS = "Assess, rank and remediate vulnerabilities"


def _task(
    number: str, title: str, text: str, measure: str = "", beyond: str = "", *, whole: bool = False
) -> Control:
    return Control(
        id=f"ssdf_{number}",
        section=number.rpartition(".")[0],
        title=title,
        text=text,
        measure=measure,
        beyond=beyond,
        whole=whole or not beyond,
    )


CONTROLS = (
    _task(
        "PS.3.1",
        ARCHIVE,
        "What is needed to look into a release later is archived safely, with data of its origin"
        " and integrity.",
        "archived",
        "the release's own files are archived by registries, not by Lading",
    ),
    _task(
        "PS.3.2",
        ARCHIVE,
        "Where all components of a release come from is recorded, protected, kept up to date and"
        " shared, as in an SBOM.",
        "catalogued",
        "whom SBOMs are shared with is not recorded",
    ),
    _task(
        "PW.4.1",
        REUSE,
        "Components that are acquired are well secured and maintained.",
        "supported",
        "the system's support is measured; how well a component is made is not",
    ),
    _task(
        "PW.4.2",
        REUSE,
        "Components of the house are made by the same practices.",
        beyond="this concerns development, of which the records say nothing",
    ),
    _task(
        "PW.4.4",
        REUSE,
        "Components are checked against what is asked of them, through their whole life.",
        "current",
    ),
    _task(
        "RV.1.1",
        FIND,
        "Word of vulnerabilities in the software and its components is gathered continuously.",
        "feeds-fresh",
        "reports by users and buyers reach people, not the advisory set",
    ),
    _task(
        "RV.1.2",
        FIND,
        "Code is reviewed and tested for vulnerabilities nobody knows of.",
        beyond="Lading knows published vulnerabilities, and the house's own advisories",
    ),
    _task(
        "RV.1.3",
        FIND,
        "There is a policy for disclosure and remediation, with roles and processes.",
        beyond="a policy's existence is no measurement",
    ),
    _task(
        "RV.2.1",
        ASSESS,
        "Each vulnerability is analysed far enough to plan what to do about it.",
        "assessed",
    ),
    _task(
        "RV.2.2",
        ASSESS,
        "The response to each vulnerability is planned and carried out.",
        "answered",
    ),
    _task(
        "RV.2.2-accepted",
        ASSESS,
        "Where a risk is accepted, somebody answers for it, with a reason and an end.",
        "exceptions",
    ),
)
