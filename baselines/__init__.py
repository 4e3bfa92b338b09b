"""Policies, training and measurement for the envs of `llm_collab_envs`."""
