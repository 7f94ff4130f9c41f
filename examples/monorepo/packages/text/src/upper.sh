# upper TEXT: in capitals
upper() { printf '%s' "$1" | tr '[:lower:]' '[:upper:]'; }
