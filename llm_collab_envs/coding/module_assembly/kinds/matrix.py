"""A matrix: named rows of four numbers."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    COMPARED,
    SCALAR,
    SEQUENCE,
    TABLE,
    Field,
    Function,
    Kind,
)

MATRIX = Kind(
    "a matrix",
    (
        Field("rows", TABLE, "list of four numbers", "the numbers of each row"),
        Field("order", SEQUENCE, "name", "the names of the rows, in the order they came"),
        Field("writes", SCALAR, "number", "a count"),
    ),
    (
        Function(
            "new",
            "entries",
            "rows order writes",
            "",
            "makes the box. For each (name, amount) of entries a new name goes to the end of "
            "the order, and the row of that name becomes [amount, 0, {k}, amount]. Writes "
            "start at {k}.",
            """
rows, order, writes = {}, [], K
for name, amount in entries:
    name, amount = LETTERS(name), LIMIT(amount)
    if name not in rows:
        order.append(name)
    rows[name] = [amount, 0, K, amount]
return BOX
""",
        ),
        Function(
            "set",
            "name amount size",
            "rows writes",
            "rows writes",
            "no row of that name: unknown. Number size of the row, from 1, becomes the "
            "amount; adds {k} to the writes. Returns the sum of the row.",
            """
if name not in rows:
    return UNKNOWN
rows[name][size - 1] = amount
writes += K
return NUMBER(sum(rows[name]))
""",
        ),
        Function(
            "add",
            "name other",
            "rows",
            "rows",
            "no row of the name or of the other: unknown. Adds the row of the other to that "
            "of the name, number by number. Returns the sum of the row of the name, plus {k}.",
            """
if name not in rows or other not in rows:
    return UNKNOWN
rows[name] = [a + b for a, b in zip(rows[name], rows[other])]
return NUMBER(sum(rows[name]) + K)
""",
        ),
        Function(
            "shift",
            "name amount",
            "rows writes",
            "rows writes",
            "no row of that name: unknown. Takes the {pick} number out of the row, puts the "
            "amount at the other end and adds {k} to the writes. Returns the number taken "
            "out.",
            """
if name not in rows:
    return UNKNOWN
row = rows[name]
taken = row.pop(PICK)
row.insert(3 - PICK, amount)
writes += K
return NUMBER(taken)
""",
            picks={"first": "0", "last": "3"},
        ),
        Function(
            "like",
            "name",
            "rows writes",
            "",
            "no row of that name: unknown. Returns the names of the rows with a sum {pick} "
            "that of the row of the name less the writes.",
            """
if name not in rows:
    return UNKNOWN
least = sum(rows[name]) - writes
return NAMES([other for other in rows if sum(rows[other]) PICK least])
""",
            picks=COMPARED,
        ),
        Function(
            "top",
            "amount size",
            "rows order writes",
            "",
            "returns the names in the first {k} places of the order whose number size, from "
            "1, is {pick} the amount less the writes.",
            """
least = amount - writes
names = [name for name in order[:K] if rows[name][size - 1] PICK least]
return NAMES(names)
""",
            k=(2, 4),
            picks=COMPARED,
        ),
        Function(
            "swap",
            "name other",
            "rows order",
            "order",
            "no row of the name or of the other: unknown. Swaps their places in the order. "
            "Returns the {pick} number of the row of the name, plus its new place, from 0.",
            """
if name not in rows or other not in rows:
    return UNKNOWN
a, b = order.index(name), order.index(other)
order[a], order[b] = other, name
return NUMBER(PICK(rows[name]) + b)
""",
            picks={"least": "min", "greatest": "max"},
        ),
        Function(
            "remove",
            "name",
            "rows order writes",
            "rows order writes",
            "no row of that name: unknown. Removes it from rows and order and adds {k} to the "
            "writes. Returns the {pick} number that it had plus the writes.",
            """
if name not in rows:
    return UNKNOWN
row = rows.pop(name)
order.remove(name)
writes += K
return NUMBER(PICK(row) + writes)
""",
            picks={"least": "min", "greatest": "max"},
        ),
    ),
)
