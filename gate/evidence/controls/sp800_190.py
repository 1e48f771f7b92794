"""NIST SP 800-190, sections 4.1 and 4.2: countermeasures for images and registries."""

from gate.evidence.model import Control

TITLE = "NIST SP 800-190, Application Container Security Guide: images (4.1) and registries (4.2)"
SOURCE = "NIST Special Publication 800-190, September 2017"
VULNERABILITIES = ("4.1.1", "Image vulnerabilities")
CONFIGURATION = ("4.1.2", "Image configuration defects")
MALWARE = ("4.1.3", "Embedded malware")
SECRETS = ("4.1.4", "Embedded clear text secrets")
TRUST = ("4.1.5", "Use of untrusted images")
CONNECTIONS = ("4.2.1", "Insecure connections to registries")
STALE = ("4.2.2", "Stale images in registries")
ACCESS = ("4.2.3", "Insufficient authentication and authorization restrictions")


def _control(
    number: str,
    section: tuple[str, str],
    text: str,
    measure: str = "",
    beyond: str = "",
    *,
    whole: bool = False,
) -> Control:
    """Return a sentence; one with something `beyond` the records is met in part at best."""
    return Control(
        id=f"sp800-190_{section[0]}-{number}",
        section=section[0],
        title=section[1],
        text=text,
        measure=measure,
        beyond=beyond,
        whole=whole or not beyond,
    )


CONTROLS = (
    _control(
        "1",
        VULNERABILITIES,
        "Tools fit the way images are built in a pipeline and never changed afterwards: what is"
        " known of an image is bound to its content, not to a name that may move.",
        "identified",
    ),
    _control(
        "2",
        VULNERABILITIES,
        "Images are looked at over their whole life: when built, in registries, and when run.",
        "every-stage",
    ),
    _control(
        "3",
        VULNERABILITIES,
        "Vulnerabilities can be seen in every layer of the image and not in its base alone.",
        "layers",
    ),
    _control(
        "4",
        VULNERABILITIES,
        "They can be seen in application frameworks and own software as well as in the system.",
        "spoken-for",
        "of software that no advisory set can speak of, nobody can say that it has none",
        whole=True,
    ),
    _control(
        "5",
        VULNERABILITIES,
        "What is seen comes together in one place for the whole organisation, with reports and"
        " views that suit how it works.",
        "catalogued",
        "whether reports suit the organisation's processes is for people to say",
    ),
    _control(
        "6",
        VULNERABILITIES,
        "Policy is enforced: at each step of build and deployment a gate lets only images pass that"
        " meet what the organisation asks of vulnerabilities and configuration.",
        "gates-hold",
    ),
    _control(
        "7",
        VULNERABILITIES,
        "At build, images with vulnerabilities above a chosen CVSS score are stopped.",
        "built-clean",
    ),
    _control(
        "1",
        CONFIGURATION,
        "The settings of images are checked against what their makers and good practice advise.",
        "configuration",
    ),
    _control(
        "2",
        CONFIGURATION,
        "Whether images comply is told and watched continuously, in one place.",
        "current",
    ),
    _control(
        "3",
        CONFIGURATION,
        "Images that do not comply can be kept from running.",
        "deployed-passing",
        "that nothing runs without a verdict is for the cluster's admission control to show",
    ),
    _control(
        "4",
        CONFIGURATION,
        "Base layers come from sources that are trusted.",
        "base-known",
        "the records say which base it is; that its source is trusted is for the policy and people",
    ),
    _control("5", CONFIGURATION, "Base layers are renewed often.", "base-fresh"),
    _control(
        "6",
        CONFIGURATION,
        "Images run as a user without privileges.",
        "not-root",
        "a cluster may still start it as another user",
        whole=True,
    ),
    _control(
        "7",
        CONFIGURATION,
        "SSH and other means to log in to a container from afar are not in images.",
        "no-ssh",
        "ssh is looked for; other tools of remote administration are not",
    ),
    _control(
        "1",
        MALWARE,
        "Images are watched for malware.",
        beyond="Lading does not look for malware",
    ),
    _control(
        "1",
        SECRETS,
        "Secrets are kept outside of images.",
        "no-secrets",
        "variables of the configuration are looked at; files in layers are not",
    ),
    _control(
        "1",
        TRUST,
        "There is a set of images and registries that are trusted, and only these may run.",
        "trusted",
        "that nothing else may run is for the cluster's admission control to show",
    ),
    _control(
        "2",
        TRUST,
        "Exactly which images and registries are trusted is controlled in one place.",
        "catalogued",
        "which registries are trusted is set elsewhere",
    ),
    _control(
        "3",
        TRUST,
        "Each image is told apart by a cryptographic signature.",
        "trusted",
    ),
    _control(
        "4",
        TRUST,
        "Every host runs images of the approved set alone.",
        beyond="hosts enforce this; Lading does not see them",
    ),
    _control(
        "5",
        TRUST,
        "Signatures are verified before an image runs.",
        beyond="it is verified on the host or at admission, of which the store has no record",
    ),
    _control(
        "6",
        TRUST,
        "Trusted images are watched and renewed as vulnerabilities and requirements change.",
        "current",
    ),
    _control(
        "1",
        CONNECTIONS,
        "Registries are reached by encrypted channels alone.",
        beyond="how others reach the registry is not recorded",
    ),
    _control(
        "1",
        STALE,
        "Unsafe and vulnerable images are removed from registries.",
        "registry-clean",
    ),
    _control(
        "2",
        STALE,
        "Images are run by names that stand for one content, so that none is old by mistake.",
        "pinned",
    ),
    _control(
        "1",
        ACCESS,
        "Who reads private images and who writes is known, limited and logged.",
        beyond="registries keep accounts and logs of access",
    ),
    _control(
        "2",
        ACCESS,
        "Images are signed by authorised people and pushed only once they passed a scan for"
        " vulnerabilities and an assessment.",
        "trusted",
        "the order of signing and pushing is known to the registry alone",
    ),
)
