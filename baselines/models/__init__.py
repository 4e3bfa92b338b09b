"""The shipped tiny model, and how it was made."""
