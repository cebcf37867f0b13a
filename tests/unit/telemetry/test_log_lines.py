import json
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.logs import LogEvent, LogLevel
from ai_dashboard.telemetry.log_lines import FIELDS, as_json, as_text, read_line

EVENT = LogEvent(
    7, 1_790_000_000.125, LogLevel.WARNING, "llm_call_failed", "vllm failed", "qwen3", "vllm", 12.5, None, "4f2a",
    {"backend": "vllm", "error_type": "upstream_timeout", "retry_count": 1, "traceback": "x", "pid": 9},
)  # fmt: skip

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
facts = st.one_of(texts, st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
events = st.builds(
    LogEvent,
    st.just(0),
    st.integers(0, 4_000_000_000).map(float),
    st.sampled_from(LogLevel),
    texts,
    texts,
    st.none() | texts,
    st.none() | texts,
    st.none() | st.floats(0, 1e9),
    st.none() | st.booleans(),
    st.none() | texts,
    st.dictionaries(texts.filter(lambda name: name not in FIELDS), facts, max_size=4),
)


def test_a_line_has_every_field_and_what_belongs_to_the_event() -> None:
    line = json.loads(as_json(EVENT))
    assert list(line)[: len(FIELDS)] == list(FIELDS)
    assert line["timestamp"] == "2026-09-21T14:13:20.125Z"
    assert (line["level"], line["cache_hit"], line["latency_ms"]) == ("warning", None, 12.5)
    assert (line["backend"], line["error_type"], line["retry_count"]) == ("vllm", "upstream_timeout", 1)


def test_no_fact_takes_the_place_of_a_field() -> None:
    line = json.loads(as_json(replace(EVENT, context={"level": "none", "timestamp": 0})))
    assert (line["level"], line["timestamp"]) == ("warning", "2026-09-21T14:13:20.125Z")


@given(events)
def test_a_line_is_read_as_it_was_written(event: LogEvent) -> None:
    line = as_json(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert read_line(line) == event


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"{}", b'{"timestamp":"x","level":"info","event":"a"}', b'{"timestamp":1}',
     b'{"timestamp":"9999-12-31T23:59:59-23:59","level":"info","event":"a"}',
     b'{"timestamp":"0001-01-01T00:00:00+23:59","level":"info","event":"a"}',
     b'{"timestamp":"2026-09-21T14:13:20Z","level":"loud","event":"a"}', as_json(EVENT)[:50]],
)  # fmt: skip
def test_what_is_no_event_is_none(line: bytes) -> None:
    assert read_line(line) is None


def test_a_line_for_people_leaves_out_what_is_for_programs() -> None:
    text = as_text(EVENT)
    assert "WARNING llm_call_failed  vllm  qwen3  vllm failed  latency_ms=12.5  request=4f2a  backend=vllm" in text
    assert "traceback" not in text
    assert "pid" not in text


@given(st.text(max_size=40))
def test_nothing_in_a_line_for_people_is_obeyed_by_a_terminal(hostile: str) -> None:
    event = replace(EVENT, event=hostile, message=hostile, model=hostile, provider=hostile, context={hostile: hostile})
    assert as_text(event).isprintable()


def test_other_values_in_a_line_do_no_harm() -> None:
    line = orjson.dumps({
        "timestamp": "2026-09-21T14:13:20Z", "level": "info", "event": "a", "model": 7, "latency_ms": True,
        "cache_hit": "yes", "nested": {"a": 1}, "fine": 1,
    })  # fmt: skip
    event = read_line(line)
    assert event is not None
    assert (event.model, event.latency_ms, event.cache_hit, event.context) == (None, None, None, {"fine": 1})
