"""A draft by four authors, to be made one by editors who each see a stretch of it."""
