"""All building blocks, by the kind of value that they work on.

A line is: name, kind that it makes ("" for the same), sentence, expression, and then, where it has
them, the domains of its parameters and its families. A block always has its own name as a family.
"""

from __future__ import annotations

from llm_collab_envs.coding.function_pair.blocks import Block

_LISTS = """
reverse        | | Reverse the list. | x[::-1] | | order cut edge turn
first          | | Keep the first {k} items. | x[:{k}] | count | cut
last           | | Keep the last {k} items. | x[-{k}:] | count | cut
skip           | | Drop the first {k} items. | x[{k}:] | count | cut
shorten        | | Drop the last {k} items. | x[:-{k}] | count | cut
stride         | | Keep one item in {k}, starting with the first. | x[::{k}] | count | cut
turn           | | Move the first {k} items to the end. | x[{k}:] + x[:{k}] | count
mirror         | | Add the reversed list at the end. | x + x[::-1] | | order
"""
_COMPARED = """
ascending      | | Sort the list. | sorted(x) | | order
descending     | | Sort the list, largest first. | sorted(x, reverse=True) | | order
unique         | | Drop items that came before, but keep the first of each. | \
[v for i, v in enumerate(x) if v not in x[:i]] | | sift
"""
_NUMBERS = """
scale          | | Multiply each number by {k}. | [v * {k} for v in x] | any
shift          | | Add {k} to each number. | [v + {k} for v in x] | any | offset
complement     | | Subtract each number from {k}. | [{k} - v for v in x] | any | offset
append         | | Put {k} at the end of the list. | x + [{k}] | any | edge
prepend        | | Put {k} at the start of the list. | [{k}] + x | any | edge
blend          | | Add {k} times the position, from 0, to each number. | \
[v + {k} * i for i, v in enumerate(x)] | any | place
above          | | Keep the numbers above {k}. | [v for v in x if v > {k}] | level | sift
below          | | Keep the numbers below {k}. | [v for v in x if v < {k}] | level | sift
odd            | | Keep the odd numbers. | [v for v in x if v % 2] | | sift
undivided      | | Keep the numbers that {k} does not divide. | [v for v in x if v % {k}] | \
modulus | sift
squares        | | Square each number. | [v * v for v in x]
running        | | Replace each number by the sum up to and with it. | \
[sum(x[:i + 1]) for i in range(len(x))]
peaks          | | Replace each number by the largest up to and with it. | \
[max(x[:i + 1]) for i in range(len(x))]
differences    | | Take each number but the first minus the one before it. | \
[b - a for a, b in zip(x, x[1:])]
products       | | Multiply each number but the first by the one before it. | \
[a * b for a, b in zip(x, x[1:])]
windows        | | Add up each run of {k} neighbours. | \
[sum(x[i:i + {k}]) for i in range(len(x) - {k} + 1)] | count
remainder      | | Take each number modulo {k}. | [v % {k} for v in x] | modulus
cap            | | Cap each number at {k}. | [min(v, {k}) for v in x] | level | clip
raise          | | Raise each number to at least {k}. | [max(v, {k}) for v in x] | level | clip
weigh          | | Multiply each number by its position, from 1. | \
[i * v for i, v in enumerate(x, 1)] | | place
digits         | | Replace each number by the sum of its digits, a minus left out. | \
[sum(int(c) for c in str(abs(v))) for v in x]
divide         | | Divide each number by {k}, rounded down. | [v // {k} for v in x] | any | scale
with_sum       | | Put the sum at the end of the list. | x + [sum(x)] | | edge
from_least     | | Subtract the least number from each. | [v - min(x) for v in x] | | offset
fold           | | Add to each number the one opposite from the end. | \
[a + b for a, b in zip(x, x[::-1])] | | order
alternate      | | Negate the numbers at even positions, from 0. | \
[v if i % 2 else -v for i, v in enumerate(x)]
"""
_FROM_NUMBERS = """
total          | number | Add up the numbers. | sum(x)
moment         | number | Add up the numbers times their positions, from 0. | \
sum(i * v for i, v in enumerate(x))
spread         | number | Take the largest number minus the least. | max(x) - min(x)
spell          | words | Write each number as a word. | [str(v) for v in x]
join_numbers   | text | Join the numbers with {k}. | {k}.join(str(v) for v in x) | tag
index_numbers  | table | Make a dict from each number, as a word, to its last position, from 0. | \
{str(v): i for i, v in enumerate(x)}
"""
_WORDS = """
prefix         | | Put {k} in front of each word. | [{k} + w for w in x] | tag
suffix         | | Put {k} after each word. | [w + {k} for w in x] | tag
wedge          | | Put {k} after the first character of each word. | \
[w[:1] + {k} + w[1:] for w in x] | tag
append_word    | | Put {k} at the end of the list. | x + [{k}] | tag | edge
prepend_word   | | Put {k} at the start of the list. | [{k}] + x | tag | edge
trade          | | Replace {k} in each word by {l}. | [w.replace({k}, {l}) for w in x] | letter tag
capitals       | | Write each word in capitals. | [w.upper() for w in x] | | case
title          | | Write the first letter of each word as a capital, the others small. | \
[w.capitalize() for w in x] | | case
backwards      | | Write each word backwards. | [w[::-1] for w in x] | | within
longer         | | Keep the words of more than {k} characters. | [w for w in x if len(w) > {k}] | \
level | sift
containing     | | Keep the words with {k} in them. | [w for w in x if {k} in w] | letter | sift
lacking        | | Keep the words without {k} in them. | [w for w in x if {k} not in w] | \
letter | sift
by_length      | | Sort the words by length, those of one length in their order. | \
sorted(x, key=len) | | order
stems          | | Keep the first {k} characters of each word. | \
[w[:{k}] for w in x] | count | within
tails          | | Drop the first character of each word. | [w[1:] for w in x] | | within
double         | | Write each word twice in one. | [w + w for w in x]
roll           | | Move the first character of each word to its end. | \
[w[1:] + w[:1] for w in x] | | within
numbered       | | Put its position, from 0, after each word. | \
[w + str(i) for i, w in enumerate(x)]
sized          | | Put its length after each word. | [w + str(len(w)) for w in x]
chain          | | Join each word but the last to the next. | [a + b for a, b in zip(x, x[1:])]
thin           | | Drop the small vowels from each word. | \
[''.join(c for c in w if c not in 'aeiou') for w in x]
sort_letters   | | Sort the characters of each word. | [''.join(sorted(w)) for w in x] | | within
"""
_FROM_WORDS = """
lengths        | numbers | Take the length of each word. | [len(w) for w in x]
initials       | numbers | Take the code of the first character of each word. | \
[ord(w[0]) for w in x]
vowels         | numbers | Count the small vowels of each word. | \
[len([c for c in w if c in 'aeiou']) for w in x]
join_words     | text | Join the words with {k}. | {k}.join(x) | tag
letters        | number | Count the characters of all words. | sum(len(w) for w in x)
count_words    | table | Make a dict from each word to its count. | {w: x.count(w) for w in x}
measure        | table | Make a dict from each word to its length. | {w: len(w) for w in x}
locate         | table | Make a dict from each word to its last position, from 0. | \
{w: i for i, w in enumerate(x)}
"""
_TEXT = """
open_text      | | Put {k} in front of the text. | {k} + x | tag
close_text     | | Put {k} after the text. | x + {k} | tag
fill_spaces    | | Replace each space by {k}. | x.replace(' ', {k}) | tag | spaces
swap_letter    | | Replace each {k} by {l}. | x.replace({k}, {l}) | letter tag
mark_words     | | Put {k} in front of each word of the text. | \
' '.join({k} + w for w in x.split()) | tag
end_words      | | Put {k} after each word of the text. | ' '.join(w + {k} for w in x.split()) | tag
upper          | | Write the text in capitals. | x.upper() | | case
titled         | | Write the text in title case, as title() does. | x.title() | | case
mirror_text    | | Write the text backwards. | x[::-1] | | turn
without        | | Drop each {k} from the text. | x.replace({k}, '') | letter
thin_text      | | Drop the small vowels from the text. | \
''.join(c for c in x if c not in 'aeiou')
stride_text    | | Keep one character in {k}, starting with the first. | x[::{k}] | count | cut
skip_text      | | Drop the first {k} characters. | x[{k}:] | count | cut
turn_text      | | Move the first {k} characters to the end. | x[{k}:] + x[:{k}] | count | turn
double_text    | | Write each character twice. | ''.join(c + c for c in x)
caesar         | | Shift each small letter by {k} places in the alphabet. | \
''.join(chr((ord(c) - 97 + {k}) % 26 + 97) if c.islower() else c for c in x) | any
reorder        | | Reverse the order of the words. | ' '.join(x.split()[::-1]) | | words
sort_words     | | Sort the words of the text. | ' '.join(sorted(x.split())) | | words
flip_words     | | Write each word of the text backwards. | \
' '.join(w[::-1] for w in x.split()) | | within
count_off      | | Put its position, from 0, after each word of the text. | \
' '.join(w + str(i) for i, w in enumerate(x.split()))
echo_text      | | Add the text backwards at its end. | x + x[::-1] | | turn
"""
_FROM_TEXT = """
split          | words | Split the text at spaces. | x.split()
chunks         | words | Cut the text into pieces of {k} characters; the last may be shorter. | \
[x[i:i + {k}] for i in range(0, len(x), {k})] | count
codes          | numbers | Take the code of each character. | [ord(c) for c in x]
word_lengths   | numbers | Take the length of each word of the text. | [len(w) for w in x.split()]
count_chars    | table | Make a dict from each character to its count. | {c: x.count(c) for c in x}
size           | number | Count the characters. | len(x)
"""
_TABLE = """
scale_values   | | Multiply each value by {k}. | {a: b * {k} for a, b in x.items()} | any
shift_values   | | Add {k} to each value. | {a: b + {k} for a, b in x.items()} | any
wrap_values    | | Take each value modulo {k}. | {a: b % {k} for a, b in x.items()} | modulus
rich           | | Keep the entries with a value above {k}. | \
{a: b for a, b in x.items() if b > {k}} | level | sift
poor           | | Keep the entries with a value below {k}. | \
{a: b for a, b in x.items() if b < {k}} | level | sift
mark_keys      | | Put {k} in front of each key. | {{k} + a: b for a, b in x.items()} | tag
end_keys       | | Put {k} after each key. | {a + {k}: b for a, b in x.items()} | tag
flip_keys      | | Write each key backwards. | {a[::-1]: b for a, b in x.items()}
key_sizes      | | Add to each value the length of its key. | {a: b + len(a) for a, b in x.items()}
with_total     | | Add the sum of the values under {k}. | {**x, {k}: sum(x.values())} | tag
ranks          | | Replace each value by how many entries have a smaller one. | \
{a: len([c for c in x.values() if c < b]) for a, b in x.items()}
"""
_FROM_TABLE = """
keys           | words | Take the keys. | list(x)
by_value       | words | List the keys by value, smallest first, ties as they come. | \
sorted(x, key=lambda a: x[a])
values         | numbers | Take the values. | list(x.values())
entries        | text | Write the entries as key=value, joined with {k}. | \
{k}.join(f'{a}={b}' for a, b in x.items()) | tag
sum_values     | number | Add up the values. | sum(x.values())
itemise        | records | Make a record of each entry: its key as name, its value as size. | \
[{'name': a, 'size': b} for a, b in x.items()]
"""
_NUMBER = """
add            | | Add {k} to the number. | x + {k} | any | offset
times          | | Multiply the number by {k}. | x * {k} | any
from_number    | | Subtract the number from {k}. | {k} - x | any | offset
square         | | Square the number. | x * x
"""
_FROM_NUMBER = """
digit_list     | numbers | Take the digits of the number, a minus left out. | \
[int(c) for c in str(abs(x))]
multiples      | numbers | List the first {k} multiples of the number. | \
[x * i for i in range(1, {k} + 1)] | any
as_text        | text | Write the number after {k} as a text. | {k} + str(x) | tag
"""
_RECORDS = """
large          | | Keep the records with a size above {k}. | [r for r in x if r['size'] > {k}] | \
level | sift
small          | | Keep the records with a size below {k}. | [r for r in x if r['size'] < {k}] | \
level | sift
named          | | Keep the records with {k} in their name. | [r for r in x if {k} in r['name']] | \
letter | sift
by_size        | | Sort the records by size, those of one size in their order. | \
sorted(x, key=lambda r: r['size']) | | order
by_name        | | Sort the records by name. | sorted(x, key=lambda r: r['name']) | | order
grow           | | Add {k} to each size. | [{**r, 'size': r['size'] + {k}} for r in x] | any
stretch        | | Multiply each size by {k}. | [{**r, 'size': r['size'] * {k}} for r in x] | any
label          | | Put {k} in front of each name. | \
[{**r, 'name': {k} + r['name']} for r in x] | tag
sign           | | Put {k} after each name. | [{**r, 'name': r['name'] + {k}} for r in x] | tag
extend         | | Add to each size the length of the name. | \
[{**r, 'size': r['size'] + len(r['name'])} for r in x]
"""
_FROM_RECORDS = """
names          | words | Take the names. | [r['name'] for r in x]
sizes          | numbers | Take the sizes. | [r['size'] for r in x]
to_dict        | table | Make a dict from each name to its size. | {r['name']: r['size'] for r in x}
volume         | number | Add up the sizes. | sum(r['size'] for r in x)
"""
_TO_RECORDS = """
describe       | records | Make a record of each word: the word as name, its length as size. | \
[{'name': w, 'size': len(w)} for w in x]
"""
_TO_GROUPS = """
group          | groups | Group the words by first character. | \
{a[:1]: [w for w in x if w[:1] == a[:1]] for a in x}
group_ends     | groups | Group the words by last character. | \
{a[-1:]: [w for w in x if w[-1:] == a[-1:]] for a in x}
"""
_GROUPS = """
sort_groups    | | Sort each group. | {a: sorted(g) for a, g in x.items()} | | order
flip_groups    | | Reverse each group. | {a: g[::-1] for a, g in x.items()} | | order
mark_groups    | | Put {k} in front of each word of the groups. | \
{a: [{k} + w for w in g] for a, g in x.items()} | tag
join_groups    | | Put {k} at the end of each group. | {a: g + [{k}] for a, g in x.items()} | tag
"""
_FROM_GROUPS = """
count_groups   | table | Make a dict from each key to the size of its group. | \
{a: len(g) for a, g in x.items()}
weigh_groups   | table | Make a dict from each key to how many characters its group has in all. | \
{a: sum(len(w) for w in g) for a, g in x.items()}
heads          | words | Take the first word of each group. | [g[0] for g in x.values()]
glue           | words | Join the words of each group into one. | [''.join(g) for g in x.values()]
"""


