"""The part of a run that is executed in the child, before and around the submitted program.

This file is read as text and runs in Monty as well as in CPython, so it keeps to what Monty knows.
Nothing that the judge relies on depends on it: a program that tampers with it can garble its own
answers and no more, for the judge knows the expected values and the child does not.
"""

# mypy: ignore-errors
# Monty knows neither typing.Any nor most annotations.

import json as _sandbox_json
import sys as _sandbox_sys

_sandbox_dumps = _sandbox_json.dumps
_sandbox_print = print
_sandbox_stream = _sandbox_sys.stderr
_sandbox_type = type
_sandbox_str = str
_sandbox_len = len
_sandbox_repr = repr
_sandbox_base_exception = BaseException
_sandbox_none = _sandbox_type(None)
_sandbox_bool = bool
_sandbox_int = int
_sandbox_float = float
_sandbox_list = list
_sandbox_tuple = tuple
_sandbox_dict = dict
_sandbox_set = set
_sandbox_frozenset = frozenset
_sandbox_largest = 10**4000
_sandbox_sequences = {list: "l", tuple: "t", set: "s", frozenset: "z"}
_sandbox_values = {}


def _sandbox_encode(value, depth, room):
    kind = _sandbox_type(value)
    room[0] -= 2
    if room[0] < 0:
        return None
    if kind is _sandbox_bool or kind is _sandbox_none:
        return value
    if kind is _sandbox_int:
        if -_sandbox_largest < value < _sandbox_largest:
            text = _sandbox_str(value)
            room[0] -= _sandbox_len(text)
            return ["i", text]
        room[1] = "an int of more than 4000 digits"
        return None
    if kind is _sandbox_str:
        room[0] -= _sandbox_len(value)
        return None if room[0] < 0 else value
    if kind is _sandbox_float:
        return ["f", _sandbox_repr(value)]
    if depth > 60:
        room[1] = "a value nested more than 60 deep"
        return None
    if kind is _sandbox_dict:
        coded = ["d"]
        for key in value:
            coded.append(_sandbox_encode(key, depth + 1, room))
            coded.append(_sandbox_encode(value[key], depth + 1, room))
            if room[0] < 0 or room[1]:
                return None
        return coded
    if kind in _sandbox_sequences:
        coded = [_sandbox_sequences[kind]]
        for item in value:
            coded.append(_sandbox_encode(item, depth + 1, room))
            if room[0] < 0 or room[1]:
                return None
        return coded
    room[1] = "a value of type " + kind.__name__
    return None


def _sandbox_send(number, status, detail):
    line = _sandbox_dumps([number, status, detail])
    _sandbox_print("\n" + line + "\n", end="", file=_sandbox_stream)


def _sandbox_call(number, report, chars, thunk):
    try:
        value = thunk()
    except _sandbox_base_exception as error:
        _sandbox_send(number, "error", _sandbox_describe(error))
        return
    _sandbox_values[number] = value
    if not report:
        _sandbox_send(number, "ok", None)
        return
    room = [chars, ""]
    coded = _sandbox_encode(value, 0, room)
    if room[0] < 0:
        _sandbox_send(number, "output", "returned a value that is too long")
    elif room[1]:
        _sandbox_send(number, "error", "returned " + room[1])
    else:
        _sandbox_send(number, "ok", coded)


def _sandbox_describe(error):
    name = _sandbox_type(error).__name__
    try:
        text = _sandbox_str(error)
    except _sandbox_base_exception:
        text = ""
    return (name + ": " + text if text else name)[:300]
