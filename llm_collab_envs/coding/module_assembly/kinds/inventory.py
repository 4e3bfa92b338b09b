"""An inventory: amounts of named goods, and a log of what came in."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    NUMBER,
    SEQUENCE,
    TABLE,
    Field,
    Function,
    Kind,
)

INVENTORY = Kind(
    "an inventory",
    (
        Field("stock", TABLE, "amount", "the amount of each name"),
        Field("log", SEQUENCE, "name", "names, as they came in"),
        Field("moves", NUMBER, "number", "a count"),
    ),
    (
        Function(
            "new",
            ("entries",),
            "stock log moves",
            "",
            "makes the box. For each (name, amount) of entries it adds the amount to the stock of "
            "the name, puts the name in the log and counts {k} moves.",
            """
stock, log, moves = {}, [], 0
for name, amount in entries:
    name = LETTERS(name)
    stock[name] = stock.get(name, 0) + LIMIT(amount)
    log.append(name)
    moves += K
return BOX
""",
            k=(2, 9),
        ),
        Function(
            "put",
            ("name", "amount"),
            "stock log moves",
            "stock log moves",
            "adds the amount to the stock of the name (0 if new), puts the name in the log and "
            "counts {k} moves. Returns the stock of the name.",
            """
stock[name] = stock.get(name, 0) + amount
log.append(name)
moves += K
return NUMBER(stock[name])
""",
            k=(2, 9),
        ),
        Function(
            "take",
            ("name", "amount"),
            "stock moves",
            "stock moves",
            "without stock of the name: unknown. Takes the amount out of the stock, or all where "
            "that is less, and counts {k} moves. Returns what was taken.",
            """
if name not in stock:
    return UNKNOWN
amount = min(amount, stock[name])
stock[name] -= amount
moves += K
return NUMBER(amount)
""",
            k=(2, 9),
        ),
        Function(
            "count",
            ("name",),
            "stock log moves",
            "",
            "without stock of the name: unknown. Returns the stock of the name, plus {k} for each "
            "time that it is in the log, plus the moves.",
            """
if name not in stock:
    return UNKNOWN
times = log.count(name)
return NUMBER(stock[name] + K * times + moves)
""",
            k=(2, 9),
        ),
        Function(
            "low",
            ("amount",),
            "stock log",
            "",
            "returns the names with a stock {pick} the amount that are in the log {k} times or "
            "less.",
            """
rare = [name for name in stock if log.count(name) <= K]
return NAMES([name for name in rare if stock[name] PICK amount])
""",
            k=(1, 3),
            picks={"below": "<", "above": ">"},
        ),
        Function(
            "move",
            ("name", "other", "amount"),
            "stock log",
            "stock log",
            "without stock of the name: unknown. Moves the amount, or all where that is less, from "
            "the stock of the name to that of the other (0 if new), which it puts in the log. "
            "Returns the stock of the other.",
            """
if name not in stock:
    return UNKNOWN
amount = min(amount, stock[name])
stock[name] -= amount
stock[other] = stock.get(other, 0) + amount
log.append(other)
return NUMBER(stock[other])
""",
        ),
        Function(
            "recent",
            ("size", "amount"),
            "stock log",
            "",
            "returns the different names among the last size places of the log whose stock is "
            "{pick} the amount plus {k}.",
            """
names = {name for name in log[-size:] if name in stock}
return NAMES([name for name in names if stock[name] PICK amount + K])
""",
            k=(2, 9),
            picks={"below": "<", "above": ">"},
        ),
        Function(
            "drop",
            ("name",),
            "stock log",
            "stock log",
            "without stock of the name: unknown. Removes the name from the stock and from the log. "
            "Returns the stock it had, plus {k} for each place it had in the log.",
            """
if name not in stock:
    return UNKNOWN
total = stock.pop(name)
while name in log:
    log.remove(name)
    total += K
return NUMBER(total)
""",
            k=(2, 9),
        ),
    ),
)
