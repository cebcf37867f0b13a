"""The gateway as a systemd user service: its unit, and the manager that runs it."""
