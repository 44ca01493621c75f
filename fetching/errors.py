"""What goes wrong on the way to an address, as one exception with a code."""

from typing import Literal, TypeAlias, get_args

Code: TypeAlias = Literal[
    "address_refused",  # the host is, or resolves to, an address that is not on the public internet
    "bad_address",  # no URL, or one with a name and password, or with a host that can be read in two ways
    "bad_response",  # what answers does not speak HTTP, or its content is damaged
    "http_error",  # a status that brings no content
    "port_refused",  # a port that other protocols live on
    "robots_refused",  # robots.txt does not want it to be fetched
    "robots_unreachable",  # nobody knows what robots.txt wants, so nothing may be fetched
    "stopped",  # whoever wanted it is closing
    "timeout",
    "tls_failed",  # the certificate is not for this host or not trusted, or there is no common protocol
    "too_large",
    "too_many_redirects",
    "truncated",  # the end is missing
    "unknown_host",  # there is no such name
    "unreachable",  # no connection, or it broke
    "unsupported_encoding",  # a Content-Encoding that was not asked for
    "unsupported_scheme",  # neither http nor https
]
"""What callers may switch on. The reason beside it is for people."""

CODES: tuple[Code, ...] = get_args(Code)

_TEMPORARY: frozenset[Code] = frozenset(["bad_response", "robots_unreachable", "stopped", "timeout", "truncated", "unreachable"])


class FetchFailed(Exception):
    """There is no content. `reason` names the host and what to do about it; `temporary` says that the same may go well later,
    not before `retry_after_s` seconds where the host named a time; `status` is that of the answer, if there was one; `url` is the
    address at which it went wrong, which is another than the one asked for after a redirect."""

    def __init__(
        self,
        code: Code,
        reason: str,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
        temporary: bool | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.code: Code = code
        self.reason = reason
        self.status = status
        self.retry_after_s = retry_after_s
        self.temporary = code in _TEMPORARY if temporary is None else temporary
        self.url = url

    def again(self) -> "FetchFailed":
        """The same failure for another caller, with a traceback of its own."""
        return FetchFailed(
            self.code,
            self.reason,
            status=self.status,
            retry_after_s=self.retry_after_s,
            temporary=self.temporary,
            url=self.url,
        )
