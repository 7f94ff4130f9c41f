# trim TEXT: without blanks at its ends
trim() { printf '%s' "$1" | sed 's/^ *//; s/ *$//'; }
