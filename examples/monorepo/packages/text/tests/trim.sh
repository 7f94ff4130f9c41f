. "./$1"
test "$(trim '  a b ')" = "a b"
