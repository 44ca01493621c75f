import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def samples() -> Path:
    return ROOT / "samples"


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real articles beside the project, where there is one."""
    folder = Path(os.environ.get("BACKFILE_COLLECTIONS", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no folder of real articles: set BACKFILE_COLLECTIONS")
    return folder
