"""A module of several functions that share one data structure, which nobody owns."""
