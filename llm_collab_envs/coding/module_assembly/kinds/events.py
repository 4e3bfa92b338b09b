"""An event log: what happened, and when."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    COMPARED,
    SCALAR,
    SEQUENCE,
    Field,
    Function,
    Kind,
)

EVENTS = Kind(
    "an event log",
    (
        Field("events", SEQUENCE, "name", "names, in the order of time"),
        Field("times", SEQUENCE, "time", "the time of each event, in the same order"),
        Field("clock", SCALAR, "number", "the time now"),
    ),
    (
        Function(
            "new",
            "entries",
            "events times clock",
            "",
            "makes the box. The clock starts at {k}. For each (name, amount) of entries it "
            "adds the amount to the clock, puts the name in the events and the clock in the "
            "times.",
            """
events, times, clock = [], [], K
for name, amount in entries:
    clock += LIMIT(amount)
    events.append(LETTERS(name))
    times.append(clock)
return BOX
""",
        ),
        Function(
            "record",
            "name amount",
            "events times clock",
            "events times clock",
            "adds the amount plus {k} to the clock, puts the name in the events and the clock "
            "in the times. Returns the clock.",
            """
clock += amount + K
events.append(name)
times.append(clock)
return NUMBER(clock)
""",
        ),
        Function(
            "ago",
            "name",
            "events times clock",
            "",
            "no event of that name: unknown. Returns the clock less the time of the {pick} "
            "such event, plus {k}.",
            """
found = [t for event, t in zip(events, times) if event == name]
if not found:
    return UNKNOWN
return NUMBER(clock - found[PICK] + K)
""",
            picks={"first": "0", "last": "-1"},
        ),
        Function(
            "between",
            "name other",
            "events",
            "",
            "no event of the name or of the other: unknown. Returns the different names of "
            "the events from the first of the one to the first of the other, in whatever "
            "order, these included.",
            """
if name not in events or other not in events:
    return UNKNOWN
start, end = sorted([events.index(name), events.index(other)])
return NAMES(set(events[start : end + 1]))
""",
        ),
        Function(
            "recent",
            "amount",
            "events times clock",
            "",
            "returns the different names of the events whose time is {pick} the clock less "
            "the amount.",
            """
start = clock - amount
names = {event for event, t in zip(events, times) if t PICK start}
return NAMES(names)
""",
            picks=COMPARED,
        ),
        Function(
            "forget",
            "name",
            "events times clock",
            "events times clock",
            "no event of that name: unknown. Removes the {pick} event of all, whatever its "
            "name, and adds {k} to the clock. Returns the time of the one removed.",
            """
if name not in events:
    return UNKNOWN
events.pop(PICK)
moment = times.pop(PICK)
clock += K
return NUMBER(moment)
""",
            picks={"first": "0", "last": "-1"},
        ),
        Function(
            "rename",
            "name other",
            "events clock",
            "events clock",
            "no event of the name: unknown. Gives the first event of that name the name other "
            "and adds {k} to the clock. Returns the clock plus the place of the event, from "
            "0.",
            """
if name not in events:
    return UNKNOWN
place = events.index(name)
events[place] = other
clock += K
return NUMBER(clock + place)
""",
        ),
        Function(
            "wait",
            "name amount",
            "events clock",
            "clock",
            "no event of that name: unknown. Adds the amount to the clock, plus {k} for each "
            "event of that name. Returns the clock.",
            """
if name not in events:
    return UNKNOWN
clock += amount + K * events.count(name)
return NUMBER(clock)
""",
        ),
    ),
)
