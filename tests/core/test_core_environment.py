"""What a strict recipe inherits."""

from uetbuild.core.environment import inherited, is_base

ENVIRON = {"PATH": "/bin", "LC_TIME": "C", "LC": "no", "SECRET": "x", "CC": "gcc", "TERM": "dumb"}


def test_a_strict_recipe_inherits_the_base_set_and_what_it_names():
    assert inherited(ENVIRON, ("CC", "NOT_SET")) == {"PATH": "/bin", "LC_TIME": "C", "CC": "gcc", "TERM": "dumb"}
    assert inherited(ENVIRON, ()) == {"PATH": "/bin", "LC_TIME": "C", "TERM": "dumb"}


def test_all_of_lc_belongs_to_the_base_set():
    assert is_base("LC_ALL") and is_base("TZ") and not is_base("LC") and not is_base("CC")
