"""A request as a Python program that asks the same through the gateway, with the client library of its dialect. Pure.

Every name from outside is written as a literal in ASCII, so that a program is a program whatever a model is called.
"""

from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.snapshot import GatewayView
from ai_dashboard.tui.requesting import MAX_TOKENS, PROMPT, Asking, asking_of, base_url, root_url

UNUSED = "unused"
"""What stands for a key: clients want one although a gateway that is open to this machine wants none."""

_MESSAGES = f'messages=[{{"role": "user", "content": {PROMPT!r}}}]'


def python_of(gateway: GatewayView, record: RequestRecord) -> str:
    """The program for a request of the list."""
    return python(gateway, asking_of(record))


def python(gateway: GatewayView, asking: Asking) -> str:
    """A runnable program that asks through the gateway and prints the answer."""
    model = ascii(asking.model)
    match asking.dialect:
        case "anthropic":
            lines = _anthropic(gateway, asking, model)
        case "google":
            lines = _google(gateway, asking, model)
        case "ollama":
            lines = _ollama(gateway, asking, model)
        case _:
            lines = _openai(gateway, asking, model)
    return "\n".join(lines) + "\n"


def _openai(gateway: GatewayView, asking: Asking, model: str) -> list[str]:
    begin = [
        "from openai import OpenAI",
        "",
        f"client = OpenAI(base_url={base_url(gateway)!a}, api_key={UNUSED!r})",
    ]
    if asking.embeds:
        return [*begin, f"reply = client.embeddings.create(model={model}, input={PROMPT!r})",
                "print(reply.data[0].embedding)"]  # fmt: skip
    if asking.stream:
        return [
            *begin,
            f"for chunk in client.chat.completions.create(model={model}, {_MESSAGES}, stream=True):",
            "    if chunk.choices:",
            '        print(chunk.choices[0].delta.content or "", end="", flush=True)',
        ]
    return [
        *begin,
        f"reply = client.chat.completions.create(model={model}, {_MESSAGES})",
        "print(reply.choices[0].message.content)",
    ]


def _anthropic(gateway: GatewayView, asking: Asking, model: str) -> list[str]:
    begin = [
        "from anthropic import Anthropic",
        "",
        f"client = Anthropic(base_url={root_url(gateway)!a}, api_key={UNUSED!r})",
    ]
    asked = f"model={model}, max_tokens={MAX_TOKENS}, {_MESSAGES}"
    if asking.stream:
        return [
            *begin,
            f"with client.messages.stream({asked}) as stream:",
            "    for text in stream.text_stream:",
            '        print(text, end="", flush=True)',
        ]
    return [*begin, f"reply = client.messages.create({asked})", "print(reply.content[0].text)"]


def _ollama(gateway: GatewayView, asking: Asking, model: str) -> list[str]:
    begin = ["from ollama import Client", "", f"client = Client(host={root_url(gateway)!a})"]
    if asking.embeds:
        return [*begin, f"reply = client.embed(model={model}, input={PROMPT!r})", "print(reply.embeddings[0])"]
    if asking.stream:
        return [
            *begin,
            f"for part in client.chat(model={model}, {_MESSAGES}, stream=True):",
            '    print(part.message.content, end="", flush=True)',
        ]
    return [*begin, f"reply = client.chat(model={model}, {_MESSAGES})", "print(reply.message.content)"]


def _google(gateway: GatewayView, asking: Asking, model: str) -> list[str]:
    options = f"http_options={{'base_url': {root_url(gateway)!a}}}"
    begin = ["from google import genai", "", f"client = genai.Client(api_key={UNUSED!r}, {options})"]
    asked = f"model={model}, contents={PROMPT!r}"
    if asking.embeds:
        return [*begin, f"reply = client.models.embed_content({asked})", "print(reply.embeddings[0].values)"]
    if asking.stream:
        return [
            *begin,
            f"for chunk in client.models.generate_content_stream({asked}):",
            '    print(chunk.text or "", end="", flush=True)',
        ]
    return [*begin, f"reply = client.models.generate_content({asked})", "print(reply.text)"]
