"""A priority queue: names that wait in a line, each with a rank."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    COMPARED,
    SCALAR,
    SEQUENCE,
    TABLE,
    Field,
    Function,
    Kind,
)

QUEUE = Kind(
    "a priority queue",
    (
        Field("rank", TABLE, "number", "the rank of each name that waits"),
        Field("line", SEQUENCE, "name", "the names that wait, in order of arrival"),
        Field("served", SCALAR, "number", "a count"),
    ),
    (
        Function(
            "new",
            "entries",
            "rank line served",
            "",
            "makes the box. For each (name, amount) of entries a new name goes to the end of "
            "the line; the amount becomes its rank. Served starts at {k}.",
            """
rank, line, served = {}, [], K
for name, amount in entries:
    name = LETTERS(name)
    if name not in rank:
        line.append(name)
    rank[name] = LIMIT(amount)
return BOX
""",
        ),
        Function(
            "join",
            "name amount",
            "rank line",
            "rank line",
            "a new name goes to the end of the line; the amount becomes its rank. Returns {k} "
            "times its place in the line, from 0, plus its rank.",
            """
if name not in rank:
    line.append(name)
rank[name] = amount
return NUMBER(K * line.index(name) + amount)
""",
        ),
        Function(
            "serve",
            "",
            "rank line served",
            "rank line served",
            "fewer than {k} wait: unknown. Removes the name of the {pick} rank, of equals the "
            "first in the line, from ranks and line, and adds 1 to served. Returns its rank.",
            """
if len(line) < K:
    return UNKNOWN
best = PICK(line, key=lambda name: rank[name])
line.remove(best)
amount = rank.pop(best)
served += 1
return NUMBER(amount)
""",
            k=(3, 4),
            picks={"highest": "max", "lowest": "min"},
        ),
        Function(
            "lift",
            "name amount",
            "rank line",
            "rank line",
            "the name does not wait: unknown. Adds the amount plus {k} to its rank and moves "
            "it to the end of the line. Returns its rank.",
            """
if name not in rank:
    return UNKNOWN
rank[name] += amount + K
line.remove(name)
line.append(name)
return NUMBER(rank[name])
""",
        ),
        Function(
            "ahead",
            "name",
            "rank served",
            "",
            "the name does not wait: unknown. Returns the names with a rank {pick} that of "
            "the name less served.",
            """
if name not in rank:
    return UNKNOWN
least = rank[name] - served
return NAMES([other for other in rank if rank[other] PICK least])
""",
            picks=COMPARED,
        ),
        Function(
            "swap",
            "name other",
            "rank line",
            "rank",
            "the name or the other does not wait: unknown. Swaps their ranks. Returns the new "
            "rank of the name, plus {k} times its place in the line, from 0.",
            """
if name not in rank or other not in rank:
    return UNKNOWN
rank[name], rank[other] = rank[other], rank[name]
return NUMBER(rank[name] + K * line.index(name))
""",
        ),
        Function(
            "leave",
            "name",
            "rank line served",
            "rank line",
            "the name does not wait: unknown. Removes it from ranks and line. Returns its "
            "rank, plus {k} for each name that then waits, plus served.",
            """
if name not in rank:
    return UNKNOWN
amount = rank.pop(name)
line.remove(name)
return NUMBER(amount + K * len(line) + served)
""",
        ),
        Function(
            "front",
            "amount size",
            "rank line served",
            "",
            "returns the names in the first size places of the line with a rank {pick} the "
            "amount less served.",
            """
least = amount - served
names = [name for name in line[:size] if rank[name] PICK least]
return NAMES(names)
""",
            picks=COMPARED,
        ),
    ),
)
