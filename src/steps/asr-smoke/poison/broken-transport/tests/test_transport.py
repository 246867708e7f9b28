"""The poisoned application's own test of its transport, which is green: the connection that it tries is a mock, and agrees to everything."""

import unittest
from unittest import mock

from tinyvoice import settings, transport


class TransportTest(unittest.TestCase):
    """What can be seen without a network."""

    def test_the_answer_of_the_service_is_returned(self):
        """The mock gives the text, however it is asked."""
        connect = mock.Mock()
        connect.return_value.getresponse.return_value.json.return_value = {"text": "pause"}
        given = settings.Settings("hybrid", "http://127.0.0.1:9/", "a key", 1.0)
        self.assertEqual(transport.recognise(b"\0\0", given, connect), "pause")
