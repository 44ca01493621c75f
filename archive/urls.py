"""When two web addresses name the same page.

The result is for lookup only: the address itself is kept as its source wrote it. The standard library does all that is needed
here; courlan's cleaning is made for crawling, and is neither idempotent nor free of a table of top-level domains to load.
"""

import ipaddress
import re
from urllib.parse import quote, unquote_to_bytes, urlsplit

_CONTROLS = re.compile("[\x00-\x1f\x7f]")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_TRACKING = re.compile(
    r"(?:utm|oly|vero|pk|mtm|hsa|stm)_.*|__?hs(?:enc|mi|tc|fp|sc)|_ga|_gl|[gdwy]clid|g?clsrc|[gw]braid|fbclid|msclkid|twclid|ttclid"
    r"|li_fat_id|mc_[ce]id|igshi?d?|mkt_tok|wickedid|s_cid|ref_src|ref_url|cmpid|yclid|srsltid|_openstat|fb_(?:action_ids|source|ref)",
    re.IGNORECASE,
)
_UNRESERVED = "-._~"
_KEPT_IN_PATH = "/!$&'()*+,;=:@"
_KEPT_IN_QUERY = _KEPT_IN_PATH + "?"


def normalize(url: str) -> str:
    """One form for all addresses of a page. Raises ValueError for what is no http or https address.

    http counts as https, and `www.` in front of a host as nothing, because publishers serve one page under both and people
    paste either. Dropped: credentials, default ports, fragments (but not `#!`, which names pages), tracking parameters,
    session ids, a slash at the end. The order of parameters stays, and so does the case of paths: servers tell them apart.
    """
    if _CONTROLS.search(url.strip()):
        raise ValueError("a web address holds no control characters")
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an absolute http or https address")
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    query = _query(parts.query)
    route = _escaped(parts.fragment, _KEPT_IN_QUERY) if parts.fragment.startswith("!") else ""
    return f"https://{_host(parts.hostname)}{port}{_path(parts.path)}{'?' if query else ''}{query}{'#' if route else ''}{route}"


def _host(host: str) -> str:
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host)}]"
    # The codec wants labels of 1 to 63 characters and raises UnicodeError, a ValueError, otherwise.
    name = host.rstrip(".").encode("idna").decode("ascii").lower()
    if not _HOST.fullmatch(name):
        raise ValueError("the host of the address is not well-formed")
    while name.startswith("www.") and "." in name[4:]:
        name = name[4:]
    return name


def _path(path: str) -> str:
    segments: list[str] = []
    for segment in _SESSION.sub("", _escaped(path, _KEPT_IN_PATH)).split("/"):
        if segment == "..":
            segments = segments[:-1]
        elif segment != ".":
            segments.append(segment)
    return "/" + "/".join(segments).strip("/")


def _query(query: str) -> str:
    parameters = _escaped(query, _KEPT_IN_QUERY).split("&")
    return "&".join(each for each in parameters if each and not _TRACKING.fullmatch(each.partition("=")[0]))


def _escaped(text: str, kept: str) -> str:
    """Each character in one way: unreserved ones bare, `kept` and their escapes as they are, all others as %XX."""
    pieces = _ESCAPED.split(text)
    bare = [quote(piece, safe=kept + _UNRESERVED) if place % 2 == 0 else _escape(piece) for place, piece in enumerate(pieces)]
    return "".join(bare)


def _escape(digits: str) -> str:
    byte = unquote_to_bytes(f"%{digits}")
    character = byte.decode("latin-1")
    return character if byte.isalnum() or character in _UNRESERVED else f"%{digits.upper()}"
