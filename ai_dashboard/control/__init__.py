"""`ControlPort` twice: to a gateway in this process, and to one anywhere else over its admin API."""
