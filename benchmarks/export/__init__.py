"""Weights and records for others' tools."""
