"""What surrounds the submitted program in the child: it makes the calls and sends the answers.

This file is read as text and runs in Monty as well as in CPython, so it keeps to what Monty knows.
Nothing that the judge relies on depends on it: a program that tampers with it can garble its own
answers and no more, for the judge knows the expected values and the child does not. The values of
builtins are kept under names of its own, because a program may well call a list `list`. What is a
kind of dict or list, such as a Counter, equals a plain one and is sent as that.
"""

# mypy: ignore-errors
# Monty knows neither typing.Any nor most annotations.

_sandbox_values = {}
_sandbox_ended = []
_sandbox_type = type
_sandbox_isinstance = isinstance
_sandbox_str = str
_sandbox_len = len
_sandbox_repr = repr
_sandbox_error = BaseException
_sandbox_none = type(None)
_sandbox_bool = bool
_sandbox_int = int
_sandbox_float = float
_sandbox_dict = dict
_sandbox_set = set
_sandbox_frozenset = frozenset
_sandbox_largest = 10**4000
_sandbox_tags = {list: "l", tuple: "t", set: "s", frozenset: "z"}


def _sandbox_encode(value, depth, room):
    kind = _sandbox_type(value)
    room[0] -= 2
    if room[0] < 0 or kind is _sandbox_bool or kind is _sandbox_none:
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
        return value if room[0] >= 0 else None
    if kind is _sandbox_float:
        return ["f", _sandbox_repr(value)]
    if depth > 60:
        room[1] = "a value nested more than 60 deep"
        return None
    if _sandbox_isinstance(value, _sandbox_dict):
        return _sandbox_encode_dict(value, depth + 1, room)
    for base in _sandbox_tags:
        if _sandbox_isinstance(value, base):
            coded = [_sandbox_tags[base]]
            for item in value:
                coded.append(_sandbox_encode(item, depth + 1, room))
                if room[0] < 0 or room[1]:
                    return None
            return coded
    room[1] = "a value of type " + _sandbox_str(kind.__name__)
    return None


def _sandbox_encode_dict(value, depth, room):
    coded = ["d"]
    for key, item in value.items():
        coded.append(_sandbox_encode(key, depth, room))
        coded.append(_sandbox_encode(item, depth, room))
        if room[0] < 0 or room[1]:
            return None
    return coded


def _sandbox_call(send, number, report, chars, thunk):
    if _sandbox_ended:
        return
    room = [chars, ""]
    try:
        value = thunk()
        coded = _sandbox_encode(value, 0, room) if report else None
    except _sandbox_error as error:
        status = "error"
        if _sandbox_type(error).__name__ == "MemoryError":
            status = "memory"
            _sandbox_ended.append(number)
        send(number, status, _sandbox_describe(error))
        return
    _sandbox_values[number] = value
    if room[0] < 0:
        _sandbox_ended.append(number)
        send(number, "output", "returned a value that is too long")
    elif room[1]:
        send(number, "error", "returned " + room[1])
    else:
        send(number, "ok", coded)


def _sandbox_describe(error):
    name = _sandbox_type(error).__name__
    try:
        text = _sandbox_str(error)
    except _sandbox_error:
        text = ""
    return (name + ": " + text if text else name)[:300]
