"""Homes for what has to outlive a request or to be shared: the link to Redis, and SQLite behind a writer of its own."""
