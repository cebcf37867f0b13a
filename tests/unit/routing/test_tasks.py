import pytest

from ai_dashboard.routing.tasks import compile_tasks, task_key


@pytest.mark.parametrize(
    ("task", "capabilities", "leads_to"),
    [
        ("chat", ["code", "general_chat"], "general_chat"),
        ("chat", ["general_chat", "chat"], "chat"),
        ("code", ["code_generation", "vision"], "code_generation"),
        ("Code Generation", ["code"], "code"),
        ("code-generation", ["code", "code_generation"], "code_generation"),
        ("coding", ["code_generation"], "code_generation"),
        ("analysis", ["analysis"], "analysis"),
        ("embedding", ["embeddings"], "embeddings"),
        ("embeddings", ["embedding"], "embedding"),
        ("poetry", ["Poetry"], "Poetry"),
        ("poetry", ["creative"], None),
        ("vision", ["chat"], None),
        ("", ["chat"], None),
    ],
)
def test_where_a_task_leads(task: str, capabilities: list[str], leads_to: str | None) -> None:
    assert compile_tasks({}, capabilities).get(task_key(task)) == leads_to


def test_the_operators_own_tasks_win() -> None:
    tasks = compile_tasks(
        {"chat": "small", "Poetry": "creative", "code": "gone"}, ["chat", "small", "creative", "code"]
    )
    assert (tasks["chat"], tasks["poetry"], tasks["code"]) == ("small", "creative", "code")


def test_of_two_capabilities_that_read_alike_the_first_counts() -> None:
    assert compile_tasks({}, ["code-review", "code_review"])["code_review"] == "code-review"
