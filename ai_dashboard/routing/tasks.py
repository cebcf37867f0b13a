"""What a request says that it is for, as a capability to ask for.

The operator's own `tasks:` decide; else a capability of the task's own name; else the first of its usual names that is
there. Capital letters, spaces and hyphens make no difference. A task that leads to no capability changes nothing.
"""

from collections.abc import Collection, Mapping

USUAL: Mapping[str, tuple[str, ...]] = {
    "chat": ("chat", "general_chat", "conversational", "conversation"),
    "code": ("code", "code_generation", "coding"),
    "code_generation": ("code_generation", "code"),
    "code_review": ("code_review", "code_analysis", "code"),
    "analysis": ("analysis", "data_analysis"),
    "reasoning": ("reasoning", "complex_reasoning", "analysis"),
    "vision": ("vision", "image_understanding", "multimodal"),
    "creative": ("creative", "creative_writing", "writing"),
    "writing": ("writing", "creative_writing", "creative"),
    "summarization": ("summarization", "summary", "large_context", "analysis"),
    "translation": ("translation", "general_chat", "chat"),
    "embedding": ("embedding", "embeddings"),
    "long_context": ("long_context", "large_context"),
}
"""Capabilities that people have for a task, likeliest first."""

_SAME = {
    "conversation": "chat",
    "coding": "code",
    "programming": "code",
    "image": "vision",
    "embeddings": "embedding",
    "summary": "summarization",
    "summarisation": "summarization",
    "summarize": "summarization",
    "translate": "translation",
}


def task_key(task: str) -> str:
    """A task as it is looked up."""
    return task.strip().lower().replace("-", "_").replace(" ", "_")


def compile_tasks(own: Mapping[str, str], capabilities: Collection[str]) -> dict[str, str]:
    """Capabilities by the key of every task that leads to one."""
    there = {task_key(name): name for name in reversed(tuple(capabilities))}
    usual = {task: next((there[name] for name in names if name in there), None) for task, names in USUAL.items()}
    usual |= {word: usual[task] for word, task in _SAME.items()}
    tasks = {task: name for task, name in usual.items() if name is not None}
    return tasks | there | {task_key(task): name for task, name in own.items() if name in capabilities}
