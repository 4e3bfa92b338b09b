"""The problems of HumanEval, each with a helper and a function, and their two authors."""
