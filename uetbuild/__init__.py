"""uetbuild: a declarative build tool for commands, Python and AI agents, correct by content."""

__version__ = "0.1.0"
