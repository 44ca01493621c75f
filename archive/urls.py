"""When two web addresses name the same page.

The result is for lookup only: the address itself is kept as its source wrote it. The standard library does all that is needed
here; courlan's cleaning is made for crawling, and is neither idempotent nor free of a table of top-level domains to load.
"""

import ipaddress
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes, urlsplit

_CONTROLS = re.compile("[\x00-\x1f\x7f]")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_TRACKING = re.compile(
    r"(?:utm|oly|vero|pk|mtm|hsa|stm)_.*|__?hs(?:enc|mi|tc|fp|sc)|_ga|_gl|[gdwy]clid|g?clsrc|[gw]braid|fbclid|msclkid|twclid|ttclid"
    r"|li_fat_id|mc_[ce]id|igshi?d?|mkt_tok|wickedid|s_cid|ref_src|ref_url|cmpid|yclid|srsltid|_openstat|fb_(?:action_ids|source|ref)"
    # What a viewer of AMP pages adds.
    r"|amp_(?:js_v|gsa|ct|tf|markup)|usqp|__amp_source_origin",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"_?amp(?:=(?:0|1|true|false|yes|no)?)?|output(?:type)?=amp|print(?:able)?=(?:1|y|yes|true)|mobileaction=toggle_view_(?:mobile|desktop)",
    re.IGNORECASE,
)
"""A parameter that asks for another form of the page; other values are others' (`amp=16` may be a fuse, `print=7` a picture)."""
_BLOGGER = re.compile(r"/\d{4}/\d\d/[^/]+\.html")
"""The addresses of Blogger, whose mobile form is `?m=1`; elsewhere `m` may be a month."""
_LONGER_HOST = re.compile(r"(?:(?:m|mobile|amp)\.(?P<rest>.+)|(?P<first>[a-z0-9-]+\.)m\.(?P<last>.+))")
"""m.example.org, en.m.wikipedia.org."""
_NO_SITE = re.compile(
    r"[^.]*|(?:ac|co|com|edu|go|gov|ne|net|or|org)\.[a-z]{2}"
    r"|blogspot(?:\.[a-z]{2,3}){1,2}|(?:wordpress|substack|tumblr|typepad|medium|weebly|wixsite)\.com|(?:github|gitlab|ghost)\.io"
    r"|(?:netlify|vercel|web)\.app|pages\.dev"
)
"""Before these, `m.` is no form of a site but a site: a name under co.uk, or one that a writer chose at a host of many."""
_CACHE = re.compile(
    r"(?:[a-z0-9-]+\.)?cdn\.ampproject\.org/(?:c|v|wp)/(?:s/)?(?P<published>.+)"
    r"|(?:[a-z0-9-]+\.)?bing-amp\.com/c/(?:s/)?(?P<bing>.+)|(?:google(?:\.[a-z]{2,3}){1,2}|bing\.com)/amp/(?:s/)?(?P<viewed>.+)"
)
_TELLING = re.compile(r"[-_][^-_]*[-_]|\d{5}|\.s?html?$")
_DATED = re.compile(r"/\d{4}/\d\d?/(?:\d\d?/)?[^/]*[A-Za-z][^/]*$")
_AMP_SUFFIX = re.compile(r"(?P<page>.*/[^/]+)\.amp(?P<suffix>\.html?)?")
_INDEX = re.compile(r"(?P<page>.*)/(?:index\.(?:s?html?|php)|[Dd]efault\.aspx?)")
"""What servers answer with for a folder."""
_UNRESERVED = "-._~"
_KEPT_IN_PATH = "/!$&'()*+,;=:@"
_KEPT_IN_QUERY = _KEPT_IN_PATH + "?"


class Keys(NamedTuple):
    """What an article is found by: the normal forms of its addresses. None where it has none, or one of another kind."""

    url: str | None
    canonical: str | None
    aliases: tuple[tuple[str, str], ...]
    """Of each further address its normal form, and itself."""


def keys_of(url: str | None, canonical_url: str | None, aliases: Sequence[str] = ()) -> Keys:
    """A site's front page is nobody's canonical or further address: sites that name it for each of their pages, or lead there
    from what they took away, would make one article of all."""
    own = key_of(url)
    canonical = key_of(canonical_url)
    further = [(key, each) for each in aliases if (key := key_of(each)) and not _is_front_page(key)]
    return Keys(own, canonical if canonical and (canonical == own or not _is_front_page(canonical)) else None, tuple(further))


