"""A text index: the pages on which each word stands."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    COMPARED,
    SCALAR,
    SEQUENCE,
    TABLE,
    Field,
    Function,
    Kind,
)

INDEX = Kind(
    "a text index",
    (
        Field("pages", TABLE, "list of pages", "the pages of each word"),
        Field("words", SEQUENCE, "word", "the words, in the order of their first use"),
        Field("last", SCALAR, "number", "the page that came last"),
    ),
    (
        Function(
            "new",
            "entries",
            "pages words last",
            "",
            "makes the box. Last starts at 0. For each (name, amount) of entries the amount "
            "plus {k} becomes last and goes to the end of the pages of the word name; a new "
            "word goes to the end of the words.",
            """
pages, words, last = {}, [], 0
for name, amount in entries:
    name, last = LETTERS(name), LIMIT(amount) + K
    if name not in words:
        words.append(name)
    pages[name] = [*pages.get(name, []), last]
return BOX
""",
        ),
        Function(
            "note",
            "name amount",
            "pages words last",
            "pages words last",
            "the amount becomes last and goes to the end of the pages of the word name; a new "
            "word goes to the end of the words. Returns {k} times the number of its pages.",
            """
if name not in words:
    words.append(name)
pages[name] = [*pages.get(name, []), amount]
last = amount
return NUMBER(K * len(pages[name]))
""",
        ),
        Function(
            "find",
            "name",
            "pages words last",
            "",
            "the name is no word: unknown. Returns the {pick} of its pages, plus {k} times "
            "its place among the words, from 0, plus last.",
            """
if name not in pages:
    return UNKNOWN
place = words.index(name)
return NUMBER(PICK(pages[name]) + K * place + last)
""",
            picks={"lowest": "min", "highest": "max"},
        ),
        Function(
            "near",
            "name amount",
            "pages last",
            "",
            "the name is no word: unknown. Returns last plus {k} for each of its pages that "
            "is {pick} the amount.",
            """
if name not in pages:
    return UNKNOWN
found = [page for page in pages[name] if page PICK amount]
return NUMBER(last + K * len(found))
""",
            picks=COMPARED,
        ),
        Function(
            "erase",
            "name",
            "pages words last",
            "pages words",
            "the name is no word: unknown. Removes it from pages and words. Returns the sum "
            "of its pages, plus {k} for each word left, plus last.",
            """
if name not in pages:
    return UNKNOWN
total = sum(pages.pop(name)) + last
words.remove(name)
return NUMBER(total + K * len(words))
""",
        ),
        Function(
            "merge",
            "name other",
            "pages words",
            "pages words",
            "the name or the other is no word, or they are the same: unknown. Puts the pages "
            "of the other at the end of those of the name and removes the other from pages "
            "and words. Returns the sum of the pages of the name.",
            """
if name not in pages or other not in pages or name == other:
    return UNKNOWN
pages[name] = pages[name] + pages.pop(other)
words.remove(other)
return NUMBER(sum(pages[name]))
""",
        ),
        Function(
            "on",
            "amount",
            "pages words",
            "",
            "returns the words among the first {k} with a page {pick} the amount.",
            """
found = [word for word in pages if any(page PICK amount for page in pages[word])]
return NAMES([word for word in found if word in words[:K]])
""",
            k=(2, 4),
            picks=COMPARED,
        ),
        Function(
            "often",
            "amount size",
            "pages words",
            "",
            "returns the words in the last size places of the words whose {pick} page is at "
            "least the amount less {k}.",
            """
least = amount - K
names = [name for name in words[-size:] if PICK(pages[name]) >= least]
return NAMES(names)
""",
            picks={"lowest": "min", "highest": "max"},
        ),
    ),
)
