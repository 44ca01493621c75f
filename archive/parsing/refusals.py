"""Pages in the place of an article: walls, checks and errors.

A page is refused for several signs together: what it is called, what it says, what it is built of, and that it says little else.
An article about captchas, cookies or error 404 has a text of its own, and is none of these pages.
"""

import re
from copy import deepcopy
from itertools import islice
from typing import Any, Final, NamedTuple

from archive.parsing.page_tree import NAVIGATION, NEVER_TEXT, line_of, without

_SAID: Final = 8_000
_PIECES: Final = 20_000
_HEADINGS: Final = 3
_SAID_ALONE: Final = 20
_TRACES: Final = "//@id | //@class | //form/@action | //script/@src | //iframe/@src | //input/@type | //link/@href"
_BESIDE_SITE = re.compile(r"\s+[|–—·»:-]+\s+")
_SENTENCE = re.compile(r"(?<=[.!?:])\s")


class Page(NamedTuple):
    """`called`: its titles and headings, with and without the name of the site. `said`: the beginning of all that it says,
    `prose` of what is neither link nor navigation. `traces`: ids, classes, addresses. `dated`: it says of itself that it is an
    article, with its author or date."""

    called: tuple[str, ...]
    said: str
    prose: str
    traces: str
    dated: bool


class Kind(NamedTuple):
    """`reason` is for people. `most`: characters of prose that such a page has beside the sentences that are `usual` on it, and
    `alone` where nothing but its name speaks against it."""

    reason: str
    most: int
    called: re.Pattern[str]
    said: re.Pattern[str]
    traces: re.Pattern[str]
    usual: re.Pattern[str] | None
    alone: int


def _kind(reason: str, most: int, *, called: str, said: str, traces: str = "(?!)", usual: str = "", alone: int = 150) -> Kind:
    return Kind(reason, most, _any(called), _any(said), _any(traces), _any(usual) if usual else None, alone)


def _any(alternatives: str) -> re.Pattern[str]:
    """Of patterns, some on each line."""
    return re.compile("|".join(line.strip() for line in alternatives.strip().splitlines()), re.IGNORECASE)