def key_of(url: str | None) -> str | None:
    """What the URL is found by; a URL of another kind than http is kept and shown, and found by nothing."""
    try:
        return normalize(url) if url else None
    except ValueError:
        return None


def _is_front_page(key: str) -> bool:
    return key.endswith("/") and key.count("/") == 3


def normalize(url: str) -> str:
    """One form for all addresses of a page. Raises ValueError for what is no http or https address.

    http counts as https, and `www.` in front of a host as nothing, because publishers serve one page under both and people
    paste either. Dropped: credentials, default ports, fragments (but not `#!`, which names pages), tracking parameters,
    session ids, a slash at the end. The order of parameters stays, and so does the case of paths: servers tell them apart.

    The forms of a page for phones, as AMP and for the printer count as the page, and a copy in a cache of AMP pages as what it
    is a copy of, but only where no other page can have that address: one name for two articles would lose one of them.
    """
    address = _read(url)
    while (plainer := _inside_cache(address) or _plainer(address)) != address:
        address = plainer
    return address.text


class _Address(NamedTuple):
    host: str
    port: str
    path: str
    query: str
    route: str

    @property
    def text(self) -> str:
        query = f"?{self.query}" if self.query else ""
        return f"https://{self.host}{self.port}{self.path}{query}{self.route}"


def _read(url: str) -> _Address:
    if _CONTROLS.search(url.strip()):
        raise ValueError("a web address holds no control characters")
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an absolute http or https address")
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    route = f"#{_escaped(parts.fragment, _KEPT_IN_QUERY)}" if parts.fragment.startswith("!") else ""
    return _Address(_host(parts.hostname), port, _path(parts.path), _query(parts.query), route)


def _inside_cache(address: _Address) -> _Address | None:
    """The page whose copy this is."""
    if not (found := _CACHE.fullmatch(f"{address.host}{address.path}")):
        return None
    inner = next(filter(None, found.groups()))
    try:
        page = _read(f"https://{inner}?{address.query}{address.route}")
    except ValueError:
        return None
    return page if "." in page.host else None


def _plainer(address: _Address) -> _Address:
    path = _page(address.path)
    kept = [each for each in address.query.split("&") if not _FORM.fullmatch(each) and not _is_for_phones(each, path)]
    return address._replace(path=path, query="&".join(kept))


def _page(path: str) -> str:
    for form in (path.removesuffix("/amp"), path.removeprefix("/amp/")):
        if form != path and _is_of_article(f"/{form}"):
            return "/" + form.strip("/")
    if found := _INDEX.fullmatch(path):
        return "/" + found["page"].strip("/")
    found = _AMP_SUFFIX.fullmatch(path)
    return found["page"] + (found["suffix"] or "") if found else path


def _is_of_article(path: str) -> bool:
    """Whether only an article is called so: two hyphens, five digits, a date before it, a suffix. `/glossary` is not: beside
    it `/glossary/amp` is the entry on AMP and no form of the glossary."""
    return _TELLING.search(path.rpartition("/")[2]) is not None or _DATED.search(path) is not None


def _is_for_phones(parameter: str, path: str) -> bool:
    return parameter in ("m=0", "m=1") and _BLOGGER.fullmatch(path) is not None


def _host(host: str) -> str:
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host)}]"
    # The codec wants labels of 1 to 63 characters and raises UnicodeError, a ValueError, otherwise.
    name = host.rstrip(".").encode("idna").decode("ascii").lower()
    if not _HOST.fullmatch(name):
        raise ValueError("the host of the address is not well-formed")
    while (shorter := _shorter(name)) != name:
        name = shorter
    return name


def _shorter(host: str) -> str:
    if host.startswith("www.") and "." in host[4:]:
        return host[4:]
    found = _LONGER_HOST.fullmatch(host)
    if not found or _NO_SITE.fullmatch(found["rest"] or found["last"]):
        return host
    return found["rest"] or found["first"] + found["last"]


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
