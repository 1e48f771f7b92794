"""Where a server may send us: its redirects and login pages are a stranger's words (rule 25).

Link-local and the clouds' metadata addresses never; addresses inside a network only from a
server that is itself inside. What the user named, may be anywhere.
"""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

METADATA = frozenset(
    {
        "100.100.100.200",  # Alibaba Cloud
        "168.63.129.16",  # Azure
        "192.0.0.192",  # Oracle Cloud
        "fd00:ec2::254",  # AWS
        "fd20:ce::254",  # Google Cloud
    }
)
"""Metadata services that are not at a link-local address."""
CARRIER = ipaddress.ip_network("100.64.0.0/10")
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def refusal(address: str, *, inside: bool) -> str:
    """Return why an address may not be reached, or nothing. inside: so is who sends us."""
    found = _plain(ipaddress.ip_address(address.partition("%")[0]))
    if found.is_link_local or str(found) in METADATA:
        return "which is a link-local or metadata address"
    if found.is_multicast or found.is_unspecified:
        return "which is no host's address"
    if not inside and _is_inside(found):
        return "which is an address inside a network"
    return ""


def is_inside(address: str) -> bool:
    """Tell whether an address is a private or loopback one."""
    return _is_inside(_plain(ipaddress.ip_address(address.partition("%")[0])))


def is_address(host: str) -> bool:
    """Tell whether a host is written as an address."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Tell whether a host, by its name alone, is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return is_address(host) and _plain(ipaddress.ip_address(host.partition("%")[0])).is_loopback


def _is_inside(address: Address) -> bool:
    carrier = isinstance(address, ipaddress.IPv4Address) and address in CARRIER
    return carrier or not address.is_global


def _plain(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
