"""How fast uetbuild is beside other build tools: the same project for each of them, timed in turns. `python -m benchmarks.speed`."""
