"""A histogram: how many values each bin has, and their sum."""

from llm_collab_envs.coding.module_assembly.kinds.kind import (
    COMPARED,
    SCALAR,
    TABLE,
    Field,
    Function,
    Kind,
)

HISTOGRAM = Kind(
    "a histogram",
    (
        Field("counts", TABLE, "count", "how many values each bin has"),
        Field("sums", TABLE, "sum", "the sum of the values of each bin"),
        Field("last", SCALAR, "number", "the value that came last"),
    ),
    (
        Function(
            "new",
            "entries",
            "counts sums last",
            "",
            "makes the box. Last starts at 0. For each (name, amount) of entries the bin of "
            "that name has one value more, the amount plus {k}, which becomes last.",
            """
counts, sums, last = {}, {}, 0
for name, amount in entries:
    name, last = LETTERS(name), LIMIT(amount) + K
    counts[name] = counts.get(name, 0) + 1
    sums[name] = sums.get(name, 0) + last
return BOX
""",
        ),
        Function(
            "add",
            "name amount",
            "counts sums last",
            "counts sums last",
            "the bin of that name, new or not, has one value more, the amount, which becomes "
            "last. Returns the sum of the bin.",
            """
counts[name] = counts.get(name, 0) + 1
sums[name] = sums.get(name, 0) + amount
last = amount
return NUMBER(sums[name])
""",
        ),
        Function(
            "mean",
            "name",
            "counts sums last",
            "",
            "no bin of that name: unknown. Returns its sum divided by its count, rounded "
            "down, plus {k} times its count, plus last.",
            """
if name not in counts:
    return UNKNOWN
mean = sums[name] // counts[name]
return NUMBER(mean + K * counts[name] + last)
""",
        ),
        Function(
            "merge",
            "name other",
            "counts sums",
            "counts sums",
            "no bin of the name or of the other, or they are the same: unknown. Adds count "
            "and sum of the other to those of the name and removes the other. Returns the sum "
            "of the name.",
            """
if name not in sums or other not in sums or name == other:
    return UNKNOWN
counts[name] += counts.pop(other)
sums[name] += sums.pop(other)
return NUMBER(sums[name])
""",
        ),
        Function(
            "weigh",
            "name amount",
            "counts sums",
            "sums",
            "no bin of that name: unknown. Adds the amount to its sum, plus {k} times its "
            "count. Returns its sum.",
            """
if name not in counts:
    return UNKNOWN
extra = K * counts[name]
sums[name] += amount + extra
return NUMBER(sums[name])
""",
        ),
        Function(
            "above",
            "amount",
            "counts sums",
            "",
            "returns the bins with a count of {k} or less and a sum {pick} the amount.",
            """
rare = [name for name in counts if counts[name] <= K]
return NAMES([name for name in rare if sums[name] PICK amount])
""",
            k=(1, 3),
            picks=COMPARED,
        ),
        Function(
            "many",
            "size",
            "counts sums last",
            "",
            "returns the bins with a count of size or more and a sum {pick} {k} times last.",
            """
least = K * last
names = [name for name in counts if counts[name] >= size]
return NAMES([name for name in names if sums[name] PICK least])
""",
            k=(1, 3),
            picks=COMPARED,
        ),
        Function(
            "clear",
            "name",
            "counts sums last",
            "counts sums last",
            "no bin of that name: unknown. Removes the bin and adds {k} to last. Returns the "
            "sum that it had, plus its count, plus last.",
            """
if name not in counts:
    return UNKNOWN
last += K
total = counts.pop(name) + sums.pop(name)
return NUMBER(total + last)
""",
        ),
    ),
)
