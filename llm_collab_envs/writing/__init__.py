"""Collaborative writing: texts that several agents make together."""