KINDS: Final = (
    _kind(
        "the page is a check for robots, not an article",
        1_500,
        called=r"""
            (?:just a|one|einen|nur einen|een|un|один) (?:moment|moment,? please|moment geduld|momento|instant
            момент)\W*(?:bitte\W*)?
            attention required!?|please wait\W*|pardon our interruption\W*|ddos-guard|client challenge|robots?
            checking your browser.{0,60}|.{0,30}security (?:check|checkpoint|verification|challenge)
            (?:human|bot|browser|robot) (?:verification|check)|.{0,20}are you (?:a )?(?:robot|human)\W*
            (?:please )?verify(?:ing)? (?:that )?you are (?:a )?human\W*|(?:re)?captcha|access to this page has been denied\W*
            (?:sorry,? )?you have been blocked|making sure you(?:'|’)re not a bot\W*""",
        said=r"""
            checking (?:your browser|if the site connection)|review the security of your connection
            (?:verify|confirm)\w* (?:that )?you(?: are|'re|’re) (?:a |not a )?(?:human|robot|bot)|not a robot
            unusual (?:traffic|activity) (?:from|on) your|press (?:&|and) hold|you have been blocked|ray id
            enable (?:javascript and )?cookies|disable any ad blocker|(?:complete|solve|pass) (?:the|this
            a) (?:security check|captcha|challenge)
            you (?:are|were|might be|may be) (?:a|an|using) (?:ro)?(?:bot|automat)|(?:enter|type) the characters
            protect(?:ion|ed)? (?:against|by|from) .{0,30}(?:ddos|bots?\b|anubis)|incident id""",
        traces=r"""
            cf-(?:browser-verification|challenge|error|turnstile|wrapper)|challenge-(?:platform|running|form|container|error)
            challenges\.cloudflare|captcha|perimeterx|px-cloud|datadome|incapsula|distil_|awswaf|ddos-guard|sec-if-cpt
            anubis""",
    ),
    _kind(
        "the page is an error page, not an article",
        1_500,
        called=r"""
            (?:(?:http|server)\W+)?(?:error|status|fehler|erreur|errore|ошибка)?(?:\W+code)?\W{0,4}[45]\d\d\b(?:[\W\d]|the
            your|page|file|url|seite
            requested?|not|found|nicht|gefunden|no|access|is|was|denied|forbidden|bad|gateway|internal|server|service
            temporarily|unavailable
            error|fehler|time-?out|gone|unauthori[sz]ed|too|many|requests|sorry|oops){0,20}
            (?:whoops|oops)\b.{0,60}|(?:error|sorry)\W*|access (?:is )?denied|forbidden|not found|bad (?:request|gateway)
            gateway time-?out
            .{0,40}(?:page|url|site|file|article|content|resource).{0,40}(?:not|no longer|n[o’']t|cannot) .{0,20}(?:found
            exist|available|find)\w*\W*
            (?:internal )?server error.{0,30}|runtime error|.{0,30}(?:temporarily |service )unavailable|database error
            error establishing a database connection|(?:seite|datei) (?:wurde )?nicht gefunden|page introuvable
            pagina non trovata
            p[áa]gina n[ãa]?o? ?encontrada|страница не найдена|ページが見つかりません|account suspended
            .{0,30}(?:under|down for|scheduled) (?:maintenance|construction).{0,20}|maintenance(?: mode)?""",
        said=r"""
            (?:url|page|resource|address|file|document|article|content|link|site)[^.]{0,80}(?:not|no longer|n[’']t
            been) (?:be )?(?:found|available|exist|moved|removed|deleted)
            (?:can(?:not|[’']t)|could(?: not|n[’']t)) (?:find|be found)|(?:do not|don[’']t) have (?:permission|access)
            (?:access|permission)[^.]{0,40} denied|is forbidden|reference #\w+\.\w+|that[’']s an error|bad gateway
            unavailable|timed out
            server (?:encountered|error|was unable|is temporarily)|try again (?:later|in)|error establishing a database
            \b(?:nginx|apache|openresty|cloudflare|litespeed|varnish|iis)\b|detailed error information|stack trace
            nicht (?:gefunden|mehr verfügbar)|n[’']existe (?:pas|plus)|introuvable|no (?:existe|se encuentra)|не (?:найдена
            существует)
            não (?:existe|encontrada|foi encontrada)|maintenance|(?:been|is) suspended""",
        traces=r"error-?(?:page|code|message|\d{3})|\b(?:page-?)?404\b|not-?found|cf-error",
    ),
    _kind(
        "the page is the default page of a web server, not an article",
        5_000,
        called=r"""
            welcome to (?:nginx|openresty|centos|caddy)\W*|iis windows(?: server)?|iis\d|it works\W*
            .{0,40}(?:default|test) (?:web ?)?(?:site )?page.{0,30}""",
        said=r"""
            successfully installed|default (?:welcome |web ?)page|further configuration is required|it works!
            used to test the (?:correct|proper)|internet information services""",
    ),
    _kind(
        "the page is a list of files, not an article",
        1_000_000,
        called=r"index of /.*|directory listing (?:for|of) .*",
        said=r"parent directory|last modified|\.\./|directory listing for",
    ),
    _kind(
        "the page is a parked domain, not an article",
        1_500,
        alone=0,
        called=r"""
            [\w.-]+\.[a-z]{2,12}\b.{0,80}|.{0,60}domain(?: name)?\b.{0,40}(?:for sale|parked|expired|parking).{0,40}
            buy this domain.{0,20}|(?:website )?coming soon\W*""",
        said=r"""
            (?:domain|website|web address)\b[^!?]{0,60}(?:for sale|is parked|has expired)|(?:buy|get) (?:this|the) domain
            parked free|domain parking|inquire about this domain|related searches""",
        traces=r"sedoparking|parkingcrew|bodis\.com|parklogic|hugedomains|dan\.com|afternic|parked|domainparking|/lander",
    ),
    _kind(
        "the page asks for consent to cookies, and is no article",
        400,
        called=r"""
            before you continue(?: to .{0,30})?|(?:your )?(?:cookies?|privacy|consent|data)(?:[- ](?:consent|settings
            preferences|choices|notice|wall|policy|options))?
            (?:we|your|manage)\b.{0,30}\b(?:cookies|privacy|consent)\W*|(?:cookie|datenschutz
            privatsphäre)-?\s?(?:einstellungen|zustimmung|hinweis).{0,20}
            zustimmung.{0,30}|.{0,60}family of brands|consent(?:ement)?\b.{0,30}""",
        said=r"""
            (?:use|store|set)s?[^.]{0,60}\bcookies|accept (?:all|cookies)|agree to[^.]{0,60}(?:terms|cookies|privacy)|i agree
            (?:alle|cookies) akzeptieren|(?:verwenden|nutzen)[^.]{0,40} cookies|(?:utilis|utiliz)\w+[^.]{0,30} cookies?
            tout accepter|aceptar|accetta""",
        traces=r"""
            consent|cookie-?(?:wall|banner|notice|bar|modal|message)|onetrust|didomi|sp_message|qc-cmp|cmpbox|usercentrics|truste
            cookiebot|gdpr""",
        usual=r"""
            cookie|\bconsent|our (?:partners|sites|services|family)|privacy|personali[sz]|personal data|advertis|\bads\b
            preferences|accept all|reject all
            your (?:data|device|browser|choices|settings)|datenschutz|einwillig|personenbezogen|werbung|publicit|données
            consentement|privacidad|datos""",
    ),
    _kind(
        "the page asks for a login or a subscription, and is no article",
        600,
        called=r"""
            (?:please )?(?:log ?in|sign ?in|login|register|sign up|subscribe)(?: or .{0,20}| to .{0,40})?|.{0,20}log ?in page
            anmelden|einloggen|se connecter|connexion|iniciar sesión|accedi|entrar|войти|(?:members?|subscribers?) (?:only
            area|login)|subscription required""",
        said=r"""
            (?:log ?in|sign ?in|subscribe|register|sign up|(?:create|need) [^.]{0,20}account)[^.]{0,40} to (?:continue|read
            access|view|unlock|see)
            (?:for|to) (?:members|subscribers)|already (?:a|have an?) (?:paying )?(?:subscriber|member|account)
            forgot(?:ten)? (?:your )?password|password
            remember me|subscribers only|passwor[dt] vergessen|mot de passe|contraseña""",
        traces=r"\bpassword\b|paywall|regwall|log-?in-?(?:form|box|page)|sign-?in",
    ),
    _kind(
        "the page shows nothing without JavaScript",
        200,
        called=r".{0,30}\benable javascript.{0,60}|javascript (?:is )?(?:required|disabled)\W*|loading\W*|redirecting\W*",
        said=r"""
            (?:enable|turn on|activate|requires?|needs?|without|allow)[^.]{0,30}javascript
            javascript[^.]{0,30}(?:required|disabled|enabled|turned off|aktivieren|deaktiviert|supported)|(?:activ
            habilit)\w+ javascript""",
        traces=r"\b(?:root|app|__next|__nuxt)\b",
    ),
)  # fmt: skip


