"""Planted: proves that imports of what nothing declares are noticed."""
