"""Values in texts: dates, amounts and measures, and the ways in which they are written."""

from __future__ import annotations

MONTHS = (
    "January February March April May June July August September October November December"
).split()
UNIT_FORMS = {"short": "kg", "long": "kilograms"}


def written_forms(kind: str, value: str) -> dict[str, str]:
    """Return every way to write a value of some kind, by style option.

    The neutral form has "", and a unit without the space before it "joined".
    """
    if kind == "amount":
        separators = {"comma": ",", "dot": ".", "space": " "}
        return {"": value, **{o: group_digits(value, s) for o, s in separators.items()}}
    if kind == "date":
        year, month, day = value.split("-")
        name = MONTHS[int(month) - 1]
        return {
            "": value,
            "dayfirst": f"{int(day)} {name} {year}",
            "monthfirst": f"{name} {int(day)}, {year}",
            "dotted": f"{day}.{month}.{year}",
        }
    if kind == "measure":
        number = value.split()[0]
        forms = {option: f"{number} {unit}" for option, unit in UNIT_FORMS.items()}
        return {**forms, "joined": f"{number}{UNIT_FORMS['short']}"}
    return {"": value}


def group_digits(number: str, separator: str) -> str:
    """Write a number with its thousands grouped."""
    return f"{int(number):,}".replace(",", separator)
