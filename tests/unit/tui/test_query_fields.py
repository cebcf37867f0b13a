from dataclasses import replace

import pytest

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.records import Stage
from ai_dashboard.tui.query_fields import FIELDS, NumberField, TextField
from tests.tui.fakes import plan, record, running

FULL = record(
    4,
    stage=Stage.FAILED,
    status=502,
    error="upstream_error",
    facts=RouteFacts("chat", capability="code", user="42"),
    tenant="acme",
    key_id="key-1",
    cost=20_000_000,
    cached="exact",
    plan=replace(plan(), strategy="latency_based"),
)

TEXTS = {
    "provider": ["vllm"],
    "model": ["qwen3-32b"],
    "asked": ["chat"],
    "tenant": ["acme"],
    "key": ["key-1"],
    "cached": ["exact"],
    "user": ["42"],
    "capability": ["code"],
    "stage": ["failed"],
    "error": ["upstream_error"],
    "tried": ["openai", "vllm"],
    "failed": ["openai"],
    "kind": ["first", "first"],
    "rule": ["capabilities.general_chat"],
    "strategy": ["latency_based"],
    "dialect": ["openai"],
    "stream": ["yes"],
    "id": ["req-000004"],
}
NUMBERS = {
    "status": 502, "ttft": 0.088, "total": 1.21, "own": 0.0004, "queued": 0.0, "in": 812, "out": 240, "cost": 0.02,
    "tries": 2,
}  # fmt: skip


def test_every_field_reads_what_it_says() -> None:
    read = {name: list(one.read(FULL)) for name, one in FIELDS.items() if isinstance(one, TextField)}
    assert read == TEXTS
    assert {name: one.read(FULL) for name, one in FIELDS.items() if isinstance(one, NumberField)} == NUMBERS


@pytest.mark.parametrize("name", FIELDS)
def test_every_example_is_a_value_of_its_field(name: str) -> None:
    for value in FIELDS[name].example.split(","):
        assert callable(FIELDS[name].test(value))


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_not_known_is_like_nothing(name: str) -> None:
    bare = record(
        0, status=0, provider="", model="", asked="", ttft_s=None, usage=None, attempts=(), plan=None, dialect="",
        id="", stage=Stage.WAITING,
    )  # fmt: skip
    known = {"stage", "stream", "total", "queued", "tries"}
    test = FIELDS[name].test(
        "*" if isinstance(FIELDS[name], TextField) else ">=0s" if name in ("ttft", "total", "own", "queued") else ">=0"
    )
    assert not isinstance(test, str)
    assert test(bare) == (name in known)


def test_the_gateways_own_share_is_known_at_the_end() -> None:
    own = FIELDS["own"]
    assert own.read(running(1)) is None
    assert own.read(record(1)) == 0.0004


@pytest.mark.parametrize(
    ("name", "value", "holds"),
    [
        ("provider", "VLLM", True),
        ("provider", "vl", False),
        ("model", "qwen*", True),
        ("tried", "openai", True),
        ("failed", "openai", True),
        ("failed", "vllm", False),
        ("status", "5xx", True),
        ("ttft", ">2s", False),
    ],
)
def test_fields_are_compared(name: str, value: str, holds: bool) -> None:
    test = FIELDS[name].test(value)
    assert not isinstance(test, str)
    assert test(FULL) is holds


def test_a_number_that_is_none_says_so() -> None:
    assert FIELDS["status"].test("ok") == "“ok” is no number; write 200, 4xx, >=400 or 400..499"
