"""Planted: proves that the gate reads this folder."""
