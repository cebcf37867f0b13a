"""ai-dashboard: a terminal control centre with an LLM gateway inside."""

__version__ = "0.1.0"
