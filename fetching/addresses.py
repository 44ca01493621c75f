"""Which IP addresses may be reached: those of the public internet, and by permission private ones.

`ipaddress.is_global` is not enough: on Python 3.11 it says yes to multicast, 6to4, NAT64, IPv4-mapped and site-local addresses,
and its table changes with the patch release. So the ranges are written down here, as they stand in the registries of IANA:
https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry,
https://www.iana.org/assignments/ipv6-address-space and https://www.iana.org/assignments/multicast-addresses.
Of IPv6 only 2000::/3 is given out as global unicast, so nothing outside it is reached, whatever may be registered there one day.
Ranges that the registries call globally reachable are closed too: they hold relays and anycast services, and no article.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


def _table(ranges: dict[str, str]) -> tuple[tuple[Network, str], ...]:
    return tuple((ip_network(network), name) for network, name in ranges.items())


# In the order in which they are looked up: the narrow before the wide, so that the reason is the most telling one.
METADATA = _table(
    {
        "169.254.169.254/32": "the cloud's metadata service",  # AWS, Azure, Google, Oracle, DigitalOcean and others
        "169.254.170.2/32": "the cloud's metadata service",  # the credentials of tasks on AWS ECS
        "169.254.170.23/32": "the cloud's metadata service",  # the credentials of pods on AWS EKS
        "100.100.100.200/32": "the cloud's metadata service",  # Alibaba
        "168.63.129.16/32": "the cloud's metadata service",  # Azure: a public address that only its machines reach
        "192.0.0.192/32": "the cloud's metadata service",  # Oracle, classic
        "fd00:ec2::254/128": "the cloud's metadata service",  # AWS
        "fd00:ec2::23/128": "the cloud's metadata service",  # the credentials of pods on AWS EKS
        "fd20:ce::254/128": "the cloud's metadata service",  # Google
        "fd00:42::42/128": "the cloud's metadata service",  # Scaleway
    }
)
PRIVATE = _table(
    {
        "127.0.0.0/8": "loopback",
        "10.0.0.0/8": "a private network",
        "172.16.0.0/12": "a private network",
        "192.168.0.0/16": "a private network",
        "100.64.0.0/10": "a provider's shared network",
        "::1/128": "loopback",
        "fc00::/7": "a private network",
    }
)
"""What a name among the allowed hosts may lead to, but for metadata services."""
SPECIAL = _table(
    {
        "0.0.0.0/8": "this network",
        "169.254.0.0/16": "link-local",
        "192.0.0.0/24": "protocol assignments",
        "192.0.2.0/24": "documentation",
        "192.31.196.0/24": "AS112",
        "192.52.193.0/24": "multicast tunnels",
        "192.88.99.0/24": "6to4 relays",
        "192.175.48.0/24": "AS112",
        "198.18.0.0/15": "benchmarking",
        "198.51.100.0/24": "documentation",
        "203.0.113.0/24": "documentation",
        "224.0.0.0/4": "multicast",
        "255.255.255.255/32": "broadcast",
        "240.0.0.0/4": "reserved",
        "::/128": "unspecified",
        "::/96": "IPv4-compatible",
        "::ffff:0:0/96": "IPv4-mapped",
        "::ffff:0:0:0/96": "IPv4-translated",
        "64:ff9b::/96": "NAT64",
        "64:ff9b:1::/48": "NAT64",
        "100::/64": "discard-only",
        "100:0:0:1::/64": "a dummy prefix",
        "2001::/32": "Teredo",
        "2001:2::/48": "benchmarking",
        "2001:10::/28": "identifiers that are not routed",
        "2001:20::/28": "identifiers that are not routed",
        "2001:30::/28": "identifiers that are not routed",
        "2001::/23": "protocol assignments",
        "2001:db8::/32": "documentation",
        "2002::/16": "6to4",
        "2620:4f:8000::/48": "AS112",
        "3fff::/20": "documentation",
        "5f00::/16": "segment routing",
        "fe80::/10": "link-local",
        "fec0::/10": "site-local",
        "ff00::/8": "multicast",
    }
)
GLOBAL_UNICAST = IPv6Network("2000::/3")


def may_reach(address: str | Address, *, private: bool = False) -> bool:
    """Whether this is a unicast address of the public internet, or with `private` one of a private network or this machine."""
    return why_not(address, private=private) is None


def why_not(address: str | Address, *, private: bool = False) -> str | None:
    """What the address is, where it may not be reached: `loopback`, `NAT64 of 10.0.0.1, a private network`; None where it may."""
    try:
        parsed = ip_address(address) if isinstance(address, str) else address
    except ValueError:
        return "not an IP address"
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        return "of one network card only"
    if private and _named(parsed, PRIVATE) and not _named(parsed, METADATA):
        return None
    return _what_is_special(parsed)


def embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that a translator or tunnel would send on to, or that is meant outright."""
    if isinstance(address, IPv4Address):
        return None
    value = int(address)
    for network, shift in _EMBEDDING:
        if address in network:
            return IPv4Address((value >> shift) & 0xFFFFFFFF)
    if address in _TEREDO:
        return IPv4Address((value & 0xFFFFFFFF) ^ 0xFFFFFFFF)  # RFC 4380: the client's address, its bits turned round
    return None


_EMBEDDING = tuple(
    (IPv6Network(network), shift)
    for network, shift in {
        "::ffff:0:0/96": 0,
        "::ffff:0:0:0/96": 0,
        "64:ff9b::/96": 0,
        "64:ff9b:1::/48": 0,  # for a /96 inside it, as most set it up; it is closed either way
        "2002::/16": 80,
        "::/96": 0,
    }.items()
)
_TEREDO = IPv6Network("2001::/32")


def _what_is_special(address: Address) -> str | None:
    name = _named(address, METADATA) or _named(address, PRIVATE) or _named(address, SPECIAL)
    inner = embedded(address) if name not in (None, "loopback", "unspecified") else None
    if inner is not None:
        within = _what_is_special(inner)
        return f"{name} of {inner}" + (f", {within}" if within else "")
    if name is None and isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return "not given out for the public internet"
    return name


def _named(address: Address, table: tuple[tuple[Network, str], ...]) -> str | None:
    return next((name for network, name in table if network.version == address.version and address in network), None)
