"""The suite of the bundled application; the sdist holds it."""

from smallvoice.commands import action


def test_a_phrase_becomes_an_action():
    assert action("go back") == "go-back"
