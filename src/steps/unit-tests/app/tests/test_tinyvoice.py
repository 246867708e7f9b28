"""The suite of the bundled application."""

from tinyvoice import command


def test_pause_is_a_command():
    assert command("pause") == "pausing"


def test_other_words_are_typed():
    assert command("hello") == "typing hello"