def _read(table: str, *takes: str) -> list[Block]:
    blocks = []
    for line in table.strip().splitlines():
        fields = [field.strip() for field in line.split("|")]
        name, gives, sentence, code, domains, families = [*fields, "", ""][:6]
        blocks.append(
            Block(
                name,
                takes,
                gives,
                sentence,
                code,
                tuple(domains.split()),
                frozenset([name, *families.split()]),
            )
        )
    return blocks


_EVERY = [
    *_read(_LISTS, "numbers", "words", "records"),
    *_read(_COMPARED, "numbers", "words"),
    *_read(_NUMBERS + _FROM_NUMBERS.lstrip(), "numbers"),
    *_read(_WORDS + _FROM_WORDS.lstrip() + _TO_RECORDS.lstrip() + _TO_GROUPS.lstrip(), "words"),
    *_read(_TEXT + _FROM_TEXT.lstrip(), "text"),
    *_read(_TABLE + _FROM_TABLE.lstrip(), "table"),
    *_read(_NUMBER + _FROM_NUMBER.lstrip(), "number"),
    *_read(_RECORDS + _FROM_RECORDS.lstrip(), "records"),
    *_read(_GROUPS + _FROM_GROUPS.lstrip(), "groups"),
]
BLOCKS = {block.name: block for block in _EVERY}
