"""txtai's own API server, started as its documentation says: a configuration, and uvicorn on `txtai.api:app`.

.venv-peers/bin/python -m evals.baselines.txtai PORT FOLDER MODEL
"""

import os
import sys
from pathlib import Path

import uvicorn


def configuration(folder: Path, model: str) -> str:
    """Texts are kept beside the vectors, and the index is written to disk with each `upsert`."""
    return f"""
path: {folder / "index"}
writable: true
embeddings:
  path: {model}
  content: true
  gpu: false
"""


if __name__ == "__main__":
    port, folder, model = sys.argv[1:]
    Path(folder).mkdir(parents=True, exist_ok=True)
    os.environ["CONFIG"] = configuration(Path(folder), model)
    uvicorn.run("txtai.api:app", port=int(port), log_level="warning")
