"""Small projects that several probes use."""

from __future__ import annotations

from benchmarks.mishaps.rules import Rule

COPY = Rule("copy", "cat in > out", ("out",), ("in",))

# `in` to `mid` without its comments, `mid` to `out`
STRIP = Rule("strip", "sed '/^#/d' in > mid", ("mid",), ("in",))
FINISH = Rule("finish", "cat mid > out", ("out",), ("mid",))

# all files of a folder, each with its name, to `out`
LIST = Rule("gather", 'for f in @inputs@; do echo "$f"; cat "$f"; done > out', ("out",), globs=("src/*.txt",))

# `job.sh` copies `in` to `out`; while `../hold` is there it stops half-way, until there is `../go`
WORK = Rule("work", "sh ./job.sh", ("out",), ("in", "job.sh"))
JOB_SH = """\
text=$(cat in)
if [ -e ../hold ]; then
  printf half > out
  : > ../started
  until [ -e ../go ]; do sleep 0.02; done
fi
printf '%s\\n' "$text" > out
"""
