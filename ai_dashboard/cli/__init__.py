"""The only composition root: it parses what was asked for, puts the rooms together, and says what went wrong."""
