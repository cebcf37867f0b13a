"""What the operator wrote: YAML read into frozen settings, and everything doubtful said with its place and a fix."""
