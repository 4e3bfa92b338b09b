"""An inventory: amounts of named goods, and a log of what came in."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    COMPARED,
    SCALAR,
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
        Field("moves", SCALAR, "number", "a count"),
    ),
    (
        Function(
            "new",
            "entries",
            "stock log moves",
            "",
            "makes the box. For each (name, amount) of entries it adds the amount to the "
            "stock of the name (0 if new), puts the name in the log and adds {k} to the "
            "moves.",
            """
stock, log, moves = {}, [], 0
for name, amount in entries:
    name = LETTERS(name)
    stock[name] = stock.get(name, 0) + LIMIT(amount)
    log.append(name)
    moves += K
return BOX
""",
            k=(1, 4),
        ),
        Function(
            "put",
            "name amount",
            "stock log moves",
            "stock log moves",
            "adds the amount to the stock of the name (0 if new), puts the name in the log "
            "and adds {k} to the moves. Returns the stock of the name.",
            """
stock[name] = stock.get(name, 0) + amount
log.append(name)
moves += K
return NUMBER(stock[name])
""",
            k=(1, 4),
        ),
        Function(
            "take",
            "name amount",
            "stock moves",
            "stock moves",
            "no stock of the name: unknown. Takes the amount out of the stock, or all where "
            "that is less, and adds {k} to the moves. Returns what was taken.",
            """
if name not in stock:
    return UNKNOWN
amount = min(amount, stock[name])
stock[name] -= amount
moves += K
return NUMBER(amount)
""",
            k=(1, 4),
        ),
        Function(
            "count",
            "name",
            "stock log moves",
            "moves",
            "no stock of the name: unknown. Adds the number of times that the name is in the "
            "log to the moves. Returns the stock of the name, plus {k} times the moves.",
            """
if name not in stock:
    return UNKNOWN
moves += log.count(name)
return NUMBER(stock[name] + K * moves)
""",
        ),
        Function(
            "low",
            "amount",
            "stock log moves",
            "",
            "returns the names with a stock {pick} the amount less the moves that are in the "
            "log {k} times or less.",
            """
least = amount - moves
rare = [name for name in stock if log.count(name) <= K]
return NAMES([name for name in rare if stock[name] PICK least])
""",
            k=(1, 3),
            picks=COMPARED,
        ),
        Function(
            "move",
            "name other amount",
            "stock log",
            "stock log",
            "no stock of the name: unknown. Takes the amount out of the stock of the name, "
            "even below 0, adds it to that of the other (0 if new) and puts the other in the "
            "log. Returns the stock of the other.",
            """
if name not in stock:
    return UNKNOWN
stock[name] -= amount
stock[other] = stock.get(other, 0) + amount
log.append(other)
return NUMBER(stock[other])
""",
        ),
        Function(
            "recent",
            "amount size",
            "stock log moves",
            "",
            "returns the different names in the last size places of the log with a stock "
            "{pick} the amount less the moves.",
            """
least = amount - moves
names = {name for name in log[-size:] if stock[name] PICK least}
return NAMES(names)
""",
            picks=COMPARED,
        ),
        Function(
            "drop",
            "name",
            "stock log moves",
            "stock log moves",
            "no stock of the name: unknown. Removes the name from the stock and from the log, "
            "and adds {k} to the moves for each time that it was in the log. Returns the "
            "stock it had plus the moves.",
            """
if name not in stock:
    return UNKNOWN
amount = stock.pop(name)
while name in log:
    log.remove(name)
    moves += K
return NUMBER(amount + moves)
""",
        ),
    ),
)
