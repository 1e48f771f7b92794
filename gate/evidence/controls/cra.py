"""EU Cyber Resilience Act (Regulation 2024/2847), Annex I part II: handling of vulnerabilities."""

from gate.evidence.model import Control

TITLE = "Cyber Resilience Act, Annex I part II: vulnerability handling"
SOURCE = "Regulation (EU) 2024/2847, 23 October 2024"


def _point(number: str, title: str, text: str, measure: str = "", beyond: str = "") -> Control:
    return Control(
        id=f"cra_annex-1-2.{number}",
        section="Annex I, part II",
        title=title,
        text=text,
        measure=measure,
        beyond=beyond,
        whole=not beyond,
    )


CONTROLS = (
    _point(
        "1a",
        "Components",
        "The components of the product are documented, in an SBOM in a common machine-readable"
        " format that has the top-level dependencies at least.",
        "catalogued",
    ),
    _point(
        "1b",
        "Vulnerabilities",
        "The vulnerabilities of the product are identified and documented.",
        "judged",
    ),
    _point(
        "2",
        "Remediation",
        "Vulnerabilities are remedied without delay, for their risk; security updates come apart"
        " from new functions where that can be.",
        "in-time",
        "whether updates of security and of functions come apart is not recorded",
    ),
    _point(
        "3",
        "Tests and reviews",
        "The product's security is tested and reviewed effectively and regularly.",
        "current",
        "verdicts are the reviews that are recorded; other tests are not",
    ),
    _point(
        "4",
        "Disclosure",
        "Once an update is there, what it remedies is made public: description, products, impact,"
        " severity, and what users have to do.",
        beyond="what was made public, and when, is not in the store",
    ),
    _point(
        "5",
        "Coordinated disclosure",
        "There is a policy for coordinated disclosure, and it is enforced.",
        beyond="a policy's existence is no measurement",
    ),
    _point(
        "6",
        "Contact",
        "Others can share what they know of vulnerabilities, and find an address to report to.",
        beyond="addresses and processes are not recorded",
    ),
    _point(
        "7",
        "Distribution of updates",
        "Updates are distributed by means that are secure, in time, and by themselves where fit.",
        "trusted",
        "signed verdicts show what was approved; how updates reach users is not recorded",
    ),
    _point(
        "8",
        "Dissemination",
        "Security updates reach users without delay, free of charge, with messages that advise.",
        beyond="how updates reach users is not recorded",
    ),
)
