"""Who calls and what they may: keys, tokens, tenants, rate limits."""
