"""A scheduler: jobs in a line, how long each takes, and a clock."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    COMPARED,
    SCALAR,
    SEQUENCE,
    TABLE,
    Field,
    Function,
    Kind,
)

SCHEDULER = Kind(
    "a scheduler",
    (
        Field("length", TABLE, "number", "how long each job takes"),
        Field("line", SEQUENCE, "name", "the jobs, in the order in which they run"),
        Field("clock", SCALAR, "number", "the time now"),
    ),
    (
        Function(
            "new",
            "entries",
            "length line clock",
            "",
            "makes the box. For each (name, amount) of entries a new name goes to the end of "
            "the line as a job; the amount becomes its length. The clock starts at {k}.",
            """
length, line, clock = {}, [], K
for name, amount in entries:
    name = LETTERS(name)
    if name not in length:
        line.append(name)
    length[name] = LIMIT(amount)
return BOX
""",
        ),
        Function(
            "plan",
            "name amount",
            "length line",
            "length line",
            "a new name goes to the end of the line with length {k}. Adds the amount to its "
            "length. Returns its length.",
            """
if name not in length:
    line.append(name)
    length[name] = K
length[name] += amount
return NUMBER(length[name])
""",
        ),
        Function(
            "run",
            "",
            "length line clock",
            "length line clock",
            "fewer than {k} jobs in the line: unknown. Removes the {pick} job from line and "
            "lengths and adds its length to the clock. Returns the clock plus the number of "
            "jobs left.",
            """
if len(line) < K:
    return UNKNOWN
name = line.pop(PICK)
clock += length.pop(name)
return NUMBER(clock + len(line))
""",
            k=(3, 4),
            picks={"first": "0", "last": "-1"},
        ),
        Function(
            "until",
            "name",
            "length line",
            "",
            "the name is no job: unknown. Returns the jobs in the line up to it, itself too, "
            "with a length {pick} its own less {k}.",
            """
if name not in length:
    return UNKNOWN
jobs = line[: line.index(name) + 1]
least = length[name] - K
return NAMES([job for job in jobs if length[job] PICK least])
""",
            picks=COMPARED,
        ),
        Function(
            "hurry",
            "name amount",
            "length line",
            "length line",
            "the name is no job: unknown. Its length becomes the amount plus {k}, and it "
            "moves to the {pick} of the line. Returns its length.",
            """
if name not in length:
    return UNKNOWN
length[name] = amount + K
line.remove(name)
line.insert(PICK, name)
return NUMBER(length[name])
""",
            picks={"start": "0", "end": "len(line)"},
        ),
        Function(
            "long",
            "amount size",
            "length line clock",
            "",
            "returns the jobs in the first size places of the line with a length {pick} the "
            "amount less the clock.",
            """
least = amount - clock
names = [job for job in line[:size] if length[job] PICK least]
return NAMES(names)
""",
            picks=COMPARED,
        ),
        Function(
            "cancel",
            "name",
            "length line clock",
            "length line",
            "the name is no job: unknown. Removes it from line and lengths. Returns its "
            "length, plus {k} for each job left, plus the clock.",
            """
if name not in length:
    return UNKNOWN
line.remove(name)
total = length.pop(name) + K * len(line)
return NUMBER(total + clock)
""",
        ),
        Function(
            "delay",
            "name",
            "length line clock",
            "line clock",
            "the name is no job: unknown. Moves it to the end of the line and adds {k} to the "
            "clock. Returns the clock plus its length.",
            """
if name not in length:
    return UNKNOWN
line.remove(name)
line.append(name)
clock += K
return NUMBER(clock + length[name])
""",
        ),
    ),
)
