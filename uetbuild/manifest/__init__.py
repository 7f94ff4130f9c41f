"""YAML text to a graph of nodes, with a position for every error; knows nothing of execution."""
