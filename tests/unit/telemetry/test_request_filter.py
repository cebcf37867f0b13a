"""Filters against a table of rows, and questions that nobody should be able to ask."""

import sqlite3
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import CallerError
from ai_dashboard.telemetry.request_filter import FIELDS, read_filter, since
from ai_dashboard.telemetry.request_log import COLUMNS, STEPS

NOW = 1_790_000_000.0
ROWS: dict[str, dict[str, object]] = {
    "ok": {"provider": "ollama", "asked": "llama3.1:8b", "status": 200, "ttft_s": 0.3, "total_s": 1.0, "stream": 1,
           "prompt_tokens": 100, "completion_tokens": 50, "cost": 0},
    "slow": {"provider": "vllm", "asked": "qwen2.5:7b", "status": 200, "ttft_s": 2.5, "total_s": 90.0,
             "prompt_tokens": 5000, "completion_tokens": 10, "cost": 20_000_000, "tenant": "acme", "cached": "exact"},
    "failed": {"provider": "openai", "asked": "gpt-5", "status": 502, "error": "upstream_error",
               "message": "100% of_it 'is' down; --", "attempts": "[{}, {}]"},
    "refused": {"provider": "", "asked": "gpt-5", "status": 429, "error": "rate_limit_exceeded", "tenant": "acme"},
}  # fmt: skip


def table() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for step in STEPS:
        for statement in step.split(";"):
            connection.execute(statement)
    usual = dict.fromkeys(COLUMNS, "") | {
        "at": NOW, "status": 200, "stream": 0, "ttft_s": None, "total_s": 0.1, "overhead_s": 0, "prompt_tokens": None,
        "completion_tokens": None, "cached_tokens": None, "cost": None, "error": None, "attempts": "[{}]",
        "estimated": 0, "cached": None,
    }  # fmt: skip
    for name, different in ROWS.items():
        row = usual | {"id": name} | different
        connection.execute(
            f"INSERT INTO requests ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})",  # noqa: S608
            [row[column] for column in COLUMNS],
        )
    return connection


def found(text: str) -> list[str]:
    where = read_filter(text)
    connection = table()
    question = f"SELECT id FROM requests WHERE {where.sql} ORDER BY number"  # noqa: S608 - it is what is tested
    rows = connection.execute(question, where.bound).fetchall()
    connection.close()
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["ok", "slow", "failed", "refused"]),
        ("provider:ollama", ["ok"]),
        ("PROVIDER:Ollama", ["ok"]),
        ("provider:ollama,vllm", ["ok", "slow"]),
        ("asked:qwen*", ["slow"]),
        ("asked:gpt-?", ["failed", "refused"]),
        ("-asked:gpt-5", ["ok", "slow"]),
        ("status:>=400", ["failed", "refused"]),
        ("status:5xx,429", ["failed", "refused"]),
        ("status:200 provider:v*", ["slow"]),
        ("ttft:>2s", ["slow"]),
        ("ttft:>200ms ttft:<=300ms", ["ok"]),
        ("total:>=1.5m", ["slow"]),
        ("-ttft:>2s", ["ok", "failed", "refused"]),
        ("-error:upstream_error", ["ok", "slow", "refused"]),
        ("tokens:>5k", ["slow"]),
        ("tokens:150", ["ok"]),
        ("cost:>0", ["slow"]),
        ("cost:>=$0.02", ["slow"]),
        ("attempts:>1", ["failed"]),
        ("stream:yes", ["ok"]),
        ("stream:no tenant:acme", ["slow", "refused"]),
        ("hit:exact", ["slow"]),
        ("-hit:*", ["ok", "failed", "refused"]),
        ("gpt", ["failed", "refused"]),
        ("llama3.1:8b", ["ok"]),
        ("qwen2.5:7b", ["slow"]),
        ('"is\' down"', ["failed"]),
        ("100%", ["failed"]),
        ("of_it", ["failed"]),
        ("ofxit", []),
        ("-gpt", ["ok", "slow"]),
    ],
)
def test_filters(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("status:often", "`status` wants a number"),
        ("ttft:>soon", "`ttft` wants a number"),
        ("provdier:x", "there is no field 'provdier'"),
        ('"open', "a quote without its other half"),
        ("x " * 30, "more than 20 words"),
        ("x" * 501, "longer than 500"),
        ("stream:maybe", "yes or no"),
        ("status:>=1;DROP", "wants a number"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, complaint: str) -> None:
    with pytest.raises(CallerError) as error:
        read_filter(text)
    assert complaint in error.value.message


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("", "-")), st.sampled_from(("", *FIELDS)), st.text("'\";%_*?\\()-,><=0a ", max_size=8)
        ),
        max_size=5,
    )
)
def test_nothing_that_is_typed_becomes_sql(words: list[tuple[str, str, str]]) -> None:
    text = " ".join(f"{minus}{field}{':' if field else ''}{value}" for minus, field, value in words)
    try:
        assert set(found(text)) <= set(ROWS)
    except CallerError:
        pass


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90s", NOW - 90),
        ("1h", NOW - 3600),
        ("1.5d", NOW - 129600),
        ("2w", NOW - 1209600),
        ("1790000000.5", 1790000000.5),
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC).timestamp()),
        ("2026-11-21T13:00", datetime(2026, 11, 21, 13, tzinfo=UTC).timestamp()),
        ("2026-11-21T13:00+02:00", datetime(2026, 11, 21, 11, tzinfo=UTC).timestamp()),
    ],
)
def test_moments(text: str, at: float) -> None:
    assert since(text, NOW) == at


@pytest.mark.parametrize("text", ["", "yesterday", "1y", "-1h", "2026-13-01"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(CallerError, match="no moment"):
        since(text, NOW)
