"""URLs as they are asked for: taken apart once, and only if they can be read in one way."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

import httpx

from fetching.addresses import Address
from fetching.errors import FetchFailed

DEFAULT_PORTS = {"http": 80, "https": 443}

# https://fetch.spec.whatwg.org/#port-blocking
# fmt: off
BAD_PORTS = frozenset([
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111,
    113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548,
    554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665,
    6666, 6667, 6668, 6669, 6679, 6697, 10080,
])
# fmt: on

LONGEST_URL = 8192
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST_NAME = 253
_HOST_AND_PORT = re.compile(r"(.*[^:]):([0-9]{1,5})")
_NOT_IN_HOSTS = frozenset("/@?#")


@dataclass(frozen=True, slots=True)
class Target:
    """One address to ask: http or https, a host in lower case without a trailing dot, a port that is not blocked. No fragment."""

    scheme: str
    host: str
    port: int
    path: str  # with the query, as it is sent

    @property
    def authority(self) -> str:
        """As in the header `Host`: with the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        return self.origin + self.path

    @property
    def address(self) -> Address | None:
        """The IP address, where the host is one and no name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def is_this_machine(self) -> bool:
        """RFC 6761: these names are this machine, whatever a resolver says."""
        return self.host == "localhost" or self.host.endswith(".localhost")

    def robots(self) -> "Target":
        return Target(self.scheme, self.host, self.port, "/robots.txt")

    def join(self, location: str) -> "Target":
        """Where a redirect leads to. Raises FetchFailed like `parse`."""
        return _target(_parsed(httpx.URL(self.url), location))


def parse(url: str) -> Target:
    """Raises FetchFailed where the scheme, the host or the port cannot be asked, or the URL can be read in more than one way."""
    return _target(_parsed(None, url))


class AllowedHosts:
    """The hosts that may be at private addresses: `intranet.example` at every port, or `127.0.0.1:8080` at one."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._entries = frozenset(_entry(entry) for entry in entries)

    def __contains__(self, target: Target) -> bool:
        return (target.host, None) in self._entries or (target.host, target.port) in self._entries


def _entry(entry: str) -> tuple[str, int | None]:
    """Raises ValueError where it is not a host, or a host and a port."""
    host, port = _split(entry.strip())
    try:
        if set(host) & _NOT_IN_HOSTS:
            raise FetchFailed("bad_address", "it has more than a host in it")
        return _host(_parsed(None, f"http://{host}/")), port
    except FetchFailed as failure:
        raise ValueError(f"{entry!r} is not a host, or a host and a port: {failure.reason}") from failure


def _split(entry: str) -> tuple[str, int | None]:
    """IPv6 may be given bare: more than one colon is never a port."""
    if entry.count(":") > 1 and not entry.startswith("["):
        return f"[{entry}]", None
    found = _HOST_AND_PORT.fullmatch(entry)
    return (found[1], int(found[2])) if found else (entry, None)


def _parsed(base: httpx.URL | None, url: str) -> httpx.URL:
    """Refuses by form what browsers and servers read differently, before anything reads it."""
    if len(url) > LONGEST_URL:
        raise FetchFailed("bad_address", f"the address has more than {LONGEST_URL:,} characters")
    if _CONTROL.search(url):
        raise FetchFailed(
            "bad_address", f"the address {_shown(url)} has a control character in it, such as a tab or a line break"
        )
    if "\\" in re.split(r"[?#]", url, maxsplit=1)[0]:
        raise FetchFailed("bad_address", f"the address {_shown(url)} has a backslash in it; write / or %5C")
    scheme = _SCHEME.match(url)
    if (scheme and scheme[1].lower() not in DEFAULT_PORTS) or (scheme is None and base is None):
        said = f"of the scheme {scheme[1].lower()[:30]}" if scheme else "without a scheme"
        raise FetchFailed("unsupported_scheme", f"{_shown(url)} is {said}; only http:// and https:// are fetched")
    try:
        return base.join(url) if base else httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchFailed("bad_address", f"{_shown(url)} is not a URL: {_clause(error)}") from error


def _target(url: httpx.URL) -> Target:
    if url.userinfo:
        raise FetchFailed("bad_address", f"the address of {url.host[:100]} has a user name or password in it; leave it out")
    host = _host(url)
    port = DEFAULT_PORTS[url.scheme] if url.port is None else url.port
    if not 0 <= port <= 65535:
        raise FetchFailed("bad_address", f"{host} cannot be asked at port {port}: there is none above 65535")
    if port in BAD_PORTS:
        raise FetchFailed("port_refused", f"{host} is not asked at port {port}, which belongs to another protocol than HTTP")
    return Target(url.scheme, host, port, url.raw_path.decode("ascii"))


def _host(url: httpx.URL) -> str:
    host = url.raw_host.decode("ascii").lower().removesuffix(".")
    if not host:
        raise FetchFailed("bad_address", f"{_shown(str(url))} names no host")
    if ":" in host:
        return _ipv6(host)
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _ipv4(host)
    if len(host) > _LONGEST_NAME or not _NAME.fullmatch(host):
        raise FetchFailed("bad_address", f"{_shown(host)} is not the name of a host")
    return host


def _ipv4(host: str) -> str:
    """RFC 6943, 3.1.1: 127.1, 0177.0.0.1, 0x7f000001 and 2130706433 are the same to some and different or nothing to others."""
    try:
        return str(ip_address(host))
    except ValueError as error:
        raise FetchFailed("bad_address", f"{_shown(host)} is not an IPv4 address: write four decimal numbers") from error


def _ipv6(host: str) -> str:
    try:
        address = IPv6Address(host)
    except ValueError as error:
        raise FetchFailed("bad_address", f"{_shown(host)} is not an IPv6 address") from error
    if address.scope_id is not None:
        raise FetchFailed("address_refused", f"{_shown(host)} names a network card; leave out what follows the %")
    return str(address)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 100 else text[:99] + "…")


def _clause(error: Exception) -> str:
    text = str(error).rstrip(".")
    return text[:1].lower() + text[1:]
