"""Ways to this machine, its network and the cloud's metadata, each of which is refused before anything is connected.

`inside` is a server on loopback that listens and must not be reached; beside it an audit hook sees every connect of the process.
"""

import socket
from typing import TYPE_CHECKING

import pytest

from fetching import Fetcher, FetchFailed

if TYPE_CHECKING:
    from tests.fetching.conftest import World
    from tests.sites import Site

PUBLIC = "93.184.216.34"


@pytest.fixture
def inside(world: "World") -> "Site":
    site = world.server()
    site.page("/secret", b"secret")
    return site


def refusal(fetcher: Fetcher, url: str) -> FetchFailed:
    with pytest.raises(FetchFailed) as refused:
        fetcher.fetch(url)
    assert not refused.value.temporary, refused.value.reason
    return refused.value


# By the resolver and the sockets of the machine, nothing faked. PORT is that of `inside`.
DIRECT = {
    "http://127.0.0.1:PORT/secret": "address_refused",
    "http://127.0.0.2:PORT/secret": "address_refused",
    "http://127.255.255.254:PORT/secret": "address_refused",
    "http://127.0.0.1.:PORT/secret": "address_refused",
    "HTTP://127.0.0.1:PORT/secret": "address_refused",
    "https://127.0.0.1:PORT/secret": "address_refused",
    "http://127.1:PORT/secret": "bad_address",
    "http://127.0.1:PORT/secret": "bad_address",
    "http://2130706433:PORT/secret": "bad_address",
    "http://017700000001:PORT/secret": "bad_address",
    "http://0177.0.0.1:PORT/secret": "bad_address",
    "http://0177.0.0.01:PORT/secret": "bad_address",
    "http://0x7f000001:PORT/secret": "bad_address",
    "http://0x7f.0x0.0x0.0x1:PORT/secret": "bad_address",
    "http://0x7f.1:PORT/secret": "bad_address",
    "http://127.0.0x0.1:PORT/secret": "bad_address",
    "http://00000127.0.0.1:PORT/secret": "bad_address",
    "http://127.0.0.1.1:PORT/secret": "bad_address",
    "http://425.510.425.510:PORT/secret": "bad_address",
    "http://0:PORT/secret": "bad_address",
    "http://0.0.0.0:PORT/secret": "address_refused",
    "http://0.0.0.1:PORT/secret": "address_refused",
    "http://[::]:PORT/secret": "address_refused",
    "http://[::1]:PORT/secret": "address_refused",
    "http://[0:0:0:0:0:0:0:1]:PORT/secret": "address_refused",
    "http://[::127.0.0.1]:PORT/secret": "address_refused",
    "http://[::ffff:127.0.0.1]:PORT/secret": "address_refused",
    "http://[::ffff:7f00:1]:PORT/secret": "address_refused",
    "http://[::FFFF:0:127.0.0.1]:PORT/secret": "address_refused",
    "http://[64:ff9b::127.0.0.1]:PORT/secret": "address_refused",
    "http://[64:ff9b:1::7f00:1]:PORT/secret": "address_refused",
    "http://[2002:7f00:1::]:PORT/secret": "address_refused",
    "http://[2001:0:7f00:1::80ff:fffe]:PORT/secret": "address_refused",
    "http://[fe80::1%25lo]:PORT/secret": "address_refused",
    "http://[::1%25lo]:PORT/secret": "address_refused",
    "http://[::1%lo]:PORT/secret": "address_refused",
    "http://localhost:PORT/secret": "address_refused",
    "http://LOCALHOST:PORT/secret": "address_refused",
    "http://localhost.:PORT/secret": "address_refused",
    "http://public.localhost:PORT/secret": "address_refused",
    "http://public.example@127.0.0.1:PORT/secret": "bad_address",
    "http://public.example:80@127.0.0.1:PORT/secret": "bad_address",
    "http://public.example\\@127.0.0.1:PORT/secret": "bad_address",
    "http://127.0.0.1:PORT\\@public.example/secret": "bad_address",
    "http://127.0.0.1:PORT\\.public.example/secret": "bad_address",
    "http:\\\\127.0.0.1:PORT\\secret": "bad_address",
    "http:/\\127.0.0.1:PORT/secret": "bad_address",
    "http:127.0.0.1:PORT/secret": "bad_address",
    "http:///127.0.0.1:PORT/secret": "bad_address",
    "http://127.0.0.1:PORT#@public.example/secret": "address_refused",
    "http://127.0.0.1:PORT?@public.example/secret": "address_refused",
    "http://12\t7.0.0.1:PORT/secret": "bad_address",
    "http://127.0.0.1\n:PORT/secret": "bad_address",
    "ht\ntp://127.0.0.1:PORT/secret": "bad_address",
    "\thttp://127.0.0.1:PORT/secret": "bad_address",
    "http://127.0.0.1\x00.public.example:PORT/secret": "bad_address",
    " http://127.0.0.1:PORT/secret": "unsupported_scheme",
    "http:// 127.0.0.1:PORT/secret": "bad_address",
    "http://127.0.0.1%00.public.example:PORT/secret": "bad_address",
    "http://%31%32%37.0.0.1:PORT/secret": "bad_address",
    "http://127%2e0%2e0%2e1:PORT/secret": "bad_address",
    "http://１２７.0.0.1:PORT/secret": "bad_address",
    "http://127。0。0。1:PORT/secret": "address_refused",
    "http://127．0．0．1:PORT/secret": "address_refused",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/secret": "bad_address",
    "http://①②⑦.⓪.⓪.①:PORT/secret": "bad_address",
    "http://10.0.0.1/": "address_refused",
    "http://172.16.0.1/": "address_refused",
    "http://192.168.0.1/": "address_refused",
    "http://100.64.0.1/": "address_refused",
    "http://198.18.0.1/": "address_refused",
    "http://224.0.0.1/": "address_refused",
    "http://255.255.255.255/": "address_refused",
    "http://169.254.169.254/latest/meta-data/": "address_refused",
    "http://2852039166/latest/meta-data/": "bad_address",
    "http://0xa9fea9fe/latest/meta-data/": "bad_address",
    "http://169.16689662/latest/meta-data/": "bad_address",
    "http://[fd00:ec2::254]/latest/meta-data/": "address_refused",
    "http://[::ffff:169.254.169.254]/latest/meta-data/": "address_refused",
    "http://100.100.100.200/latest/meta-data/": "address_refused",
    "http://168.63.129.16/": "address_refused",
    "http://[fd12:3456::1]/": "address_refused",
    "http://[fec0::1]/": "address_refused",
    "http://[ff02::1]/": "address_refused",
    "file:///etc/passwd": "unsupported_scheme",
    "file://127.0.0.1:PORT/secret": "unsupported_scheme",
    "ftp://127.0.0.1:PORT/secret": "unsupported_scheme",
    "gopher://127.0.0.1:PORT/_GET%20/secret": "unsupported_scheme",
    "dict://127.0.0.1:PORT/": "unsupported_scheme",
    "ws://127.0.0.1:PORT/secret": "unsupported_scheme",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/info": "unsupported_scheme",
    "unix:/var/run/docker.sock": "unsupported_scheme",
    "data:text/plain,secret": "unsupported_scheme",
    "jar:http://127.0.0.1:PORT/secret!/": "unsupported_scheme",
    "url:http://127.0.0.1:PORT/secret": "unsupported_scheme",
    "view-source:http://127.0.0.1:PORT/secret": "unsupported_scheme",
    "//127.0.0.1:PORT/secret": "unsupported_scheme",
    "127.0.0.1:PORT/secret": "unsupported_scheme",
}


