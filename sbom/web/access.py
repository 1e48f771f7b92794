"""What a user allows in reaching servers."""

from msgspec import Struct


class Access(Struct, frozen=True, kw_only=True, gc=False):
    """How servers may be reached.

    insecure: speak also with one whose certificate is not valid, or that has only http.
    ca_file: certificates (PEM) of authorities to trust beside the system's.
    allow: hosts that a server may send us to wherever they are.
    """

    insecure: bool = False
    ca_file: str = ""
    allow: tuple[str, ...] = ()
