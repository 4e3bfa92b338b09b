"""A shared workshop: jobs with private values, sizes and deadlines book places in time slots."""
