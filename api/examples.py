"""Requests to try. They are in the OpenAPI document and in `docs/http.md`, and a test sends each of them."""

import json
from typing import Any

REF = "ext:harbour-review:2021-014"

ARTICLE: dict[str, Any] = {
    "title": "The ferry that would not sink",
    "dek": "How a crew of four brought the Marten home",
    "text": "On 14 March the Marten lost both engines off the northern mole [1].\n\n"
    "Her crew of four rowed a line ashore, and forty people in raincoats pulled her in.",
    "authors": ["Ada Brandt"],
    "categories": ["Report"],
    "tags": ["ferries", "rescue"],
    "language": "en",
    "source": "harbour-review",
    "external_id": "2021-014",
    "url": "https://harbour-review.example/2021/the-ferry-that-would-not-sink",
    "published_at": "2021-03-15T07:30:00+01:00",
    "references": [{"label": "1", "text": "Harbour Office, log of 14 March 2021"}],
}

DOCUMENTS = {
    "text/plain": """The ferry that would not sink

By Ada Brandt

On 14 March the Marten lost both engines off the northern mole.

Her crew of four rowed a line ashore, and forty people in raincoats pulled her in.
""",
    "text/markdown": """---
title: A bridge for the island
authors: [Ada Brandt, Jonas Weil]
date: 2022-05-02
---

The council voted for the bridge, nine to two.
""",
    "text/html": """<!doctype html><html lang="en"><head><title>The last ferry</title>
<meta name="author" content="Jonas Weil"></head>
<body><article><h1>The last ferry</h1><p>When the bridge opens, the Marten will be sold, and her crew of four will look for
other work on the coast or leave it.</p><p>Most of the island would rather keep her.</p></article></body></html>
""",
}

PATCH: dict[str, Any] = {"tags": ["ferries", "rescue", "storms"], "dek": None}

BATCH: dict[str, Any] = {
    "items": [
        {"title": "A bridge for the island", "text": "The council voted for it, nine to two.", "published_at": "2022-05-02"},
        {"title": "The last ferry", "text": "When the bridge opens, the Marten will be sold.", "published_at": "2023-09-30"},
    ]
}

SEARCHES: dict[str, Any] = {
    "question": {
        "summary": "A question, by meaning and by words",
        "value": {"q": "why did the ferry lose its engines", "limit": 5},
    },
    "quoted": {
        "summary": "Words that must occur, of one source, with counts",
        "value": {"q": '"northern mole" rescue', "source": ["harbour-review"], "facets": ["year", "tag"]},
    },
    "like": {
        "summary": "Like one article, unlike a text",
        "value": {"like": [REF], "unlike": ["football results"], "min_relevance": 0.1},
    },
    "paragraphs": {
        "summary": "Paragraphs, by words alone",
        "value": {"q": "rowed a line ashore", "mode": "lexical", "level": "paragraph", "highlight": True},
    },
}

RELATED: dict[str, Any] = {
    "article": {"summary": "To an article, with reasons", "value": {"seeds": [{"ref": REF}], "why": True}},
    "story": {
        "summary": "Other reports of the same event, and what came of it",
        "value": {"seeds": [{"ref": REF}], "relation": ["update", "same_story", "follow_up"]},
    },
    "several": {
        "summary": "To an article and a draft of one's own, older ones only",
        "value": {"seeds": [{"ref": REF, "weight": 2}, {"text": "A bridge instead of the ferry"}], "before": "2022-01-01"},
    },
}

RELATED_LINES = f'{{"ref": "{REF}", "limit": 3}}\n{{"text": "A bridge instead of the ferry", "why": true}}\n'

KEYS: dict[str, Any] = {"reader": {"summary": "A key that may read", "value": {"name": "newsroom app", "scopes": ["read"]}}}

IMPORTS = {
    "application/json": {
        "urls": ["https://harbour-review.example/2024/10/03/lantern-point-shines-again/"],
        "source": "harbour-review",
    },
    "application/octet-stream": json.dumps(ARTICLE) + "\n",
}
"""Any media type of a format that is read may be sent, and forms of files."""

SOURCES = {"a feed": {"value": {"url": "https://harbour-review.example/feed.xml", "interval_s": 1800}}}
SOURCE_CHANGES = {"leave it alone": {"value": {"paused": True}}}
REPARSES = {"all": {"value": {}}, "those of one source": {"value": {"source": ["harbour-review"]}}}
