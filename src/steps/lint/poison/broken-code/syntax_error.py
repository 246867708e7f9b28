"""Planted: not Python."""

def voicekey_poison(:
