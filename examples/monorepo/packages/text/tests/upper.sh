. "./$1"
test "$(upper 'a b')" = "A B"
