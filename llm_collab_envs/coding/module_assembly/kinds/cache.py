"""A cache with expiry: values that fall due."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    COMPARED,
    SCALAR,
    TABLE,
    Field,
    Function,
    Kind,
)

CACHE = Kind(
    "a cache with expiry",
    (
        Field("values", TABLE, "amount", "the amount of each name"),
        Field("due", TABLE, "time", "when each name expires"),
        Field("clock", SCALAR, "number", "the time now"),
    ),
    (
        Function(
            "new",
            "entries",
            "values due clock",
            "",
            "makes the box. For each (name, amount) of entries the amount becomes the value "
            "of the name, which is due at the clock plus {k}; then it adds 1 to the clock, "
            "which starts at 0.",
            """
values, due, clock = {}, {}, 0
for name, amount in entries:
    name = LETTERS(name)
    values[name] = LIMIT(amount)
    due[name] = clock + K
    clock += 1
return BOX
""",
            k=(10, 30),
        ),
        Function(
            "put",
            "name amount",
            "values due clock",
            "values due",
            "the amount becomes the value of the name, which is due at the clock plus {k}. "
            "Returns the value plus the time when it is due.",
            """
values[name] = amount
due[name] = clock + K
return NUMBER(amount + due[name])
""",
            k=(5, 30),
        ),
        Function(
            "get",
            "name",
            "values due clock",
            "due",
            "no value of that name, or not due later than the clock: unknown. It is now due "
            "{k} later than it was. Returns its value.",
            """
if name not in values or due[name] <= clock:
    return UNKNOWN
due[name] += K
return NUMBER(values[name])
""",
        ),
        Function(
            "tick",
            "time",
            "values due clock",
            "values due clock",
            "adds the time plus {k} to the clock and removes all names that are not due later "
            "than the clock. Returns the names left.",
            """
clock += time + K
for name in [*due]:
    if due[name] <= clock:
        due.pop(name)
        values.pop(name)
return NAMES(values)
""",
        ),
        Function(
            "delay",
            "name amount",
            "values due clock",
            "due",
            "no value of that name: unknown. It is now due the amount {pick} than it was. "
            "Returns its value plus the time when it is due less the clock.",
            """
if name not in values:
    return UNKNOWN
due[name] PICK amount
return NUMBER(values[name] + due[name] - clock)
""",
            picks={"later": "+=", "earlier": "-="},
        ),
        Function(
            "raise",
            "name amount",
            "values due",
            "values due",
            "no value of that name: unknown. Adds the amount to the value; it is now due {k} "
            "later than it was. Returns the value.",
            """
if name not in values:
    return UNKNOWN
values[name] += amount
due[name] += K
return NUMBER(values[name])
""",
        ),
        Function(
            "fresh",
            "amount time",
            "values due clock",
            "",
            "returns the names with a value {pick} the amount that are due later than the "
            "clock plus the time.",
            """
names = [name for name in due if due[name] > clock + time]
return NAMES([name for name in names if values[name] PICK amount])
""",
            picks=COMPARED,
        ),
        Function(
            "evict",
            "name",
            "values due clock",
            "values due clock",
            "no value of that name: unknown. Removes the name from values and due times and "
            "adds {k} to the clock. Returns the value it had, plus the time when it was due.",
            """
if name not in values:
    return UNKNOWN
total = values.pop(name) + due.pop(name)
clock += K
return NUMBER(total)
""",
        ),
    ),
)
