import threading

import pytest

from embeddings.cache import built


class Builder:
    def __init__(self) -> None:
        self.builds = 0

    def __call__(self, folder) -> None:
        self.builds += 1
        (folder / "weights").write_bytes(b"weights" * 1_000)
        (folder / "plan").write_text("plan")


def test_it_is_built_once(tmp_path):
    build = Builder()
    folder = built(tmp_path / "deep" / "model", build)
    assert built(folder, build) == folder
    assert (folder / "plan").read_text() == "plan"
    assert build.builds == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "weights").write_bytes(b"weights" * 999),
        lambda folder: (folder / "weights").write_bytes(b"Weights" + b"weights" * 999),
        lambda folder: (folder / "plan").unlink(),
        lambda folder: (folder / "manifest.json").unlink(),
        lambda folder: (folder / "manifest.json").write_text("[]"),
        lambda folder: (folder / "manifest.json").write_text('{"weights": '),
    ],
)
def test_a_damaged_one_is_built_again(tmp_path, damage):
    build = Builder()
    folder = built(tmp_path / "model", build)
    damage(folder)
    built(folder, build)
    assert build.builds == 2
    assert (folder / "weights").read_bytes() == b"weights" * 1_000
    built(folder, build)
    assert build.builds == 2


def test_an_interrupted_build_counts_for_nothing(tmp_path):
    def interrupted(folder) -> None:
        (folder / "half").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        built(tmp_path / "model", interrupted)
    folder = built(tmp_path / "model", Builder())
    assert sorted(file.name for file in folder.iterdir()) == ["manifest.json", "plan", "weights"]


def test_those_who_ask_at_once_get_one_build(tmp_path):
    build = Builder()
    threads = [threading.Thread(target=built, args=(tmp_path / "model", build)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert build.builds == 1
