"""Pages in the place of an article, written after real ones, and articles that are about such pages."""

import pytest

from archive.parsing.failures import ParsingFailed
from archive.parsing.html import fields_of

ROBOTS = "check for robots"
ERROR = "error page"
DEFAULT = "default page of a web server"
LIST = "list of files"
PARKED = "parked domain"
CONSENT = "consent to cookies"
LOGIN = "login or a subscription"
SCRIPT = "nothing without JavaScript"
MENU = (
    "<nav>"
    + "".join(f'<a href="/{name}">{name} and more of it</a> ' for name in ("News", "Sport", "Ferries", "Tides"))
    + "</nav>"
)
TEASERS = "".join(
    f'<h3><a href="/{n}">Ferry number {n} was hauled off the ledge by two tugs and a cable</a></h3>' for n in range(30)
)

REFUSED = {
    "a managed challenge": (
        ROBOTS,
        "<title>Just a moment...</title><body><noscript>Enable JavaScript and cookies to continue</noscript>"
        '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/x"></script>',
    ),
    "a challenge of the older kind": (
        ROBOTS,
        "<title>Just a moment...</title><h1>harbour.example</h1><h2>Checking if the site connection is secure</h2>"
        "<p>harbour.example needs to review the security of your connection before proceeding.</p>"
        '<div id="cf-challenge-running"></div><footer>Ray ID: 7a</footer>',
    ),
    "in German": (
        ROBOTS,
        "<title>Nur einen Moment…</title><h1>harbour.example</h1><p>Bestätigen Sie, dass Sie ein Mensch sind.</p>",
    ),
    "blocked": (
        ROBOTS,
        '<title>Attention Required! | Cloudflare</title><div id="cf-wrapper"><h1>Sorry, you have been blocked</h1>'
        "<h2>You are unable to access harbour.example</h2><h2>Why have I been blocked?</h2><p>This website is using a security "
        "service to protect itself from online attacks. The action you just performed triggered the security solution.</p>"
        "<h2>What can I do to resolve this?</h2><p>You can email the site owner to let them know you were blocked.</p></div>",
    ),
    "a picture puzzle in a frame": (
        ROBOTS,
        '<title>harbour.example</title><p id="cmsg">Please enable JS and disable any ad blocker</p>'
        '<script src="https://ct.captcha-delivery.com/c.js"></script>',
    ),
    "press and hold": (
        ROBOTS,
        "<title>Access to this page has been denied.</title><h1>Press &amp; Hold to confirm you are a human "
        "(and not a bot).</h1>"
        '<div id="px-captcha"></div><p>Reference ID 1234</p>',
    ),
    "are you a robot": (
        ROBOTS,
        "<title>The Tide - Are you a robot?</title><h2>We've detected unusual activity from your computer network</h2>"
        "<p>To continue, please click the box below to let us know you're not a robot.</p>",
    ),
    "a plain captcha": (
        ROBOTS,
        '<title>Security check</title><form><p>Please complete the captcha to continue.</p><div class="g-recaptcha"></div>'
        '<script src="https://www.google.com/recaptcha/api.js"></script></form>',
    ),
    "the characters in an image": (
        ROBOTS,
        "<title>Robot Check</title><h4>Enter the characters you see below</h4><p>Sorry, we just need to make sure you're not a "
        "robot. For best results, please make sure your browser is accepting cookies.</p>",
    ),
    "interrupted": (
        ROBOTS,
        "<title>Pardon Our Interruption</title><h1>Pardon Our Interruption...</h1><p>As you were browsing something about your "
        "browser made us think you were a bot. There are a few reasons this might happen: You're a power "
        "user moving through this "
        "website with super-human speed. You've disabled cookies in your web browser.</p>",
    ),
    "nginx": (ERROR, "<title>404 Not Found</title><center><h1>404 Not Found</h1></center><hr><center>nginx/1.25.3</center>"),
    "Apache": (
        ERROR,
        "<title>403 Forbidden</title><h1>Forbidden</h1><p>You don't have permission to access this resource.</p><hr>"
        "<address>Apache/2.4.57 (Debian) Server at harbour.example Port 443</address>",
    ),
    "IIS": (
        ERROR,
        "<title>IIS 10.0 Detailed Error - 404.0 - Not Found</title><h3>HTTP Error 404.0 - Not "
        "Found</h3><h4>The resource you are "
        "looking for has been removed, had its name changed, or is temporarily unavailable.</h4>",
    ),
    "a gateway": (ERROR, "<title>502 Bad Gateway</title><h1>502 Bad Gateway</h1><hr>openresty"),
    "a server that is busy": (
        ERROR,
        "<title>503 Service Temporarily Unavailable</title><h1>Service Temporarily Unavailable</h1>"
        "<p>The server is temporarily unable to service your request due to maintenance downtime. Please try again later.</p>",
    ),
    "a broken server": (
        ERROR,
        "<title>500 Internal Server Error</title><h1>Internal Server Error</h1><p>The server encountered an internal error or "
        "misconfiguration and was unable to complete your request.</p>",
    ),
    "behind a network of caches": (
        ERROR,
        '<title>Access Denied</title><h1>Access Denied</h1><p>You don\'t have permission to access "http://harbour.example/a" on '
        "this server.</p><p>Reference #18.2f9c1.1699</p>",
    ),
    "in the look of the site": (
        ERROR,
        f'<title>Page not found | The Harbour Review</title><body class="error404">{MENU}<h1>Page not '
        "found</h1><p>The page you are "
        f"looking for does not exist. It may have been moved.</p><h2>Most read</h2>{TEASERS}<footer>© The "
        "Harbour Review</footer>",
    ),
    "with jokes": (
        ERROR,
        f"<title>The Harbour Review</title>{MENU}<h1>404</h1><h2>Oops! This page has sailed.</h2><p>We could not find what you "
        f"came for.</p>{TEASERS}",
    ),
    "in French": (ERROR, "<title>Page introuvable - Le Port</title><h1>Page introuvable</h1><p>La page n’existe pas.</p>"),
    "without a database": (ERROR, "<title>Database Error</title><h1>Error establishing a database connection</h1>"),
    "welcome": (
        DEFAULT,
        "<title>Welcome to nginx!</title><h1>Welcome to nginx!</h1><p>If you see this page, the nginx web "
        "server is successfully "
        "installed and working. Further configuration is required.</p>",
    ),
    "it works": (DEFAULT, "<html><body><h1>It works!</h1></body></html>"),
    "files": (
        LIST,
        "<title>Index of /backups/2019</title><h1>Index of /backups/2019</h1><pre>"
        '<a href="../">../</a>\n'
        + "".join(f'<a href="{n}.zip">{n}.zip</a>   2019-01-{n:02}  1{n}K\n' for n in range(1, 29))
        + "</pre>",
    ),
    "for sale": (
        PARKED,
        "<title>harbour-news.example is for sale</title><h1>harbour-news.example</h1><p>This domain name is for sale. "
        "Make an offer or buy this domain now.</p>",
    ),
    "parked": (
        PARKED,
        "<title>harbour-news.com</title><p>This domain is parked free, courtesy of a registrar.</p><h2>Related searches</h2>"
        '<script src="https://img.sedoparking.com/x.js"></script>',
    ),
    "before you continue": (
        CONSENT,
        "<title>Before you continue to Harbour Video</title><h1>Before you continue to Harbour "
        "Video</h1><p>We use cookies and data "
        "to deliver and maintain our services, track outages, and measure audience engagement and site "
        "statistics. If you choose "
        "to accept all, we will also use cookies and data to develop and improve new services, deliver and measure the "
        "effectiveness of ads, and show personalised content, depending on your settings. If you reject all, we will not use "
        "cookies for these additional purposes.</p><form><button>Reject all</button><button>Accept all</button></form>",
    ),
    "partners": (
        CONSENT,
        "<title>The Tide is part of the Harbour family of brands</title><form class='consent-form' "
        "action='/collectConsent'><p>We, "
        "The Tide, are part of the Harbour family of brands. When you use our sites and apps, we use cookies "
        "to provide our sites "
        "to you, authenticate users, and measure your use of our sites. If you click Accept all, we and our partners will also "
        "store and access information on a device with the use of cookies.</p><button>Accept all</button></form>",
    ),
    "nothing but a login": (
        LOGIN,
        "<title>Log in | The Harbour Review</title><h1>Log in</h1><form><label>E-mail</label><input type=email><label>Password"
        "</label><input type=password><p>Forgot your password?</p></form>",
    ),
    "nothing but a wall": (
        LOGIN,
        "<title>Subscribe to read | The Harbour Review</title><h1>Subscribe to continue reading</h1><p>Keep "
        "abreast of what moves "
        "the harbour. Already a subscriber? Sign in.</p><p>Trial: 4 weeks for 1 pound.</p>",
    ),
    "an application": (
        SCRIPT,
        "<title>Harbour</title><noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div>",
    ),
}

