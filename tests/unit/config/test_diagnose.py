from collections.abc import Callable

import pytest

from ai_dashboard.config.load import Loaded

Read = Callable[..., Loaded]

NO_ADDRESS = "error providers.p.base_url: this is not an http or https address"


def said(loaded: Loaded) -> list[str]:
    return [f"{finding.severity} {finding.path}: {finding.message}" for finding in loaded.diagnostics]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("type: vllm", "error providers.p.base_url: an active provider needs a `base_url`"),
        ("type: demo", "error providers.p.base_url: an active provider needs a `base_url`"),
        ("type: vllm, base_url: 'gpu:8000'", NO_ADDRESS),
        (
            "type: vllm, base_url: 'http://<host>:PORT'",
            NO_ADDRESS,
        ),
        (
            "type: vllm, base_url: 'http://me:secret@gpu:8000'",
            "error providers.p.base_url: the address holds a user name or password",
        ),
        (
            "type: vllm, base_url: 'http://gpu:8000/v1?key=secret'",
            "error providers.p.base_url: the address holds a `?` or `#`",
        ),
    ],
)
def test_addresses(read: Read, entry: str, message: str) -> None:
    loaded = read(f"providers: {{p: {{{entry}}}}}")
    assert loaded.config is None
    assert said(loaded) == [message]


@pytest.mark.parametrize("status", ["disabled", "template"])
def test_unused_entries_may_hold_placeholders(read: Read, status: str) -> None:
    entry = f"type: vllm, status: {status}, base_url: 'http://<x>:PORT', api_key: '${{A}}', env_var: B"
    loaded = read(f"providers: {{p: {{{entry}}}}}")
    assert said(loaded) == []
    assert loaded.config is not None


@pytest.mark.parametrize(
    ("entry", "env", "messages"),
    [
        ("type: openai", {}, ["warning providers.p.requires_api_key: its key is missing: OPENAI_API_KEY is not set"]),
        ("type: openai", {"OPENAI_API_KEY": "k"}, []),
        (
            "type: openai, env_var: MINE",
            {"OPENAI_API_KEY": "k"},
            ["warning providers.p.env_var: its key is missing: MINE is not set"],
        ),
        ("type: openai, api_key: k", {}, []),
        (
            "type: openai, api_key: os.environ/MINE",
            {},
            ["warning providers.p.api_key: the environment variable MINE is not set"],
        ),
        ("type: openai, requires_api_key: false, env_var: MINE", {}, []),
        ("type: ollama", {}, []),
        (
            "type: google",
            {},
            ["warning providers.p.requires_api_key: its key is missing: GEMINI_API_KEY or GOOGLE_API_KEY is not set"],
        ),
        (
            "type: vllm, base_url: 'http://gpu', requires_api_key: true",
            {},
            ["warning providers.p.requires_api_key: it requires a key, and nothing says where it is"],
        ),
    ],
)
def test_keys(read: Read, entry: str, env: dict[str, str], messages: list[str]) -> None:
    assert said(read(f"providers: {{p: {{{entry}}}}}", env=env)) == messages


@pytest.mark.parametrize(
    ("first", "second", "collide"),
    [
        ("http://127.0.0.1:8000", "http://localhost:8000/v1", True),
        ("http://gpu:8000", "http://gpu:8000", True),
        ("http://gpu:8000", "http://gpu2:8000", False),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8001", False),
        ("https://a.example", "https://a.example", False),
    ],
)
def test_ports(read: Read, first: str, second: str, collide: bool) -> None:
    loaded = read(f"providers: {{a: {{type: vllm, base_url: '{first}'}}, b: {{type: vllm, base_url: '{second}'}}}}")
    assert said(loaded) == ["warning providers.b.base_url: port 8000 is the port of `a`, too"] * collide


@pytest.mark.parametrize(
    ("gateway", "count"),
    [
        ("listen: {host: 0.0.0.0}", 1),
        ("listen: {host: 192.168.1.2}", 1),
        ("listen: {host: 0.0.0.0}\nauth: {master_key: k}", 0),
        ("listen: {host: localhost}", 0),
        ("listen: {host: '::1'}", 0),
    ],
)
def test_listening_to_everybody_without_a_key(read: Read, gateway: str, count: int) -> None:
    found = read(gateway=gateway).diagnostics
    assert [finding.path for finding in found] == ["listen.host"] * count


def test_sections_without_effect_are_said_once(read: Read) -> None:
    loaded = read(
        "providers: {p: {type: ollama, models: [m]}}",
        """
load_balancing: {m: {providers: [p]}}
routing_rules:
  request_metadata_routing: {a: {provider: p, condition: stream}}
  model_size_routing: [{size: 8B, provider: p}]
special_cases: {a: 1}
custom_strategies: {a: 1}
capabilities: {c: {provider: p, strategy: direct}, d: {provider: p, strategy: direct}}
metadata: {a: 1}
notes: x
""",
    )
    assert sorted(finding.path for finding in loaded.diagnostics) == ["custom_strategies", "special_cases"]
    assert {finding.severity.value for finding in loaded.diagnostics} == {"info"}
