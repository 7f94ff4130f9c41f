test "$("./$1" ' you ')" = "Hello, YOU!"
test "$("./$1")" = "Hello, WORLD!"
"./$1" --version | grep -q '^greet [0-9]'
