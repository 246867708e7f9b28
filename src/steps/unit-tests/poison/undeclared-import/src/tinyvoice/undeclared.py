"""Planted: an import of what only the test runner brings."""

import iniconfig

NAME = iniconfig.__name__
