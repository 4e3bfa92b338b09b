"""Values with an undo stack: what was changed, and what was there before."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    COMPARED,
    SEQUENCE,
    TABLE,
    Field,
    Function,
    Kind,
)

UNDO = Kind(
    "a store with undo",
    (
        Field("values", TABLE, "amount", "the amount of each name"),
        Field("changes", SEQUENCE, "name", "the names that were changed, in order"),
        Field("before", SEQUENCE, "amount", "what each had before that change, in the same order"),
    ),
    (
        Function(
            "new",
            "entries",
            "values changes before",
            "",
            "makes the box. For each (name, amount) of entries it makes a change: puts the "
            "name in the changes and its value ({k} if new) in before; then the amount "
            "becomes its value.",
            """
values, changes, before = {}, [], []
for name, amount in entries:
    name = LETTERS(name)
    changes.append(name)
    before.append(values.get(name, K))
    values[name] = LIMIT(amount)
return BOX
""",
        ),
        Function(
            "set",
            "name amount",
            "values changes before",
            "values changes before",
            "puts the name in the changes and its value ({k} if new) in before; then the "
            "amount becomes its value. Returns the value plus the one before.",
            """
changes.append(name)
before.append(values.get(name, K))
values[name] = amount
return NUMBER(amount + before[-1])
""",
        ),
        Function(
            "undo",
            "",
            "values changes before",
            "values changes before",
            "fewer than {k} changes: unknown. Takes the last name out of the changes and the "
            "last amount out of before, which becomes the value of that name. Returns that "
            "value plus the number of changes left.",
            """
if len(changes) < K:
    return UNKNOWN
name, amount = changes.pop(), before.pop()
values[name] = amount
return NUMBER(amount + len(changes))
""",
            k=(4, 5),
        ),
        Function(
            "raise",
            "name amount",
            "values changes before",
            "values changes before",
            "no value of that name: unknown. Puts the name in the changes and its value in "
            "before; then adds the amount to its value. Returns the value.",
            """
if name not in values:
    return UNKNOWN
changes.append(name)
before.append(values[name])
values[name] += amount
return NUMBER(values[name])
""",
        ),
        Function(
            "steps",
            "name",
            "values changes before",
            "",
            "no value of that name: unknown. Returns its value, plus {k} for each time that "
            "it is in the changes, plus the sum of all amounts in before.",
            """
if name not in values:
    return UNKNOWN
times = changes.count(name)
return NUMBER(values[name] + K * times + sum(before))
""",
        ),
        Function(
            "recent",
            "amount size",
            "values changes before",
            "",
            "returns the different names in the last size places of the changes with a value "
            "{pick} the amount less the number of amounts in before.",
            """
least = amount - len(before)
names = {name for name in changes[-size:] if values[name] PICK least}
return NAMES(names)
""",
            picks=COMPARED,
        ),
        Function(
            "peak",
            "name",
            "values changes before",
            "",
            "no value of that name: unknown. Returns the {pick} of its value and of all that "
            "it had before its changes, plus {k}.",
            """
if name not in values:
    return UNKNOWN
past = [old for change, old in zip(changes, before) if change == name]
return NUMBER(PICK([values[name], *past]) + K)
""",
            picks={"highest": "max", "lowest": "min"},
        ),
        Function(
            "above",
            "amount",
            "values changes",
            "",
            "returns the names with a value {pick} the amount that are in the changes {k} "
            "times or less.",
            """
rare = [name for name in values if changes.count(name) <= K]
return NAMES([name for name in rare if values[name] PICK amount])
""",
            k=(1, 3),
            picks=COMPARED,
        ),
    ),
)