def refusal(page: Page) -> str | None:
    """What the page is, where it is none that an article is on."""
    return next((kind.reason for kind in KINDS if _is(page, kind)), None)


def _is(page: Page, kind: Kind) -> bool:
    most = kind.most // 3 if page.dated else kind.most
    beside = _beside(page.prose, kind.usual) if kind.usual and len(page.prose) <= _SAID else len(page.prose)
    if beside > most:
        return False
    called = any(kind.called.fullmatch(title) for title in page.called)
    said = kind.said.search(page.said) is not None
    built_so = kind.traces.search(page.traces) is not None
    if called:
        return said or built_so or beside <= kind.alone
    return said and beside <= (most // 4 if built_so else _SAID_ALONE)


def _beside(prose: str, usual: re.Pattern[str]) -> int:
    """How many characters are in sentences without any of the words that are usual on such a page."""
    return sum(len(sentence) for sentence in _SENTENCE.split(prose) if not usual.search(sentence))


def seen(tree: Any, *, dated: bool) -> Page:
    """What there is to see of a page. `tree` is lxml's."""
    body = deepcopy(tree.find("body"))
    if body is None:
        return Page(tuple(_called(tree)), "", "", "", dated)
    without(body, [tag for tag in NEVER_TEXT if tag != "noscript"])
    said = " ".join([*(line_of(each, 100) for each in tree.xpath("/html/head/noscript")), line_of(body, _PIECES)])[:_SAID]
    without(body, ["noscript", "a", *NAVIGATION])
    prose = line_of(body, _PIECES)
    traces = tree.xpath(_TRACES)[:_PIECES] if len(prose) <= _SAID else []
    return Page(tuple(_called(tree)), said, prose, " ".join(map(str, traces)), dated)


def _called(tree: Any) -> list[str]:
    """The title and the first headings, each as it stands, and each part of it."""
    titles = [line_of(each, 100)[:300] for tag in ("title", "h1", "h2") for each in islice(tree.iter(tag), _HEADINGS)]
    return [part for title in titles for part in dict.fromkeys([title, *_BESIDE_SITE.split(title)]) if part]