@pytest.mark.parametrize("url", DIRECT)
def test_an_address_that_is_given(url: str, world: "World", inside: "Site") -> None:
    with Fetcher("Backfile/1.0", delay_s=0) as fetcher:
        assert refusal(fetcher, url.replace("PORT", str(inside.port))).code == DIRECT[url]
    assert (inside.accepted, world.connected) == (0, [])


def test_the_server_inside_would_have_answered(world: "World", inside: "Site") -> None:
    """Or the tests around this one could not fail."""
    with Fetcher("Backfile/1.0", delay_s=0, allowed_hosts=[f"127.0.0.1:{inside.port}"]) as fetcher:
        assert fetcher.fetch(f"http://127.0.0.1:{inside.port}/secret").content == b"secret"
    assert inside.paths == ["/robots.txt", "/secret"]
    assert set(world.connected) == {("127.0.0.1", inside.port)}


ANSWERS = [
    ["127.0.0.1"],
    ["127.0.0.53"],
    ["10.1.2.3"],
    ["172.20.0.1"],
    ["192.168.178.1"],
    ["169.254.169.254"],
    ["169.254.1.1"],
    ["100.64.0.1"],
    ["0.0.0.0"],
    ["224.0.0.251"],
    ["240.0.0.1"],
    ["255.255.255.255"],
    ["198.18.0.1"],
    ["192.0.0.192"],
    ["192.0.2.1"],
    ["::1"],
    ["::"],
    ["fe80::1"],
    ["fe80::1%eth0"],
    ["fd00:ec2::254"],
    ["fc00::1"],
    ["fec0::1"],
    ["ff02::1"],
    ["::ffff:127.0.0.1"],
    ["::ffff:169.254.169.254"],
    ["::ffff:8.8.8.8"],
    ["::10.0.0.1"],
    ["2002:7f00:1::"],
    ["2002:a9fe:a9fe::1"],
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    ["64:ff9b::7f00:1"],
    ["64:ff9b::a9fe:a9fe"],
    ["64:ff9b:1::a00:1"],
    ["2001:db8::1"],
    [PUBLIC, "127.0.0.1"],
    ["127.0.0.1", PUBLIC],
    [PUBLIC, "1.1.1.1", "8.8.8.8", "9.9.9.9", "149.112.112.112", "192.168.0.1"],
    ["2606:4700:4700::1111", "::1"],
    [PUBLIC, "fd00::1"],
    ["something else"],
]


