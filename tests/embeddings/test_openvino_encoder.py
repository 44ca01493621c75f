"""The same vectors, faster. The model is converted once for all test runs of a checkout."""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from embeddings import EncoderUnavailable, TextTooLong, conversion, load_encoder
from embeddings.fallback import FallbackEncoder
from embeddings.openvino_encoder import OpenVinoEncoder

pytest.importorskip("openvino")

TEXTS = [
    "Why was the general killed?",
    "",
    "a",
    "Fold the egg whites into the batter, and bake for forty minutes at 180 °C.",
    "Ὅμηρος, 東京, 😀 — “quoted” & <b>marked</b>",
    "word " * 254,
    *[f"Paragraph {number} is about {'apples and pears ' * number}" for number in range(1, 20)],
]


@pytest.fixture(scope="module")
def cache(pytestconfig) -> Path:
    return pytestconfig.cache.mkdir("encoders")


@pytest.fixture(scope="module")
def fast(cache) -> OpenVinoEncoder:
    encoder = OpenVinoEncoder(cache=cache)
    encoder.load()
    return encoder


def test_the_vectors_are_those_of_sentence_transformers(fast, minilm):
    vectors, expected = fast.encode(TEXTS), minilm.encode(TEXTS)
    assert vectors.dtype == np.float32
    assert (vectors * expected).sum(axis=1).min() > 0.999
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert fast.digest == minilm.digest
    assert (fast.window, fast.dimension, fast.name) == (minilm.window, minilm.dimension, minilm.name)
    assert fast.backend in ("openvino/cpu/bf16", "openvino/cpu/f32")
    assert fast.encode([]).shape == (0, 384)


SHORT = ["apples", "who was in Berlin in 1848", "the price of wheat", "why Rome fell", "ships"]
LONGER = ["of all that the committee said about ships, harbours and the price of wheat in 1848, little was new", *SHORT[:2]]


@pytest.mark.parametrize("texts", [*(SHORT[:count] for count in (2, 3, 4, 5)), LONGER, LONGER * 2])
def test_short_texts_together_have_the_vectors_that_they_have_alone(fast, texts):
    alone = np.concatenate([fast.encode([text]) for text in texts])
    assert (fast.encode(texts) * alone).sum(axis=1).min() > 0.9999


def test_a_text_that_would_be_cut_is_refused(fast):
    for bulk in (False, True):
        with pytest.raises(TextTooLong):
            fast.encode(["short", "word " * 255], bulk=bulk)


def test_bulk_work_makes_the_same_vectors(fast):
    one_by_one = np.concatenate([fast.encode([text]) for text in TEXTS])
    assert (fast.encode(TEXTS, bulk=True) * one_by_one).sum(axis=1).min() > 0.9999
    assert fast.encode([], bulk=True).shape == (0, 384)


def test_queries_while_bulk_work_runs_get_the_vectors_that_they_get_alone(fast):
    alone = fast.encode(TEXTS)
    at_work, found = threading.Event(), []

    def import_much() -> None:
        at_work.set()
        found.append(fast.encode(TEXTS * 4, bulk=True))

    thread = threading.Thread(target=import_much)
    thread.start()
    at_work.wait()
    with ThreadPoolExecutor(8) as pool:
        asked = np.concatenate(list(pool.map(lambda text: fast.encode([text]), TEXTS)))
    thread.join()
    assert (asked * alone).sum(axis=1).min() > 0.9999
    assert (found[0] * np.tile(alone, (4, 1))).sum(axis=1).min() > 0.9999


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of threads are Linux's")
def test_bulk_work_belongs_to_threads_of_low_priority(cache):
    before = niceness()
    encoder = OpenVinoEncoder(cache=cache)
    encoder.encode(["a text"])
    assert [nice for id, nice in niceness().items() if id not in before and nice > os.nice(0)] == []
    encoder.encode(["a text"], bulk=True)
    assert [nice for id, nice in niceness().items() if id not in before and nice > os.nice(0)]


@pytest.mark.skipif(sys.platform != "linux", reason="what is mapped is told as Linux tells it")
def test_of_mapped_weights_next_to_nothing_stays_in_memory(fast):
    fast.encode(TEXTS, bulk=True)
    fast.encode([text for text in TEXTS if text])
    assert mapped("model.bin") < 4_000_000


def mapped(name: str) -> int:
    """Bytes that are in memory of files of that name."""
    count, here = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first = line.split(maxsplit=1)[0]
        if "-" in first:
            here = line.endswith(f"/{name}")
        elif here and first == "Rss:":
            count += int(line.split()[1]) * 1024
    return count


def niceness() -> dict[str, int]:
    """By thread of this process."""
    return {id: os.getpriority(os.PRIO_PROCESS, int(id)) for id in os.listdir("/proc/self/task")}


