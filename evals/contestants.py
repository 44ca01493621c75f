"""Who is measured: real servers on loopback with the same weights, each asked in the way that it documents."""

import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from evals.server import RunningServer, free_port, server, serving

PEERS = Path(__file__).parents[1] / ".venv-peers"
"""An environment of their own for those that are not ours: `make peers`."""
SEALED = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
}
"""Nobody asks the network for anything, or tells it."""

Article = dict[str, Any]
"""id, title, paragraphs."""


class Http:
    """A connection that is kept, for what is not timed one by one."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=600)

    def get(self, path: str) -> Any:
        return json.loads(self.content(path))

    def content(self, path: str) -> bytes:
        """Raises RuntimeError unless it succeeds, as all do here."""
        return self._sent("GET", path)

    def post(self, path: str, content: Any) -> Any:
        return json.loads(self._sent("POST", path, json.dumps(content).encode()))

    def _sent(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json", "Prefer": "respond-async"} if body else {}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content


class Contestant(Protocol):
    name: str
    mark: str
    """What each answer contains that has been found by meaning."""

    def serve(self, data: Path) -> AbstractContextManager[RunningServer]: ...
    def add(self, http: Http, articles: Sequence[Article]) -> None: ...
    def settle(self, http: Http) -> None:
        """Returns when all that was added is found."""

    def search(self, query: str) -> str:
        """The path to get."""

    def related(self, article: Article) -> str:
        """The path to get."""

    def found(self, answer: Any) -> list[str]:
        """The articles in an answer."""


class Tutorial:
    """evals/baselines/tutorial.py."""

    name, mark = "tutorial", '"score":'
    program, python = "evals.baselines.tutorial", Path(sys.executable)

    def __init__(self, model: str) -> None:
        self.model = model

    def serve(self, data: Path) -> AbstractContextManager[RunningServer]:
        port = free_port()
        command = [str(self.python), "-m", self.program, str(port), str(data), self.model]
        return serving(command, port, data.with_suffix(".log"), SEALED, ready=self.search("ready"))

    def add(self, http: Http, articles: Sequence[Article]) -> None:
        http.post("/articles", articles)

    def settle(self, http: Http) -> None:
        """It answers when all is done."""

    def search(self, query: str) -> str:
        return f"/search?q={quote(query)}"

    def related(self, article: Article) -> str:
        return f"/related/{article['id']}"

    def found(self, answer: Any) -> list[str]:
        return [item["article"] for item in answer]


class Chroma(Tutorial):
    """evals/baselines/chroma.py: the app in front of it has the tutorial's interface."""

    name, mark = "Chroma", '"distance":'
    program, python = "evals.baselines.chroma", PEERS / "bin" / "python"


class Txtai(Tutorial):
    """evals/baselines/txtai.py. Each batch is put into the index, and saved, before it is answered, as with all others.

    It knows no articles that are like another one: its users search for the text, here that of the first paragraph."""

    name, mark = "txtai", '"score":'
    program, python = "evals.baselines.txtai", PEERS / "bin" / "python"

    def add(self, http: Http, articles: Sequence[Article]) -> None:
        texts = [(f"{article['id']}/{n}", text) for article in articles for n, text in enumerate(article["paragraphs"])]
        http.post("/add", [{"id": id, "text": text} for id, text in texts])
        http.get("/upsert")

    def search(self, query: str) -> str:
        return f"/search?limit=10&query={quote(query)}"

    def related(self, article: Article) -> str:
        return self.search(article["paragraphs"][0])

    def found(self, answer: Any) -> list[str]:
        return [item["id"].partition("/")[0] for item in answer]


class Backfile:
    mark = '"degraded":false'

    def __init__(self, model: str, precision: str = "auto", workers: int = 1) -> None:
        special = ([] if precision == "auto" else [precision]) + ([] if workers == 1 else [f"{workers} workers"])
        self.name = " ".join(["Backfile", *special])
        self._precision = precision
        self._environment = {**SEALED, "BACKFILE_MODEL": model, "BACKFILE_LOG_LEVEL": "warning"}
        self._environment |= {"BACKFILE_ENCODER_PRECISION": precision, "BACKFILE_WORKERS": str(workers)}

    def serve(self, data: Path) -> AbstractContextManager[RunningServer]:
        return server(data, self._environment)

    def add(self, http: Http, articles: Sequence[Article]) -> None:
        items = [{"external_id": article["id"], **article} for article in articles]
        answer = http.post("/v1/articles/batch", {"items": items})
        if any(item["status"] >= 300 for item in answer["items"]):
            raise RuntimeError(f"not stored: {answer['items']}")

    def settle(self, http: Http) -> None:
        while (state := http.get("/v1/index"))["pending"]:
            time.sleep(0.1)  # asking costs it time
        if self._precision not in ("auto", state["backend"].rpartition("/")[2]):
            raise RuntimeError(f"it runs {state['backend']}, not {self._precision}")

    def search(self, query: str) -> str:
        return f"/v1/search?limit=10&q={quote(query)}"

    def related(self, article: Article) -> str:
        return f"/v1/articles/ext%3A%3A{article['id']}/related?limit=10"

    def found(self, answer: Any) -> list[str]:
        return [item["article"]["external_id"] for item in answer["items"]]


def peers_installed() -> bool:
    return (PEERS / ".installed").exists() and os.access(PEERS / "bin" / "python", os.X_OK)
