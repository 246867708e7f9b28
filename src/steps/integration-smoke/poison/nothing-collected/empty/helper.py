"""Planted: a folder without a test."""
