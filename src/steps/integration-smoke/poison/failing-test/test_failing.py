"""Planted: an integration test that fails, in a form that needs no naming rule of the application's settings."""

import unittest


class TestVoicekeyPoison(unittest.TestCase):
    """Collected by its base class, whatever names the settings ask for."""

    def test_fails(self):
        """Fail for a reason that a proof can recognise."""
        self.fail("voicekey poison: this integration test fails on purpose")
