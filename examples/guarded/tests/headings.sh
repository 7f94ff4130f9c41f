# Each file has all headings.
for file do
  for heading in New Fixed; do
    grep -qx "## $heading" "$file" || { echo "$file has no heading \"## $heading\""; exit 1; }
  done
done
