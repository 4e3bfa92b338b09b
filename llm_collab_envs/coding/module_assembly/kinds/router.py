"""A router: which port each name leads to, and what was asked for."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    COMPARED,
    SCALAR,
    SEQUENCE,
    TABLE,
    Field,
    Function,
    Kind,
)

ROUTER = Kind(
    "a router",
    (
        Field("ports", TABLE, "port", "the port of each name"),
        Field("hits", SEQUENCE, "name", "the names that were asked for, in order"),
        Field("misses", SCALAR, "number", "a count"),
    ),
    (
        Function(
            "new",
            "entries",
            "ports hits misses",
            "",
            "makes the box. For each (name, amount) of entries the amount becomes the port of "
            "the name, and the name goes to the end of the hits. Misses start at {k}.",
            """
ports, hits, misses = {}, [], K
for name, amount in entries:
    name = LETTERS(name)
    ports[name] = LIMIT(amount)
    hits.append(name)
return BOX
""",
        ),
        Function(
            "bind",
            "name amount",
            "ports hits",
            "ports hits",
            "the amount plus {k} becomes the port of the name, and the name goes to the end "
            "of the hits. Returns the port plus the number of times that the name is in the "
            "hits.",
            """
ports[name] = amount + K
hits.append(name)
times = hits.count(name)
return NUMBER(ports[name] + times)
""",
        ),
        Function(
            "ask",
            "name",
            "ports hits misses",
            "hits misses",
            "no port of that name: adds {k} to the misses, then unknown. Puts the name at the "
            "end of the hits. Returns its port plus the misses.",
            """
if name not in ports:
    misses += K
    SAVE
    return UNKNOWN
hits.append(name)
return NUMBER(ports[name] + misses)
""",
        ),
        Function(
            "alias",
            "name other",
            "ports hits",
            "ports hits",
            "no port of the name: unknown. The other gets the port of the name plus {k}, and "
            "goes to the end of the hits. Returns the port of the other.",
            """
if name not in ports:
    return UNKNOWN
ports[other] = ports[name] + K
hits.append(other)
return NUMBER(ports[other])
""",
        ),
        Function(
            "busy",
            "amount size",
            "ports hits",
            "",
            "returns the names with a port {pick} the amount that are in the hits size times "
            "or more.",
            """
names = [name for name in ports if hits.count(name) >= size]
return NAMES([name for name in names if ports[name] PICK amount])
""",
            picks=COMPARED,
        ),
        Function(
            "load",
            "amount",
            "ports hits misses",
            "",
            "returns {k} for each place in the hits whose name has a port (0 if none) {pick} "
            "the amount, plus the misses.",
            """
total = misses
for name in hits:
    if ports.get(name, 0) PICK amount:
        total += K
return NUMBER(total)
""",
            picks=COMPARED,
        ),
        Function(
            "unbind",
            "name",
            "ports hits misses",
            "ports misses",
            "no port of that name: unknown. Removes the port and adds {k} to the misses for "
            "each time that the name is in the hits. Returns the misses.",
            """
if name not in ports:
    return UNKNOWN
ports.pop(name)
misses += K * hits.count(name)
return NUMBER(misses)
""",
        ),
        Function(
            "peers",
            "name",
            "ports hits",
            "",
            "no port of that name: unknown. Returns the different names in the last {k} places "
            "of the hits with a port (0 if none) {pick} that of the name.",
            """
if name not in ports:
    return UNKNOWN
port = ports[name]
found = {other for other in hits[-K:] if ports.get(other, 0) PICK port}
return NAMES(found)
""",
            picks=COMPARED,
        ),
    ),
)
