set -eu
case "${1:-}" in
  --version) echo "greet $VERSION" ;;
  *) echo "Hello, $(upper "$(trim "${1:-world}")")!" ;;
esac
