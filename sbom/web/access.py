"""What a user allows in reaching servers."""

from msgspec import Struct


class Access(Struct, frozen=True, kw_only=True, gc=False):
    """How servers may be reached.

    insecure: speak also with one whose certificate is not valid, or that has only http.
    ca_file: certificates (PEM) of authorities to trust beside the system's.
    certificate, key: files (PEM) by which we show who we are, where a server asks.
    allow: hosts that a server may send us to wherever they are.
    """

    insecure: bool = False
    ca_file: str = ""
    certificate: str = ""
    key: str = ""
    allow: tuple[str, ...] = ()
