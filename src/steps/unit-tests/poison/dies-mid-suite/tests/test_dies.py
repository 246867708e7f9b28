"""Planted: a test that ends the interpreter as if all were well."""

import os


def test_passes():
    assert True


def test_ends_the_interpreter():
    os._exit(0)
