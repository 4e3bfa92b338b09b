"""Allocation: agents share out a resource that is too scarce for all that they need it for."""
