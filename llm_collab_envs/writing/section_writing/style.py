"""The house style: its decisions, and the neutral forms in which values are kept."""

from __future__ import annotations

import re

# The house style: every decision, its options, and how an option is described in public.
DECISIONS: dict[str, dict[str, str]] = {
    "heading": {"hash": "# Title", "colon": "Title:", "bars": "== Title =="},
    "audience": {"visitors": "", "guests": "", "patrons": ""},
    "tense": {"present": "is", "past": "was"},
    "numbers": {"comma": "31,540", "dot": "31.540", "space": "31 540"},
    "dates": {"dayfirst": "4 May 1873", "monthfirst": "May 4, 1873", "dotted": "04.05.1873"},
    "marker": {"dash": "- item", "star": "* item", "plus": "+ item"},
    "spelling": {"British": "harbour", "American": "harbor"},
    "units": {"short": "kg", "long": "kilograms"},
}
MARKERS = {"dash": "-", "star": "*", "plus": "+"}
SPELLINGS = {  # British: American
    "theatre": "theater",
    "harbour": "harbor",
    "centre": "center",
    "arbour": "arbor",
    "parlour": "parlor",
    "armoury": "armory",
    "catalogue": "catalog",
    "sepulchre": "sepulcher",
}

VALUE_FORMS = {  # the neutral form of each kind of value
    "person": re.compile(r"[^\n;]+"),
    "place": re.compile(r"[^\n;]+"),
    "year": re.compile(r"[0-9]{1,4}"),
    "amount": re.compile(r"[0-9]{1,15}"),
    "date": re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-[0-9]{2}"),
    "measure": re.compile(r"[0-9]+ kg"),
}
