"""Bug repair: one agent sees what fails, the others see the source."""
