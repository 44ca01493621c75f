import subprocess
import sys

HEAVY = {"torch", "faiss", "sentence_transformers", "transformers", "openvino", "trafilatura", "sklearn", "scipy"}


def loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_importing_the_archive_loads_nothing_heavy() -> None:
    assert not HEAVY & loaded_after("import archive, archive.archive, archive.parsing; archive.Archive, archive.Settings")
    assert "sqlalchemy" not in loaded_after("import archive")
