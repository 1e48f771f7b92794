"""CISA's 2026 minimum elements of an SBOM: each element of the profile, and the practices."""

from gate.evidence.model import Control
from sbom.profiles import cisa_2026 as profile

TITLE = profile.TITLE
SOURCE = profile.SOURCE
PRACTICES = "Practices and Processes"


def _practice(name: str, title: str, text: str, measure: str = "", beyond: str = "") -> Control:
    return Control(
        id=f"cisa-2026_{name}",
        section=PRACTICES,
        title=title,
        text=text,
        measure=measure,
        beyond=beyond,
        whole=not beyond,
    )


CONTROLS = (
    *(
        Control(
            id=f"cisa-2026_{each.id}",
            section=each.section.partition(":")[0],
            title=each.section.partition(":")[2].partition(";")[0].strip() or each.title,
            text=f"The SBOM tells {each.title}"
            + (", or says that it is unknown." if each.unknown else "."),
            measure=f"element-{each.id}",
        )
        for each in profile.ELEMENTS
    ),
    _practice(
        "frequency",
        "Frequency",
        "Every release of an image has an SBOM of its own.",
        "catalogued",
    ),
    _practice(
        "distribution",
        "Distribution and Delivery",
        "SBOMs reach those who need them in time.",
        beyond="whom SBOMs are given to is not recorded",
    ),
    _practice(
        "corrections",
        "Updates",
        "Errors in SBOMs are corrected.",
        beyond="why an SBOM was written again is not recorded",
    ),
)
