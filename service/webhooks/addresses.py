"""Which addresses a webhook may reach: none of the own network, however it is written."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")  # public exactly when what it hides is
_ASSIGNED = IPv4Network("192.0.0.0/24")  # in parts public to Python; some clouds answer there

Address = IPv4Address | IPv6Address


def is_public(text: str) -> bool:
    """Say whether an address belongs to the public internet.

    Loopback, private, link-local (where clouds answer with secrets), shared, multicast, reserved
    and unspecified ones do not, nor a version 6 address that hides one of them.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return all(_is_global(each) for each in (address, *_hidden(address)))


def _is_global(address: Address) -> bool:
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return not address.is_reserved and address not in _ASSIGNED
    return address in _NAT64 or not (address.is_reserved or address.is_site_local)


def _hidden(address: Address) -> list[Address]:
    """Return the version 4 addresses a version 6 one stands for on its way."""
    if not isinstance(address, IPv6Address):
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour]
    found.extend(address.teredo or ())
    if address in _NAT64:
        found.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    return [each for each in found if each is not None]
