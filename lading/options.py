"""Types of options that several commands share, apart from the modules that do what they say.

A command's struct needs the types at once, and what they ask for only where somebody asks for it.
"""

from typing import Annotated

from msgspec import Meta

Insecure = Annotated[
    bool, Meta(description="Reach its registry without a valid certificate, or by http.")
]
CaFile = Annotated[str, Meta(description="Authorities (PEM) to trust beside the system's.")]

VexNames = Annotated[
    tuple[str, ...], Meta(description="VEX to apply: a file, a folder, a VEX repository, a URL.")
]
Discover = Annotated[
    bool,
    Meta(
        description="Look for VEX beside the SBOM, in it, and attached to the image; it counts"
        " where a trusted key (--vex-key) signed it."
    ),
]
TrustFile = Annotated[
    str,
    Meta(description="Whose signatures on VEX count: a public key (PEM), or a trust file (YAML)."),
]
BaseOf = Annotated[
    str, Meta(description="Its base, whose VEX holds for it too: an image, an SBOM, a digest.")
]
