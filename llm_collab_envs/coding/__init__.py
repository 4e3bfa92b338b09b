"""Envs where a team writes code together; what it writes runs in `llm_collab_envs.sandbox` only."""
