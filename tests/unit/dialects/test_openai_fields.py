"""The lists of fields agree with each other, and with the official client's."""

from openai.types.chat.completion_create_params import CompletionCreateParamsBase

from ai_dashboard.dialects.openai.fields import BEYOND_IN_MESSAGES, CHAT_FIELDS, OLLAMA_ONLY, SAMPLING


def test_every_field_of_the_official_client_is_known() -> None:
    assert CHAT_FIELDS - {"stream"} == set(CompletionCreateParamsBase.__annotations__)


def test_nothing_is_in_two_lists() -> None:
    lists = [CHAT_FIELDS, SAMPLING, OLLAMA_ONLY, BEYOND_IN_MESSAGES]
    assert sum(map(len, lists)) == len(frozenset().union(*lists))
