"""Three helpers and a main function that has to use them, each with its own author."""
