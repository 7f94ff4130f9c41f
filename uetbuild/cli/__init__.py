"""The command line: options, wiring, commands, and the one place where errors become text."""
