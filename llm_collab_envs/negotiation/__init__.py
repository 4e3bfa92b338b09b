"""Negotiation: several parties, each with private values, strike one deal or walk away."""
