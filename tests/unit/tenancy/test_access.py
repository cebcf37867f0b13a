import pytest

from ai_dashboard.core.errors import Forbidden, ModelNotAllowed
from ai_dashboard.core.tenancy import Caller, TenantView
from ai_dashboard.tenancy.access import narrowed, pattern_of, require_model, require_scope


def caller(*models: tuple[str, ...], policy: TenantView | None = None) -> Caller:
    patterns = tuple(pattern_of(globs) for globs in models)
    return Caller("acme", "key_1", frozenset({"chat"}), policy or TenantView("acme"), patterns)


@pytest.mark.parametrize(
    ("globs", "asked", "may"),
    [
        (("gpt-5*",), "gpt-5-mini", True),
        (("gpt-5*",), "openai/gpt-5-mini", True),
        (("openai/*",), "openai/gpt-5", True),
        (("openai/*",), "gpt-5", False),
        (("gpt-5",), "gpt-5-mini", False),
        (("gpt-5",), "my-gpt-5", False),
        (("llama3.1:8b", "qwen*"), "qwen2.5:7b", True),
        (("llama3.1:8b",), "llama3x1:8b", False),
        (("*",), "anything\nat all", True),
        (("gpt-?",), "gpt-5", True),
        (("GPT-5",), "gpt-5", False),
    ],
)
def test_models(globs: tuple[str, ...], asked: str, may: bool) -> None:
    if may:
        require_model(caller(globs), asked)
    else:
        with pytest.raises(ModelNotAllowed) as refused:
            require_model(caller(globs), asked)
        assert refused.value.status == 403


def test_key_and_tenant_both_have_to_allow_a_model() -> None:
    require_model(caller(("gpt-*",), ("*-mini",)), "gpt-5-mini")
    for asked in ("gpt-5", "claude-mini"):
        with pytest.raises(ModelNotAllowed):
            require_model(caller(("gpt-*",), ("*-mini",)), asked)


def test_without_a_list_all_may_be_asked_for() -> None:
    require_model(caller(), "anything")


def test_scopes() -> None:
    require_scope(caller(), "chat")
    with pytest.raises(Forbidden, match="the scope `admin`"):
        require_scope(caller(), "admin")


def test_lists_that_are_empty_narrow_nothing() -> None:
    assert narrowed((), ()) is None
    assert narrowed(("a", "b"), ()) == frozenset("ab")
    assert narrowed(("a", "b"), ("b", "c")) == frozenset("b")
    assert narrowed(("a",), ("b",)) == frozenset()
