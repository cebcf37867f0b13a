"""What `doctor` looks at, one file each: a check yields what it has found, and what can be done about it."""
