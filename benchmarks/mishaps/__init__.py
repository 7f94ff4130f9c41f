"""Black-box probes of ordinary mishaps, put to uetbuild and to four tools that people know: `python -m benchmarks.mishaps`.

A probe says what goes wrong and what everyone may expect (`probes/`). A tool is told the same few rules in its own language
(`tools/`). What is judged is what can be seen from outside: exit codes, bytes of files, which recipes ran, processes that are left.
"""
