"""A directed graph: nodes with weights, and where each leads to."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    COMPARED,
    SCALAR,
    TABLE,
    Field,
    Function,
    Kind,
)

GRAPH = Kind(
    "a directed graph",
    (
        Field("weight", TABLE, "number", "the weight of each node"),
        Field("links", TABLE, "list of names", "the nodes that each node leads to", bags=True),
        Field("edges", SCALAR, "number", "a count"),
    ),
    (
        Function(
            "new",
            "entries",
            "weight links edges",
            "",
            "makes the box. For each (name, amount) of entries the name becomes a node, the "
            "amount its weight, and it leads to all nodes so far, itself too. Edges start at "
            "{k}.",
            """
weight, links, edges = {}, {}, K
for name, amount in entries:
    name = LETTERS(name)
    weight[name] = LIMIT(amount)
    links[name] = [*weight]
return BOX
""",
        ),
        Function(
            "add",
            "name amount",
            "weight links edges",
            "weight links edges",
            "a new name becomes a node that leads to itself; the amount becomes its weight. "
            "Adds {k} to the edges. Returns the weight plus the edges.",
            """
if name not in links:
    links[name] = [name]
weight[name] = amount
edges += K
return NUMBER(amount + edges)
""",
        ),
        Function(
            "link",
            "name other",
            "weight links edges",
            "links edges",
            "the name or the other is no node: unknown. Puts the other at the end of what the "
            "name leads to, even if it is there already, and adds {k} to the edges. Returns "
            "the weight of the other plus the edges.",
            """
if name not in links or other not in links:
    return UNKNOWN
links[name].append(other)
edges += K
return NUMBER(weight[other] + edges)
""",
        ),
        Function(
            "reach",
            "name",
            "weight links",
            "",
            "the name is no node: unknown. Returns the different nodes, two links away from "
            "the name, with a weight above {k}.",
            """
if name not in links:
    return UNKNOWN
near = links[name]
found = {node for other in near for node in links[other] if weight[node] > K}
return NAMES(found)
""",
            k=(5, 30),
        ),
        Function(
            "heavy",
            "name amount",
            "weight links",
            "",
            "the name is no node: unknown. Returns the different nodes that it leads to with "
            "a weight {pick} the amount less {k}.",
            """
if name not in links:
    return UNKNOWN
least = amount - K
return NAMES({other for other in links[name] if weight[other] PICK least})
""",
            picks=COMPARED,
        ),
        Function(
            "into",
            "name",
            "weight links edges",
            "",
            "the name is no node: unknown. Returns its weight, plus {k} for each node that "
            "leads to it, plus the edges.",
            """
if name not in links:
    return UNKNOWN
into = [node for node in links if name in links[node]]
return NUMBER(weight[name] + K * len(into) + edges)
""",
        ),
        Function(
            "cut",
            "name other",
            "links edges",
            "links edges",
            "the name is no node, or does not lead to the other: unknown. It leads to the "
            "other once less. Adds {k} to the edges. Returns the edges plus the number that "
            "the name now leads to.",
            """
if other not in links.get(name, []):
    return UNKNOWN
links[name].remove(other)
edges += K
return NUMBER(edges + len(links[name]))
""",
        ),
        Function(
            "grow",
            "name amount",
            "weight links",
            "weight",
            "the name is no node: unknown. Adds the amount to its weight, plus {k} for each "
            "of those it leads to. Returns its weight.",
            """
if name not in links:
    return UNKNOWN
degree = len(links[name])
weight[name] += amount + K * degree
return NUMBER(weight[name])
""",
        ),
    ),
)
