#!/bin/sh
# random_recipe.sh KIND NAME SALT PLACE FILE...: the recipe of every workstream of a random manifest; random_plan.py computes the same.
#
# It leaves half an output first, then the whole one. What it is told lies beside the project, in $WORLD: `fail/NAME` fails it,
# `flaky/NAME` fails it once, `hang/NAME` lets it hang with a daemon of its own beside it. It says in `log` when it begins and ends, and in
# which run.
set -eu
kind=$1 name=$2 salt=$3 place=$4
shift 4
echo "start $name $UET_RUN_ID" >> "$WORLD/log"

case $kind in
  folder) mkdir -p "$place/half" && echo half > "$place/0" && echo half > "$place/half/way" ;;
  edit) echo half >> "$place" ;;
  check) ;;
  *) echo half > "$place" ;;
esac
if [ -e "$WORLD/hang/$name" ]; then
  setsid sleep 1000 &
  : > "$WORLD/hung"
  exec sleep 1000
fi
if [ -e "$WORLD/fail/$name" ] || { [ -e "$WORLD/flaky/$name" ] && rm "$WORLD/flaky/$name"; }; then
  echo "fail $name $UET_RUN_ID" >> "$WORLD/log"
  exit 1
fi

if [ "$kind" = depfile ]; then
  found=$(cat "$1")
  echo "$place: $found" > "$place.d"
  for file in $found; do
    if [ -e "$file" ]; then set -- "$@" "$file"; fi
  done
fi
sum=$({ printf '%s\n' "$salt" "${KNOB:-}" "$@" && cat /dev/null "$@"; } | sha256sum)
sum=${sum%"${sum#????????????}"}

case $kind in
  folder)
    rm -r "$place/half"
    mkdir -p "$place/deep"
    echo "$sum" > "$place/0"
    echo "$sum" > "$place/deep/1"
    case $sum in [0-7]*) echo "$sum" > "$place/2" ;; esac
    ;;
  edit)
    { grep -v -e ^half -e "^$name=" "$place" || true; } > "$WORLD/$name.old"
    echo "$name=$sum" | LC_ALL=C sort -u - "$WORLD/$name.old" > "$WORLD/$name.new"
    cat "$WORLD/$name.new" > "$place"
    ;;
  check) ;;
  *) echo "$sum" > "$place" ;;
esac
echo "end $name $UET_RUN_ID" >> "$WORLD/log"
