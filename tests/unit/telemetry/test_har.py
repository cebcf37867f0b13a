"""Archives held against the structure that HAR 1.2 prescribes."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.request_log import LoggedRequest
from ai_dashboard.telemetry.har import as_har

REQUEST = LoggedRequest(
    number=1, id="0000000000000001", at=1_790_000_000.0, tenant="acme", key_id="key_1", dialect="openai", method="POST",
    path="/v1/chat/completions?a=b", asked="llama3.1:8b", provider="home", model="llama3.1:8b", stage="done",
    status=200, stream=True, ttft_s=0.3, total_s=1.2, overhead_s=0.0005, prompt_tokens=100, completion_tokens=50,
    cached_tokens=0, reasoning_tokens=0, estimated=False, cost=0.0012, error=None, message="", warnings=(),
    stages={"queue": 0.1}, attempts=({"provider": "home"},),
)  # fmt: skip

NUMBER = (int, float)
SHAPES: dict[str, dict[str, tuple[type, ...]]] = {
    "log": {"version": (str,), "creator": (dict,), "entries": (list,)},
    "creator": {"name": (str,), "version": (str,)},
    "entry": {"startedDateTime": (str,), "time": NUMBER, "request": (dict,), "response": (dict,), "cache": (dict,),
              "timings": (dict,)},
    "request": {"method": (str,), "url": (str,), "httpVersion": (str,), "cookies": (list,), "headers": (list,),
                "queryString": (list,), "headersSize": (int,), "bodySize": (int,)},
    "response": {"status": (int,), "statusText": (str,), "httpVersion": (str,), "cookies": (list,), "headers": (list,),
                 "content": (dict,), "redirectURL": (str,), "headersSize": (int,), "bodySize": (int,)},
    "content": {"size": (int,), "mimeType": (str,)},
    "timings": {"send": NUMBER, "wait": NUMBER, "receive": NUMBER},
    "postData": {"mimeType": (str,), "text": (str,), "params": (list,)},
    "queryString": {"name": (str,), "value": (str,)},
}  # fmt: skip
"""The fields that every object of the format must have, and their types."""


def check(name: str, value: dict[str, Any]) -> None:
    for field, types in SHAPES[name].items():
        assert isinstance(value[field], types), f"{name}.{field}"


def check_archive(text: str) -> list[dict[str, Any]]:
    log = orjson.loads(text)["log"]
    check("log", log)
    check("creator", log["creator"])
    assert log["version"] == "1.2"
    for entry in log["entries"]:
        check("entry", entry)
        assert datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None
        check("request", entry["request"])
        assert entry["request"]["url"].startswith("http://127.0.0.1:4000/")
        for pair in entry["request"]["queryString"]:
            check("queryString", pair)
        if "postData" in entry["request"]:
            check("postData", entry["request"]["postData"])
        check("response", entry["response"])
        check("content", entry["response"]["content"])
        check("timings", entry["timings"])
        spent = [it for name, it in entry["timings"].items() if name != "ssl" and it >= 0]
        assert sum(spent) == pytest.approx(entry["time"], abs=0.01)
    entries: list[dict[str, Any]] = log["entries"]
    return entries


def archive(*requests: LoggedRequest) -> str:
    return "".join(as_har(requests, "http://127.0.0.1:4000"))


def test_a_request_as_an_entry() -> None:
    [entry] = check_archive(archive(REQUEST))
    assert entry["startedDateTime"] == "2026-09-21T14:13:20.000+00:00"
    assert entry["request"]["url"] == "http://127.0.0.1:4000/v1/chat/completions?a=b"
    assert entry["request"]["queryString"] == [{"name": "a", "value": "b"}]
    assert (entry["response"]["status"], entry["response"]["statusText"]) == (200, "OK")
    assert [entry["timings"][name] for name in ("blocked", "wait", "receive")] == [100, 200, 900]
    assert "postData" not in entry["request"]


def test_bodies_are_there_where_the_log_has_them() -> None:
    [entry] = check_archive(archive(replace(REQUEST, request_body='{"ä":1}', response_body="ok", stream=False)))
    assert (entry["request"]["bodySize"], entry["request"]["postData"]["text"]) == (8, '{"ä":1}')
    assert entry["response"]["content"] == {"size": 2, "mimeType": "application/json", "text": "ok"}


def test_no_row_is_an_archive_too() -> None:
    assert check_archive(archive()) == []


@given(
    st.lists(
        st.builds(
            replace,
            st.just(REQUEST),
            status=st.integers(0, 999),
            ttft_s=st.none() | st.floats(0.1, 1.2),
            path=st.sampled_from(("", "/x", "/x?y=%41&z")),
            dialect=st.sampled_from(("openai", "google", "new")),
            message=st.text(max_size=20),
        ),
        max_size=4,
    )
)
def test_whatever_is_in_the_log_is_a_valid_archive(requests: list[LoggedRequest]) -> None:
    assert len(check_archive(archive(*requests))) == len(requests)
