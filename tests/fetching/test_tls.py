"""Certificates are those of the name that was asked for, though the connection is to an address."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetching import Fetcher, FetchFailed

if TYPE_CHECKING:
    from tests.fetching.conftest import World

PUBLIC = "93.184.216.34"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nsecure"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For good.example and 93.184.216.34, signed by itself; with its key, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the command openssl is not there to make a certificate")
    folder = tmp_path_factory.mktemp("certificate")
    names = f"subjectAltName=DNS:good.example,IP:{PUBLIC}"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([*command, "-subj", "/CN=good.example", "-addext", names, *files], check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "certificate.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return both


class SecureSite:
    """Answers every request in the same way, and writes down the name that the handshake asked for, and the request."""

    def __init__(self, certificate: Path) -> None:
        self.names: list[str | None] = []
        self.requests: list[bytes] = []
        self.answer = ANSWER
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._context.sni_callback = lambda _, name, __: self.names.append(name)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            connection.settimeout(10)
            try:
                with self._context.wrap_socket(connection, server_side=True) as secure:
                    self.requests.append(secure.recv(65536))
                    secure.sendall(self.answer)
            except OSError:
                connection.close()  # refused by the other side

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


@pytest.fixture
def secure(world: "World", certificate: Path) -> Iterator[SecureSite]:
    site = SecureSite(certificate)
    for name in ("good.example", "bad.example"):
        world.lead(name, PUBLIC, 443, site.port)
    yield site
    site.stop()


@pytest.fixture
def fetcher(world: "World", certificate: Path) -> Fetcher:
    """Trusts the certificate, and whoever else its machine trusts."""
    return world.fetcher(respect_robots=False, tls=ssl.create_default_context(cafile=str(certificate)))


def test_the_name_is_asked_for_and_verified(fetcher: Fetcher, secure: SecureSite, world: "World") -> None:
    page = fetcher.fetch("https://good.example/page")
    assert (page.content, page.url) == (b"secure", "https://good.example/page")
    assert secure.names == ["good.example"]
    assert b"\r\nHost: good.example\r\n" in secure.requests[0]
    assert world.dialled == [(PUBLIC, 443)]


def test_an_address_is_verified_too(fetcher: Fetcher, secure: SecureSite) -> None:
    assert fetcher.fetch(f"https://{PUBLIC}/").content == b"secure"
    assert secure.names == [None]


def test_a_certificate_for_another_name_is_refused(fetcher: Fetcher, secure: SecureSite) -> None:
    with pytest.raises(FetchFailed, match=r"bad\.example.*Hostname mismatch") as failed:
        fetcher.fetch("https://bad.example/page")
    assert (failed.value.code, failed.value.temporary) == ("tls_failed", False)
    assert (secure.names, secure.requests) == (["bad.example"], [])


def test_a_certificate_that_nobody_vouches_for_is_refused(world: "World", secure: SecureSite) -> None:
    with pytest.raises(FetchFailed, match=r"good\.example.*self.signed") as failed:
        world.fetcher(respect_robots=False).fetch("https://good.example/page")
    assert (failed.value.code, secure.requests) == ("tls_failed", [])


def test_a_downgrade_is_followed_without_anything_to_steal(fetcher: Fetcher, secure: SecureSite, world: "World") -> None:
    secure.answer = b"HTTP/1.1 302 Found\r\nLocation: http://good.example/page\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    plain = world.site("good.example")
    plain.page("/page", b"plain")
    page = fetcher.fetch("https://good.example/page")
    assert (page.content, page.moved_permanently_to) == (b"plain", None)
    assert not {"cookie", "authorization", "referer"} & set(plain.asked[0].headers)


def test_no_tls_where_there_should_be(fetcher: Fetcher, world: "World") -> None:
    site = world.server()
    world.lead("plain.example", PUBLIC, 443, site.port)
    with pytest.raises(FetchFailed) as failed:
        fetcher.fetch("https://plain.example/")
    assert failed.value.code == "tls_failed"
    assert site.asked == []


def test_a_handshake_that_never_ends(world: "World", certificate: Path) -> None:
    raw = world.raw(keep_open=True)
    world.lead("silent.example", PUBLIC, 443, raw.port)
    with pytest.raises(FetchFailed) as failed:
        world.fetcher(respect_robots=False, timeout_s=0.3).fetch("https://silent.example/")
    assert failed.value.code == "timeout"
