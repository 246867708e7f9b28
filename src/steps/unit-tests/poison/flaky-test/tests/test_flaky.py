"""Planted: a test that fails when it is run for the first time, and passes from then on."""

import pathlib
import tempfile

import pytest


def test_fails_once():
    # The temporary folder belongs to the action: the processes of one run share it, and the next run has a new one.
    ran = pathlib.Path(tempfile.gettempdir(), "voicekey-poison-ran")
    if not ran.exists():
        ran.touch()
        pytest.fail("voicekey poison: the first run of this test fails")
