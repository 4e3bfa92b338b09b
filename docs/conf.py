"""Sphinx's configuration; the pages that it reads are written by generate.py."""

from llm_collab_envs import __version__

project = "llm-collab-envs"
author = "llm-collab-envs contributors"
release = __version__
extensions = ["myst_parser"]
html_theme = "furo"
html_title = f"{project} {release}"
smartquotes = False  # quotes and dashes in the text are often code
myst_heading_anchors = 3
