"""Policies: scripted ones, and any causal language model."""
