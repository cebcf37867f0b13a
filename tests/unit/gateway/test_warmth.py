"""What servers say of themselves, and what they cannot be taken to say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.gateway.warmth import SILENT, Engine, busy_at_vllm, read, read_llama_cpp, read_ollama

NOON = 1_770_000_000.0


def ollama(*models: Any) -> Engine:  # noqa: ANN401 - whatever stands in a list
    return read_ollama(json.dumps({"models": models}).encode())


@pytest.mark.parametrize(
    ("entry", "share", "until"),
    [
        ({"size": 100, "size_vram": 100, "expires_at": "2026-02-02T02:40:00Z"}, 1.0, NOON),
        ({"size": 100, "size_vram": 60, "expires_at": "2026-02-02T03:40:00.123456789+01:00"}, 0.6, NOON + 0.123456),
        ({"size": 100, "size_vram": 0}, 0.0, None),
        ({"size": 100, "size_vram": 101, "expires_at": "soon"}, None, None),
        ({"size": 0, "size_vram": 0, "expires_at": 7}, None, None),
        ({"size_vram": "all"}, None, None),
    ],
)
def test_ollama_says_what_it_holds_where_and_until_when(
    entry: dict[str, Any], share: float | None, until: float | None
) -> None:
    found = ollama({"name": "m:8b"} | entry)
    assert found.loaded == {"m:8b": share}
    assert found.until == (pytest.approx(until) if until is not None else None)


def test_ollama_says_how_much_vram_each_model_takes() -> None:
    found = ollama({"name": "a", "size_vram": 5}, {"name": "b", "size_vram": -1}, {"name": "c", "size_vram": "all"})
    assert found.vram == {"a": 5}


def test_the_first_to_go_counts() -> None:
    ends = ("2026-02-02T03:40:00Z", "2026-02-02T02:40:00Z")
    assert ollama(*({"name": end, "expires_at": end} for end in ends)).until == NOON


@pytest.mark.parametrize(
    ("model", "held", "in_vram"), [("m", True, 0.5), ("m:latest", True, 0.5), ("n:8b", True, 1.0), ("n", False, None)]
)
def test_the_usual_tag_need_not_be_said(model: str, held: bool, in_vram: float | None) -> None:
    engine = Engine({"m:latest": 0.5, "n:8b": 1.0})
    assert (engine.tells, engine.holds(model), engine.in_vram(model)) == (True, held, in_vram)


def test_who_has_loaded_everything_holds_whatever_it_is_asked_for() -> None:
    assert (Engine(everything=True).tells, Engine(everything=True).holds("any")) == (True, True)
    assert (SILENT.tells, SILENT.holds("any"), SILENT.in_vram("any")) == (False, None, None)


def test_llama_cpp_says_how_many_requests_it_takes() -> None:
    listing = b'{"data":[{"id":"m.gguf"}]}'
    assert read_llama_cpp(b'{"total_slots":4}', listing) == Engine(everything=True, slots=4)
    for told in (b"", b"[]", b'{"total_slots":0}', b'{"total_slots":"4"}'):
        assert read_llama_cpp(told, listing) == Engine(everything=True)


def test_a_llama_cpp_router_says_which_models_are_loaded() -> None:
    states = {"a": "loaded", "b": "unloaded", "c": "loading", "d": "sleeping"}
    listing = {"data": [{"id": name, "status": {"value": state}} for name, state in states.items()]}
    found = read_llama_cpp(b"", json.dumps(listing).encode())
    assert [found.holds(model) for model in states] == [True, False, False, False]


METRICS = b"""# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_running{engine="1",model_name="m"} 1.0
vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
vllm:num_requests_waiting_by_reason{reason="capacity"} 9.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.93
"""


@pytest.mark.parametrize(
    ("told", "busy"),
    [
        (METRICS, 6),
        (b"vllm:num_requests_running 0.0\n", 0),
        (b"vllm:num_requests_running NaN\n", None),
        (b"vllm:num_requests_running -1\n", None),
        (b"vllm:num_requests_running +Inf\n", None),
        (b"vllm:num_requests_running many\n", None),
        (b"go_goroutines 3\n", None),
        (b"", None),
    ],
)
def test_vllm_says_how_many_requests_it_has(told: bytes, busy: int | None) -> None:
    assert busy_at_vllm(told) == busy
    assert read("vllm", told, b"") == Engine(everything=True, busy=busy)


@given(st.sampled_from(("ollama", "llama_cpp", "vllm", "openai")), st.binary(), st.binary())
def test_whatever_is_told_is_survived(kind: str, told: bytes, listing: bytes) -> None:
    assert read(kind, told, listing).loaded is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


@given(json_values)
def test_whatever_stands_in_an_entry_is_survived(value: object) -> None:
    keys = ("name", "size", "size_vram", "expires_at", "id", "status")
    entry = dict.fromkeys(keys, value)
    told = json.dumps({"models": [entry, value], "data": [entry, value], "total_slots": value}).encode()
    for kind in ("ollama", "llama_cpp"):
        engine = read(kind, told, told)
        assert engine.slots is None or engine.slots > 0
