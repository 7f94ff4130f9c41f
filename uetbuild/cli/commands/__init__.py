"""One module a command, each with `run(face) -> int`, the exit code. Loaded only when their command is called."""
