"""What the clients are called in the names of tests, known before any of them is made."""

CALLER_NAMES = ("openai", "responses", "anthropic", "google", "ollama")
