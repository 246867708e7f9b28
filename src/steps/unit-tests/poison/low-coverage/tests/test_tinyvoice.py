"""Planted: the suite with most of its tests gone."""

import tinyvoice


def test_the_package_imports():
    assert tinyvoice.command
