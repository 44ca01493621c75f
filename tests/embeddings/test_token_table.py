"""The table of tokens' vectors: taken out of a graph, the graph gives the same for the rows as it gave for the ids."""

from typing import Any

import numpy as np
import pytest

from embeddings.openvino_models import IDS, Requests, import_openvino
from embeddings.token_table import INPUT, TokenTable, save, taken_out

pytest.importorskip("openvino")

openvino = import_openvino(to_convert=True)
TABLE = np.random.default_rng(5).normal(size=(20, 4)).astype(np.float16)
ASKED = np.array([[3, 19, 0], [7, 7, 1]], np.int64)


def looking_up(table: np.ndarray) -> Any:
    """A graph that doubles the rows of the ids."""
    ops = openvino.opset13
    ids = ops.parameter([-1, -1], openvino.Type.i64, name=IDS)
    ids.output(0).set_names({IDS})
    rows = ops.gather(ops.convert(ops.constant(table), "f32"), ops.convert(ids, "i32"), ops.constant(np.int32(0)))
    return openvino.Model([ops.multiply(rows, ops.constant(np.float32(2)))], [ids])


def answer(model: Any, **inputs: np.ndarray) -> np.ndarray:
    return openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(inputs)[0]


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_a_graph_without_its_table_gives_the_same(kind, tmp_path):
    model = looking_up(TABLE.astype(kind))
    before = answer(model, **{IDS: ASKED})
    table = taken_out(openvino, model, IDS)
    assert table is not None
    np.testing.assert_array_equal(table, TABLE)
    save(table, tmp_path)
    read = TokenTable(tmp_path)
    rows = read.rows(ASKED)
    read.give_back()
    np.testing.assert_array_equal(rows, read.rows(ASKED))
    inputs = {name: value for name, value in ((IDS, ASKED), (INPUT, rows)) if name in {each.any_name for each in model.inputs}}
    np.testing.assert_array_equal(answer(model, **inputs), before)


def test_a_graph_with_another_kind_of_table_keeps_it(tmp_path):
    model = looking_up(np.arange(80, dtype=np.int8).reshape(20, 4))
    before = answer(model, **{IDS: ASKED})
    assert taken_out(openvino, model, IDS) is None
    assert taken_out(openvino, looking_up(TABLE), "something_else") is None
    assert [each.any_name for each in model.inputs] == [IDS]
    np.testing.assert_array_equal(answer(model, **{IDS: ASKED}), before)
    with pytest.raises(FileNotFoundError):
        TokenTable(tmp_path)


def test_what_long_texts_need_goes_when_nobody_has_had_any_lately(monkeypatch):
    made: list[int | None] = []
    now = 0.0
    monkeypatch.setattr("embeddings.openvino_models.time.monotonic", lambda: now)

    def make(length: int | None) -> object:
        made.append(length)
        return object()

    requests = Requests(make)
    short, long = requests.of(16), requests.of(None)
    now = 9.0
    assert requests.of(16) is short
    assert requests.of(None) is long
    now = 18.0
    assert requests.of(32)
    assert requests.of(None) is long
    now = 29.0
    assert requests.of(16) is short
    assert requests.of(None) is not long
    assert made == [16, None, 32, None]
