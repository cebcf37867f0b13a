"""Sub-commands, one file each, enrolled by being here: a docstring for the help, `arguments(parser)`, `run(args)`."""