def test_a_warm_process_loads_no_torch_connects_nowhere_and_prints_nothing(fast, cache):
    code = (
        "import sys\n"
        "def refuse(event, values):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'subprocess.Popen'): raise RuntimeError(event)\n"
        "sys.addaudithook(refuse)\n"
        "from pathlib import Path; import embeddings\n"
        f"encoder = embeddings.load_encoder(cache=Path({str(cache)!r}), device='cpu')\n"
        "print(encoder.encode(['a text']).shape, encoder.backend)\n"
        "print([name for name in ('torch', 'sentence_transformers', 'transformers') if name in sys.modules])\n"
        "print(sys.modules['openvino_telemetry'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"(1, 384) {fast.backend}", "[]", "None"]
    assert done.stderr == ""


def test_a_model_that_cannot_be_converted_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(conversion, "_CONVERT", "import sys; sys.exit('an operation is not known')")
    with pytest.raises(EncoderUnavailable, match="cannot be converted for OpenVINO: an operation is not known"):
        OpenVinoEncoder(cache=tmp_path).load()


def test_other_vectors_are_not_passed_off_as_the_models(fast, cache, tmp_path):
    converted = cache / conversion.folder_name(fast.digest, "f16")
    copy = tmp_path / converted.name
    copy.mkdir()
    for file in converted.glob("*.*"):
        (copy / file.name).symlink_to(file)
    turned = np.load(converted / "probes.npy")[:, ::-1]
    (copy / "probes.npy").unlink()
    np.save(copy / "probes.npy", turned)
    manifest = json.loads((converted / "manifest.json").read_text())
    (copy / "manifest.json").unlink()
    (copy / "manifest.json").write_text(
        json.dumps(manifest | {"probes.npy": sha256((copy / "probes.npy").read_bytes()).hexdigest()})
    )
    with pytest.raises(EncoderUnavailable, match="are not those of sentence-transformers"):
        OpenVinoEncoder(cache=tmp_path).load()


def test_damaged_plans_are_made_again(fast, cache, tmp_path):
    converted = cache / conversion.folder_name(fast.digest, "f16")
    copy = tmp_path / converted.name
    copy.mkdir()
    for file in converted.iterdir():
        if file.is_file():
            (copy / file.name).symlink_to(file)
    OpenVinoEncoder(cache=tmp_path).load()
    plans = list((copy / "compiled").iterdir())
    assert plans
    for plan in plans:
        plan.chmod(0o644)
        plan.write_bytes(plan.read_bytes()[: plan.stat().st_size // 2])
    np.testing.assert_array_equal(OpenVinoEncoder(cache=tmp_path).encode(TEXTS[:4]), fast.encode(TEXTS[:4]))


def test_int8_is_a_model_of_its_own(fast, cache):
    encoder = load_encoder(cache=cache, device="cpu", precision="int8")
    assert encoder.digest != fast.digest
    assert (encoder.name, encoder.dimension, encoder.window) == (fast.name, fast.dimension, fast.window)
    for impossible in ({"backend": "sentence-transformers", "cache": cache}, {"device": "cuda", "cache": cache}, {"cache": None}):
        with pytest.raises(EncoderUnavailable, match="int8"):
            load_encoder(precision="int8", **impossible)


def test_int8_without_what_converts_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nncf", None)
    with pytest.raises(EncoderUnavailable, match=r"pip install 'backfile\[int8\]'"):
        OpenVinoEncoder(cache=tmp_path, precision="int8").load()


@pytest.mark.slow  # its conversion takes a minute
def test_int8_is_close_to_what_sentence_transformers_makes(cache, minilm):
    pytest.importorskip("nncf")
    encoder = OpenVinoEncoder(cache=cache, precision="int8")
    ordinary = [text for text in TEXTS if len(set(text.split())) != 1]
    cosines = (encoder.encode(ordinary, bulk=True) * minilm.encode(ordinary)).sum(axis=1)
    assert encoder.backend == "openvino/cpu/int8"
    assert cosines.min() > 0.96
    assert cosines.mean() > 0.985


def test_sentence_transformers_stands_in_and_says_so(tmp_path, minilm, caplog):
    (tmp_path / "no-folder").write_text("")
    encoder = FallbackEncoder(OpenVinoEncoder(cache=tmp_path / "no-folder"), minilm)
    assert encoder.encode(["a text"]).shape == (1, 384)
    assert encoder.backend == "sentence-transformers/cpu"
    assert "Encoding runs on sentence-transformers/cpu, which is slower. OpenVINO cannot run" in caplog.text


def test_encoders_of_other_vectors_do_not_stand_in(minilm):
    with pytest.raises(ValueError, match="different vectors"):
        FallbackEncoder(minilm, load_encoder("hashing"))


def test_the_backend_can_be_chosen(cache):
    assert load_encoder(cache=cache, device="cpu").backend == "openvino/cpu"
    assert load_encoder(cache=cache, device="cpu", backend="sentence-transformers").backend == "sentence-transformers/cpu"
    assert load_encoder(device="cpu").backend == "sentence-transformers/cpu"
    with pytest.raises(EncoderUnavailable, match="needs a folder"):
        load_encoder(backend="openvino")
