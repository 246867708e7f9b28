"""Planted: proves that a failing test is noticed."""
