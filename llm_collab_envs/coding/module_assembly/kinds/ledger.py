"""A ledger: balances of named accounts, a book of who paid, and fees."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    COMPARED,
    SCALAR,
    SEQUENCE,
    TABLE,
    Field,
    Function,
    Kind,
)

LEDGER = Kind(
    "a ledger",
    (
        Field("balance", TABLE, "amount", "the amount of each name"),
        Field("book", SEQUENCE, "name", "names, in the order of their entries"),
        Field("fees", SCALAR, "number", "a sum"),
    ),
    (
        Function(
            "new",
            "entries",
            "balance book fees",
            "",
            "makes the box. For each (name, amount) of entries it adds the amount to the "
            "balance of the name (0 if new) and puts the name in the book. The fees start at "
            "{k}.",
            """
balance, book, fees = {}, [], K
for name, amount in entries:
    name = LETTERS(name)
    balance[name] = balance.get(name, 0) + LIMIT(amount)
    book.append(name)
return BOX
""",
        ),
        Function(
            "deposit",
            "name amount",
            "balance book fees",
            "balance book fees",
            "no balance of the name: unknown. Adds the amount to the balance but takes {k} "
            "from it, which it adds to the fees, and puts the name in the book. Returns the "
            "balance.",
            """
if name not in balance:
    return UNKNOWN
balance[name] += amount - K
book.append(name)
fees += K
return NUMBER(balance[name])
""",
        ),
        Function(
            "pay",
            "name other amount",
            "balance book",
            "balance book",
            "no balance of the name or of the other: unknown. Takes the amount from the "
            "balance of the name, adds it to that of the other and puts the name in the book. "
            "Returns the balance of the name.",
            """
if name not in balance or other not in balance:
    return UNKNOWN
balance[name] -= amount
balance[other] += amount
book.append(name)
return NUMBER(balance[name])
""",
        ),
        Function(
            "charge",
            "name",
            "balance book fees",
            "balance fees",
            "no balance of the name: unknown. The charge is {k} for each time that the name "
            "is in the book; it is taken from the balance and added to the fees. Returns the "
            "balance.",
            """
if name not in balance:
    return UNKNOWN
charge = K * book.count(name)
balance[name] -= charge
fees += charge
return NUMBER(balance[name])
""",
        ),
        Function(
            "rich",
            "amount",
            "balance book fees",
            "",
            "returns the names with a balance of at least the amount less the fees that are "
            "in the book {k} times or {pick}.",
            """
least = amount - fees
rich = [name for name in balance if balance[name] >= least]
return NAMES([name for name in rich if book.count(name) PICK K])
""",
            k=(1, 2),
            picks={"less": "<=", "more": ">="},
        ),
        Function(
            "total",
            "amount",
            "balance book fees",
            "",
            "returns the sum of all balances {pick} the amount, plus {k} for each place in "
            "the book, plus the fees.",
            """
total = fees + K * len(book)
for value in balance.values():
    if value PICK amount:
        total += value
return NUMBER(total)
""",
            picks=COMPARED,
        ),
        Function(
            "close",
            "name",
            "balance book fees",
            "balance book fees",
            "no balance of the name: unknown. Removes the name from the balances, adds {k} to "
            "the fees and puts the name in the book. Returns the balance it had.",
            """
if name not in balance:
    return UNKNOWN
amount = balance.pop(name)
book.append(name)
fees += K
return NUMBER(amount)
""",
        ),
        Function(
            "payers",
            "amount size",
            "balance book fees",
            "",
            "returns the different names in the last size places of the book with a balance "
            "(0 if none) {pick} the amount less the fees.",
            """
most = amount - fees
names = {name for name in book[-size:] if balance.get(name, 0) PICK most}
return NAMES(names)
""",
            picks=COMPARED,
        ),
    ),
)