SAID = (
    "The clerk of the harbour said so on Friday, and the ferry master agreed with her, although he had seen it differently in "
    "the spring. Nobody on the quay was surprised. "
)
ARTICLES = {
    "about captchas": ("Are you a robot?", "Captchas ask readers to verify that they are human. " + SAID * 8),
    "about challenges": (
        "Just a moment",
        "Checking your browser takes five seconds, and half a million hours a day. " + SAID * 10,
    ),
    "about error 404": ("Error 404: a history of the missing page", "The page you are looking for was not found. " + SAID * 4),
    "called like an error": ("404", "A novel of four hundred and four pages about a page that was not found. " + SAID * 9),
    "about cookies": ("Cookies", "Websites use cookies, and ask readers to accept all of them. " + SAID * 5),
    "about consent": ("Before you continue", "We use cookies, say the banners, and nobody reads on. " + SAID * 5),
    "about logins": (
        "Sign in to read",
        "Ever more papers ask readers to log in to read, and to remember a password. " + SAID * 5,
    ),
    "about domains": ("Harbour.com is for sale", "The domain is for sale for a million, and nobody wants it. " + SAID * 9),
    "about access": ("Access denied", "Visitors don’t have access to the quay any more. " + SAID * 9),
    "about scripts": ("Reading without JavaScript", "Whoever turns off JavaScript sees more. " + SAID * 3),
    "about servers": ("Service unavailable", "The ferry service was unavailable for a week; nginx is a web server. " + SAID * 9),
    "in brief": ("Ferry back in service", "The ferry is back in service. " + SAID),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_article_is_refused_and_named(name: str) -> None:
    reason, page = REFUSED[name]
    with pytest.raises(ParsingFailed) as refused:
        fields_of(page, None)
    assert refused.value.code == "blocked_page"
    assert reason in refused.value.reason


@pytest.mark.parametrize("name", ARTICLES)
@pytest.mark.parametrize(
    "around", ["{}", MENU + "<article>{}</article><div class=cookie-banner>We use cookies. Accept all</div>"]
)
def test_an_article_about_it_is_an_article(name: str, around: str) -> None:
    title, text = ARTICLES[name]
    paragraphs = "".join(f"<p>{part}</p>" for part in (text[:300], text[300:]))
    page = f"<title>{title} | The Harbour Review</title>" + around.format(f"<h1>{title}</h1>{paragraphs}")
    fields = fields_of(page, None)
    assert fields["title"] == title
    assert "".join(text.split()) in "".join("".join(paragraph["text"] for paragraph in fields["paragraphs"]).split())


@pytest.mark.parametrize("name", ["about captchas", "about access"])
def test_a_dated_brief_is_an_article(name: str) -> None:
    title, text = ARTICLES[name]
    head = f'<title>{title}</title><meta property="article:published_time" content="2020-01-03">'
    assert fields_of(f"{head}<h1>{title}</h1><p>{text[:600]}</p>", None)["title"] == title