@pytest.mark.parametrize("addresses", ANSWERS, ids=" ".join)
def test_a_name_that_leads_inside(addresses: list[str], world: "World", inside: "Site") -> None:
    """Even where another of its addresses is public, and though the one inside would be reached."""
    for address in addresses:
        world.lead("evil.example", address, 80, inside.port)
    world.names["evil.example"] = [addresses]
    failure = refusal(world.fetcher(), "http://evil.example/secret")
    assert failure.code == "address_refused"
    assert "evil.example" in failure.reason
    assert (inside.accepted, world.dialled, world.connected) == (0, [], [])


@pytest.mark.parametrize(
    "name",
    [
        "metadata.google.internal",
        "METADATA.google.internal.",
        "instance-data.ec2.internal",
        "169.254.169.254.nip.example",
        "metadata",
    ],
)
def test_names_of_metadata_services(name: str, world: "World", inside: "Site") -> None:
    world.lead(name.lower().rstrip("."), "169.254.169.254", 80, inside.port)
    for options in ({}, {"allowed_hosts": [name]}):
        assert refusal(world.fetcher(**options), f"http://{name}/computeMetadata/v1/").code == "address_refused"
    assert (inside.accepted, world.dialled) == (0, [])


def test_localhost_is_refused_whatever_a_resolver_says(world: "World") -> None:
    public = world.site("localhost")
    world.lead("app.localhost", PUBLIC, 80, public.port)
    for name in ("localhost", "app.localhost"):
        assert refusal(world.fetcher(), f"http://{name}/").code == "address_refused"
    assert (public.accepted, world.looked_up) == (0, [])


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(world: "World", inside: "Site") -> None:
    """DNS rebinding: a second look would lead inside."""
    public = world.site("evil.example")
    public.page("/page", b"public")
    world.lead("evil.example", "127.0.0.1", 80, inside.port)
    world.names["evil.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert world.fetcher(respect_robots=False).fetch("http://evil.example/page").content == b"public"
    assert (world.looked_up, world.dialled) == (["evil.example"], [(PUBLIC, 80)])
    assert inside.accepted == 0


def test_a_name_that_leads_inside_the_second_time_is_refused_then(world: "World", inside: "Site") -> None:
    public = world.site("evil.example")
    public.robots("")
    public.page("/page", b"public")
    world.lead("evil.example", "127.0.0.1", 80, inside.port)
    world.names["evil.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert refusal(world.fetcher(), "http://evil.example/page").code == "address_refused"
    assert public.paths == ["/robots.txt"]
    assert (world.looked_up, world.dialled) == (["evil.example"] * 2, [(PUBLIC, 80)])
    assert inside.accepted == 0


def test_a_redirect_to_the_same_name_is_checked_anew(world: "World", inside: "Site") -> None:
    public = world.site("evil.example")
    public.redirect("/page", "/secret", 307)
    world.lead("evil.example", "127.0.0.1", 80, inside.port)
    world.names["evil.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert refusal(world.fetcher(respect_robots=False), "http://evil.example/page").code == "address_refused"
    assert inside.accepted == 0


REDIRECTS = {
    "http://127.0.0.1:PORT/secret": "address_refused",
    "//127.0.0.1:PORT/secret": "address_refused",
    "http://localhost:PORT/secret": "address_refused",
    "https://localhost:PORT/secret": "address_refused",
    "http://[::1]:PORT/secret": "address_refused",
    "http://[::ffff:127.0.0.1]:PORT/secret": "address_refused",
    "//[::ffff:7f00:1]:PORT/secret": "address_refused",
    "http://inside.example:PORT/secret": "address_refused",
    "//inside.example:PORT/secret": "address_refused",
    "http://127.1:PORT/secret": "bad_address",
    "http://2130706433:PORT/secret": "bad_address",
    "http://public.example@127.0.0.1:PORT/secret": "bad_address",
    "//public.example@127.0.0.1:PORT/secret": "bad_address",
    "/\\127.0.0.1:PORT/secret": "bad_address",
    "\\\\127.0.0.1:PORT\\secret": "bad_address",
    "http://127。0。0。1:PORT/secret": "address_refused",
    "http://169.254.169.254/latest/meta-data/": "address_refused",
    "http://metadata.google.internal/": "address_refused",
    "http://public.example:22/": "port_refused",
    "http://public.example:6379@127.0.0.1:PORT/": "bad_address",
    "file:///etc/passwd": "unsupported_scheme",
    "FILE:/etc/passwd": "unsupported_scheme",
    "ftp://127.0.0.1:PORT/secret": "unsupported_scheme",
    "gopher://127.0.0.1:PORT/_x": "unsupported_scheme",
    "data:text/html,secret": "unsupported_scheme",
    "javascript:alert(1)": "unsupported_scheme",
    "unix:/var/run/docker.sock": "unsupported_scheme",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/info": "unsupported_scheme",
}


@pytest.mark.parametrize("location", REDIRECTS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_inside(status: int, location: str, world: "World", inside: "Site") -> None:
    world.names["inside.example"] = [["127.0.0.1"]]
    world.names["metadata.google.internal"] = [["169.254.169.254"]]
    public = world.site()
    public.redirect("/page", location.replace("PORT", str(inside.port)), status)
    failure = refusal(world.fetcher(), "http://public.example/page")
    assert failure.code == REDIRECTS[location]
    assert inside.accepted == 0
    assert set(world.dialled) == {(PUBLIC, 80)}


def test_the_last_of_many_redirects_inside(world: "World", inside: "Site") -> None:
    first, second = world.site("first.example"), world.site("second.example", "1.1.1.1")
    first.redirect("/", "http://second.example/a", 301)
    second.redirect("/a", "//first.example/b", 308)
    first.redirect("/b", f"http://127.0.0.1:{inside.port}/secret", 303)
    failure = refusal(world.fetcher(), "http://first.example/")
    assert (failure.code, failure.url) == ("address_refused", f"http://127.0.0.1:{inside.port}/secret")
    assert inside.accepted == 0


def test_a_robots_txt_that_is_inside(world: "World", inside: "Site") -> None:
    public = world.site()
    public.page("/page")
    public.redirect("/robots.txt", f"http://127.0.0.1:{inside.port}/secret")
    failure = refusal(world.fetcher(), "http://public.example/page")
    assert failure.code == "robots_unreachable"
    assert "not on the public internet" in failure.reason
    assert (public.paths, inside.accepted) == (["/robots.txt"], 0)


def test_an_allowed_host_opens_no_other(world: "World", inside: "Site") -> None:
    intranet, other = world.site("intranet.example", "10.0.0.5"), world.site("other.example", "10.0.0.6")
    intranet.page("/page", b"for us")
    intranet.redirect("/other", "http://other.example/")
    intranet.redirect("/inside", f"http://127.0.0.1:{inside.port}/secret")
    intranet.redirect("/port", f"http://10.0.0.5:{inside.port}/secret")
    fetcher = world.fetcher(allowed_hosts=["intranet.example"])
    assert fetcher.fetch("http://intranet.example/page").content == b"for us"
    for path in ("other", "inside", "port"):
        assert refusal(fetcher, f"http://intranet.example/{path}").code == "address_refused"
    assert refusal(fetcher, "http://10.0.0.5/page").code == "address_refused"
    assert (inside.accepted, other.accepted) == (0, 0)


def test_an_allowed_port_opens_no_other(world: "World", inside: "Site") -> None:
    allowed = world.server()
    allowed.redirect("/page", f"http://127.0.0.1:{inside.port}/secret")
    fetcher = world.fetcher(allowed_hosts=[f"127.0.0.1:{allowed.port}"])
    world.lead("unused.example", "127.0.0.1", allowed.port, allowed.port)
    assert refusal(fetcher, f"http://127.0.0.1:{allowed.port}/page").code == "address_refused"
    assert allowed.paths[-1] == "/page"
    assert inside.accepted == 0


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "224.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "0.0.0.0"]
)
def test_an_allowed_host_may_be_private_and_nothing_else(address: str, world: "World", inside: "Site") -> None:
    world.lead("intranet.example", address, 80, inside.port)
    assert refusal(world.fetcher(allowed_hosts=["intranet.example"]), "http://intranet.example/secret").code == "address_refused"
    assert (inside.accepted, world.dialled) == (0, [])


def test_no_proxy_of_the_environment_is_used(world: "World", inside: "Site", monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{inside.port}")
    public = world.site()
    public.page("/page", b"public")
    assert world.fetcher().fetch("http://public.example/page").content == b"public"
    assert inside.accepted == 0


def test_the_reason_names_the_host_and_the_cure(world: "World") -> None:
    world.names["wiki.example"] = [["192.168.0.7"]]
    reason = refusal(world.fetcher(), "http://wiki.example/").reason
    assert reason == (
        "wiki.example is at 192.168.0.7, which is not on the public internet (a private network); "
        "if that is meant, wiki.example has to be among the allowed hosts"
    )


def test_the_guard_of_these_tests_sees_connects(world: "World", inside: "Site") -> None:
    socket.create_connection(("127.0.0.1", inside.port)).close()
    assert world.connected == [("127.0.0.1", inside.port)]
