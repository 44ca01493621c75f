"""What the tutorials write: FastAPI, SentenceTransformer.encode, faiss.IndexFlatIP and SQLite, in one file.

python -m evals.baselines.tutorial PORT FOLDER MODEL
"""

import sqlite3
import sys
from pathlib import Path
from threading import Lock
from typing import Any

import faiss
import numpy as np
import uvicorn
from fastapi import Body, FastAPI
from numpy.typing import NDArray


def load(model: str) -> Any:
    if model == "hashing":
        from embeddings.hashing import HashingEncoder

        return HashingEncoder()
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(model, device="cpu")


def create_app(folder: Path, model: str) -> FastAPI:
    app, encoder, lock = FastAPI(), load(model), Lock()
    folder.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(folder / "tutorial.db", check_same_thread=False)
    db.execute("CREATE TABLE IF NOT EXISTS paragraphs (id INTEGER PRIMARY KEY, article TEXT, text TEXT, vector BLOB)")
    stored = [np.frombuffer(vector, np.float32) for (vector,) in db.execute("SELECT vector FROM paragraphs ORDER BY id")]
    index = faiss.IndexFlatIP(len(encode(encoder, ["dimension"])[0]))
    if stored:
        index.add(np.stack(stored))

    def nearest(vector: NDArray[np.float32]) -> list[dict[str, Any]]:
        scores, ids = index.search(vector[None], 10)
        found = zip(scores[0].tolist(), ids[0].tolist(), strict=True)
        query = "SELECT article, text FROM paragraphs WHERE id = ?"
        with lock:
            rows = [(score, db.execute(query, (id,)).fetchone()) for score, id in found if id >= 0]
        return [{"score": score, "article": article, "text": text} for score, (article, text) in rows]

    @app.post("/articles")
    def add(articles: list[dict[str, Any]] = Body()) -> dict[str, int]:
        paragraphs = [(article["id"], text) for article in articles for text in article["paragraphs"]]
        vectors = encode(encoder, [text for _, text in paragraphs])
        with lock, db:
            rows = [(index.ntotal + n, article, text, vectors[n].tobytes()) for n, (article, text) in enumerate(paragraphs)]
            db.executemany("INSERT INTO paragraphs VALUES (?, ?, ?, ?)", rows)
            index.add(vectors)
        return {"added": len(paragraphs)}

    @app.get("/search")
    def search(q: str) -> list[dict[str, Any]]:
        return nearest(encode(encoder, [q])[0])

    @app.get("/related/{article}")
    def related(article: str) -> list[dict[str, Any]]:
        with lock:
            own = [row[0] for row in db.execute("SELECT vector FROM paragraphs WHERE article = ?", (article,))]
        return nearest(np.mean([np.frombuffer(vector, np.float32) for vector in own], axis=0))

    return app


def encode(encoder: Any, texts: list[str]) -> NDArray[np.float32]:
    return np.asarray(encoder.encode(texts), np.float32)


if __name__ == "__main__":
    port, folder, model = sys.argv[1:]
    uvicorn.run(create_app(Path(folder), model), port=int(port), log_level="warning")
