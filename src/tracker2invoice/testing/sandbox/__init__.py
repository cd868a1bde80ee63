"""Stateful local servers that behave as the vendors document it. On loopback only."""
