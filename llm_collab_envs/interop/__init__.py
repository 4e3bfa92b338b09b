"""Adapters to other libraries, a module for each; import the one you need."""
