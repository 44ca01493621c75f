"""A Chroma server, and the app in front of it that its users write.

The server keeps and searches vectors but encodes nothing: Chroma's client does that, in the process that uses it. For clients
that speak HTTP this is an app which holds the model, here FastAPI with Chroma's own embedding function for sentence-transformers,
and asks the server for the rest. Both are processes; memory is that of the two.

.venv-peers/bin/python -m evals.baselines.chroma PORT FOLDER MODEL
"""

import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import uvicorn
from chromadb.config import Settings
from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction
from fastapi import Body, FastAPI

START_S = 60


def create_app(folder: Path, model: str) -> FastAPI:
    server, port = started(folder)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        server.terminate()
        server.wait()

    app = FastAPI(lifespan=lifespan)
    encode = SentenceTransformerEmbeddingFunction(model, device="cpu")
    paragraphs = connected(port).get_or_create_collection("paragraphs", embedding_function=encode)

    def shown(found: Any) -> list[dict[str, Any]]:
        columns = (found[name][0] for name in ("ids", "metadatas", "documents", "distances"))
        rows = zip(*columns, strict=True)
        return [{"id": id, "article": about["article"], "text": text, "distance": far} for id, about, text, far in rows]

    @app.post("/articles")
    def add(articles: list[dict[str, Any]] = Body()) -> dict[str, int]:
        rows = [(article["id"], n, text) for article in articles for n, text in enumerate(article["paragraphs"])]
        paragraphs.add(
            ids=[f"{article}/{n}" for article, n, _ in rows],
            metadatas=[{"article": article} for article, _, _ in rows],
            documents=[text for _, _, text in rows],
        )
        return {"added": len(rows)}

    @app.get("/search")
    def search(q: str) -> list[dict[str, Any]]:
        return shown(paragraphs.query(query_texts=[q], n_results=10))

    @app.get("/related/{article}")
    def related(article: str) -> list[dict[str, Any]]:
        own = paragraphs.get(where={"article": article}, include=["embeddings"])["embeddings"]
        return shown(paragraphs.query(query_embeddings=[np.mean(own, axis=0)], n_results=10))

    return app


def started(folder: Path) -> tuple["subprocess.Popen[bytes]", int]:
    """A Chroma server on a free port of its own."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder), "--host", "127.0.0.1"]
    return subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL), port


def connected(port: int) -> Any:
    """A client, once the server answers."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            return chromadb.HttpClient("127.0.0.1", port, settings=Settings(anonymized_telemetry=False))
        except ValueError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


if __name__ == "__main__":
    port, folder, model = sys.argv[1:]
    uvicorn.run(create_app(Path(folder), model), port=int(port), log_level="warning")
