"""Planted: proves that a failing integration test is noticed."""
