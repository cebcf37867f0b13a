import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.tui.har import as_har, as_jsonl, entry
from tests.tui.fakes import hostile_record, record, running

ROOT = "http://127.0.0.1:4000"
TIMES = st.floats(0, 1e4)


def test_an_archive_has_what_the_format_wants() -> None:
    log = json.loads(as_har([record(1), record(4, dialect="google"), running(1)], ROOT))["log"]
    assert log["version"] == "1.2"
    assert set(log) == {"version", "creator", "pages", "entries"}
    for one in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(one)
        assert set(one["timings"]) == {"blocked", "dns", "connect", "ssl", "send", "wait", "receive"}
        assert datetime.fromisoformat(one["startedDateTime"]).tzinfo is not None
        assert {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"} <= set(
            one["request"]
        )
        assert {"status", "statusText", "content", "redirectURL"} <= set(one["response"])
    assert log["entries"][1]["request"]["url"] == f"{ROOT}/v1beta/models/chat:streamGenerateContent?alt=sse"
    assert log["entries"][1]["request"]["queryString"] == [{"name": "alt", "value": "sse"}]


def test_an_entry_says_what_became_of_the_request() -> None:
    one = entry(record(4), ROOT)
    assert one["response"]["status"] == 200  # type: ignore[index]
    assert one["response"]["statusText"] == "OK"  # type: ignore[index]
    assert (one["_id"], one["_provider"], one["_rule"]) == ("req-000004", "vllm", "capabilities.general_chat")
    assert len(one["_attempts"]) == 2  # type: ignore[arg-type]
    assert entry(record(1, status=599), ROOT)["response"]["statusText"] == ""  # type: ignore[index]


@given(TIMES, TIMES, st.none() | TIMES)
def test_the_parts_of_a_time_are_none_of_them_less_than_nothing(
    begun: float, total: float, first: float | None
) -> None:
    attempt = record(1).attempts[0]
    one = record(1, total_s=total, ttft_s=first, attempts=(type(attempt)("p", "m", "", begun, None, total, 200, None),))
    timings = entry(one, ROOT)["timings"]
    assert isinstance(timings, dict)
    assert all(timings[name] >= 0 for name in ("blocked", "send", "wait", "receive"))


def test_the_parts_of_a_time_make_up_the_whole() -> None:
    timings = entry(record(1), ROOT)["timings"]
    assert isinstance(timings, dict)
    assert timings["blocked"] + timings["wait"] + timings["receive"] == pytest.approx(1210.0)


def test_a_line_of_json_has_everything() -> None:
    facts = RouteFacts("chat", needs=frozenset({"tools", "json"}), tenant="acme")
    lines = as_jsonl([record(1, facts=facts), hostile_record(2)]).splitlines()
    first, second = map(json.loads, lines)
    assert first["facts"]["needs"] == ["json", "tools"]
    assert first["usage"]["prompt_tokens"] == 812
    assert second["stage"] == "failed"
    assert all(line.isascii() for line in lines)
    assert as_jsonl([]) == ""
