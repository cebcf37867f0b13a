"""OpenAI's dialect: chat completions, and everything that calls itself compatible with them."""
