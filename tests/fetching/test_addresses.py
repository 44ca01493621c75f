"""Which addresses may be reached, against the registries."""

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetching import may_reach
from fetching.addresses import embedded, why_not

# By hand from the registries, not from the code: blocks that are not globally reachable unicast, and those that hold another
# address or an anycast service.
REGISTRY = [
    *[
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
    ],
    *["192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"],
    *["198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32"],
    *["::1/128", "::/128", "::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23"],
    *["2001::/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48"],
    *[
        "2001:10::/28",
        "2001:20::/28",
        "2001:30::/28",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
        "5f00::/16",
    ],
    *["fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"],
]
SPECIAL = [ip_network(block) for block in REGISTRY]
PRIVATE = ["127.0.0.1", "127.8.9.10", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "::1", "fd12::1"]
METADATA = [
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd20:ce::254",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "192.0.1.1"]
PUBLIC_6 = ["2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2001:200::1", "2001:4860:4860::8888", "2003::1"]

addresses = st.one_of(st.ip_addresses(), st.sampled_from(SPECIAL).flatmap(lambda block: st.ip_addresses(network=str(block))))


@given(addresses)
def test_nothing_special_is_ever_reached(address: IPv4Address | IPv6Address) -> None:
    special = any(block.version == address.version and address in block for block in SPECIAL)
    python_says = (
        address.is_private or address.is_multicast or address.is_reserved or address.is_loopback or address.is_unspecified
    )
    if special or python_says:
        assert not may_reach(address)
        assert not may_reach(str(address))
        assert why_not(address)


@given(st.sampled_from(SPECIAL), st.data())
def test_nothing_of_a_special_range_is_ever_reached(block: IPv4Network | IPv6Network, data: st.DataObject) -> None:
    for address in (block[0], block[-1], data.draw(st.ip_addresses(network=str(block)))):
        assert not may_reach(address), address


@given(st.ip_addresses(v=6))
def test_of_ipv6_only_global_unicast_is_reached(address: IPv6Address) -> None:
    if address not in ip_network("2000::/3"):
        assert not may_reach(address)


@given(st.ip_addresses(v=4))
def test_what_embeds_an_ipv4_address_is_refused_and_says_which(inner: IPv4Address) -> None:
    value = int(inner)
    for outer in (
        IPv6Address((0xFFFF << 32) | value),
        IPv6Address((0x64FF9B << 96) | value),
        IPv6Address((0x64FF9B0001 << 80) | value),
        IPv6Address((0x2002 << 112) | (value << 80) | 1),
        IPv6Address((0x20010000 << 96) | (value ^ 0xFFFFFFFF)),
    ):
        assert embedded(outer) == inner
        assert not may_reach(outer)
        assert not may_reach(outer, private=True)
        assert str(inner) in str(why_not(outer))


@given(addresses)
def test_a_permission_opens_private_networks_and_nothing_else(address: IPv4Address | IPv6Address) -> None:
    opened = may_reach(address, private=True) and not may_reach(address)
    private = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7"]
    is_private = any(address.version == ip_network(block).version and address in ip_network(block) for block in private)
    assert opened == (is_private and str(address) not in [*METADATA, "fd00:ec2::23", "fd00:42::42"])


@pytest.mark.parametrize("address", PUBLIC + PUBLIC_6)
def test_the_public_internet_is_reached(address: str) -> None:
    assert may_reach(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_need_permission(address: str) -> None:
    assert not may_reach(address)
    assert may_reach(address, private=True)


@pytest.mark.parametrize("address", METADATA)
def test_metadata_services_are_never_reached(address: str) -> None:
    assert why_not(address) == "the cloud's metadata service"
    assert why_not(address, private=True) == "the cloud's metadata service"


@pytest.mark.parametrize(
    "address", ["fe80::1%eth0", "2606:4700:4700::1111%eth0", "::1%lo", "", "example", "127.1", "1.1.1.1 ", "0x7f000001"]
)
def test_zones_and_what_is_no_address_are_refused(address: str) -> None:
    assert not may_reach(address)
    assert not may_reach(address, private=True)


def test_the_reason_says_what_is_embedded() -> None:
    assert why_not("64:ff9b::a9fe:a9fe") == "NAT64 of 169.254.169.254, the cloud's metadata service"
    assert why_not("::ffff:127.0.0.1") == "IPv4-mapped of 127.0.0.1, loopback"
    assert why_not("2002:0808:0808::1") == "6to4 of 8.8.8.8"
    assert why_not("4000::1") == "not given out for the public internet"


def test_the_module_of_python_is_not_enough() -> None:
    """Why there is a table: these pass `is_global` on some Python that is supported, or have passed it."""
    for address in ("224.0.0.1", "fec0::1", "64:ff9b::7f00:1", "192.31.196.1"):
        assert not may_reach(ipaddress.ip_address(address))
