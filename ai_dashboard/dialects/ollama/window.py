"""How large a window a prompt needs: the guard against prompts that are cut without a word.

Ollama gives a model a window of `num_ctx` tokens, not the one that it was trained with. A prompt that is longer loses
its oldest messages, under status 200 and with nothing in the reply that says so. So each ask is sent with a window in
which its prompt and its answer fit.

Every change of `num_ctx` makes Ollama load the model anew. So each window is twice the one before, and a conversation
meets few of them; and an operator who sets `num_ctx` among the model's options gets no smaller one: as long as all asks
fit in there, it never changes.
"""

from typing import Any

from ai_dashboard.core.chat import Ask, JsonObject, Target
from ai_dashboard.dialects.body import encode

DEFAULT_WINDOW = 4096
"""What a server with less than 24 GiB of video memory gives unasked (docs.ollama.com/context-length). It is also the
smallest window that we ask for: a smaller one saves next to nothing."""

BYTES_PER_TOKEN = 3
"""English has over 4 bytes a token, code about 3, Chinese and Japanese 3 to 4: a guard has to err towards too much."""

TOKENS_PER_IMAGE = 768
"""What Ollama itself counts for an image when it cuts (server/prompt.go)."""

TOKENS_PER_MESSAGE = 8
"""Role and marks that a chat template puts around each message."""

USUAL_ANSWER = 2048
"""Tokens kept for an answer whose length the caller has not limited."""

LONGEST_ANSWER = 8192
"""Many clients send the largest `max_tokens` that there is with every ask. It is a limit and no wish, and there is
seldom video memory for all of it; so no more than this is kept for an answer."""


def window_of(ask: Ask, target: Target) -> int | None:
    """The `num_ctx` to send; None when the caller has set it. Never below the operator's own, and otherwise never above
    the model's `context_length`."""
    if asked_window(ask.body) is not None:
        return None
    return window_for(tokens_needed(ask.body), target)


def window_for(needed: int, target: Target) -> int:
    """The window in which so many tokens fit, within what the model has and what its operator wants."""
    configured = configured_window(target)
    if configured is not None and needed <= configured:
        return configured
    window = DEFAULT_WINDOW
    while window < needed:
        window *= 2
    if target.context_length:
        window = min(window, target.context_length)
    return max(window, configured or 0)


def wider(window: int | None, target: Target) -> JsonObject:
    """The `options` that give a window to an ask which speaks for itself: none where the usual one is enough."""
    usual = configured_window(target) or DEFAULT_WINDOW
    return {"num_ctx": window} if window is not None and window > usual else {}


def sent_window(ask: Ask, target: Target) -> int | None:
    """The `num_ctx` that an ask is sent with; None where the server's own holds."""
    if (asked := asked_window(ask.body)) is not None:
        return asked if isinstance(asked, int) else None
    window = window_of(ask, target)
    if ask.form not in ("ollama.chat", "ollama.generate"):
        return window
    widened: int | None = wider(window, target).get("num_ctx")
    return widened or configured_window(target)


def cut_prompt(ask: Ask, target: Target, prompt_tokens: int) -> str | None:
    """What to say of a reply whose prompt, as the server counted it, has filled the window that was sent; None where it
    has not."""
    window = sent_window(ask, target)
    if window is None or prompt_tokens < window:
        return None
    return f"the prompt was cut: {prompt_tokens} tokens of it were read, and `num_ctx` was {window}"


def configured_window(target: Target) -> int | None:
    """The `num_ctx` among the model's own options."""
    configured = target.options.get("num_ctx")
    return configured if isinstance(configured, int) else None


def asked_window(body: JsonObject) -> object:
    """The `num_ctx` that the caller has set itself, or None."""
    options = body.get("options")
    own = options.get("num_ctx") if isinstance(options, dict) else None
    return body.get("num_ctx") if own is None else own


def tokens_needed(body: JsonObject) -> int:
    """An upper estimate of the tokens of the prompt, and of those to keep for the answer."""
    tools = body.get("tools")
    size = len(encode({"tools": tools})) if tools else 0
    images = 0
    for message in body["messages"]:
        more_size, more_images = _measure(message)
        size += more_size
        images += more_images
    prompt = -(-size // BYTES_PER_TOKEN) + images * TOKENS_PER_IMAGE + len(body["messages"]) * TOKENS_PER_MESSAGE
    return prompt + _answer(body)


def size_of(text: str) -> int:
    """Bytes of a text. Most is ASCII, which Python knows without a look at it."""
    return len(text) if text.isascii() else len(text.encode())


def _measure(message: dict[str, Any]) -> tuple[int, int]:
    """Bytes of text and number of images (or sounds) in a message."""
    size = images = 0
    content = message.get("content")
    for part in content if isinstance(content, list) else ({"text": content},):
        if isinstance(part, dict):
            text = part.get("text")
            size += size_of(text) if isinstance(text, str) else 0
            images += part.get("type") in ("image_url", "input_audio", "file")
    thinking = message.get("reasoning_content")
    size += size_of(thinking) if isinstance(thinking, str) else 0
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        match call:
            case {"function": {"name": str(name), "arguments": str(arguments)}}:
                size += size_of(name) + size_of(arguments)
            case _:
                pass  # refused where it is written
    return size, images


def _answer(body: JsonObject) -> int:
    for name in ("max_completion_tokens", "max_tokens"):
        most = body.get(name)
        if isinstance(most, int) and most > 0:
            return min(most, LONGEST_ANSWER)
    return USUAL_ANSWER
