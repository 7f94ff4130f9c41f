# Stands in for an agent: reads the prompt, writes the notes, says what it used. It forgets the second heading until it is told.
prompt=$(cat)
mkdir -p build
{
  echo "## New"
  sed -n 's/^new: /- /p' src/changes.txt
  case $prompt in *Fixed*) echo "## Fixed" ;; esac
  sed -n 's/^fixed: /- /p' src/changes.txt
} > build/notes.md
printf '{"model": "%s", "input_tokens": 1000, "output_tokens": 800}\n' "$UET_MODEL" > "$UET_USAGE_FILE"
