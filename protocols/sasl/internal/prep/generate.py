"""generate.py > unicode32.txt: what SASLprep has to know of Unicode 3.2, from the tables in Python's standard library.

Names of sections stand in brackets; all numbers are hexadecimal code points.
decompose: CODE:NFKD, without Hangul syllables. compose: FIRST,SECOND:CODE. class: FROM-TO:CLASS. The others: FROM-TO.
"""
import stringprep
import unicodedata

unicode32 = unicodedata.ucd_3_2_0
everything = [chr(code) for code in range(0x110000)]


def codes(text):
    return ','.join('%X' % ord(c) for c in text)


def ranges(value):
    """FROM, TO and the value of each run of code points with the same value that is not 0 or False"""
    runs = []
    for code, c in enumerate(everything):
        v = value(c)
        if runs and runs[-1][1] == code - 1 and runs[-1][2] == v:
            runs[-1][1] = code
        elif v:
            runs.append([code, code, v])
    return runs


def section(name, words):
    print('[%s]' % name)
    line = ''
    for word in words:
        if len(line) + len(word) > 130:
            print(line)
            line = ''
        line += (' ' if line else '') + word
    print(line)


def plain(*tables):
    inside = lambda c: any(in_table(c) for in_table in tables)
    return ['%X-%X' % (low, high) for low, high, _ in ranges(inside)]


decomposable = [c for c in everything if unicode32.decomposition(c)]
section('decompose', ('%X:%s' % (ord(c), codes(unicode32.normalize('NFKD', c))) for c in decomposable))

pairs = []
for c in decomposable:
    parts = unicode32.decomposition(c).split()
    if len(parts) == 2 and not parts[0].startswith('<') and unicode32.normalize('NFC', c) == c:
        pairs.append('%s,%s:%X' % (parts[0].lstrip('0'), parts[1].lstrip('0'), ord(c)))
section('compose', pairs)

section('class', ('%X-%X:%X' % tuple(run) for run in ranges(unicode32.combining)))
section('nothing', plain(stringprep.in_table_b1))
section('space', plain(stringprep.in_table_c12))
section('prohibited', plain(stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3, stringprep.in_table_c4,
                            stringprep.in_table_c5, stringprep.in_table_c6, stringprep.in_table_c7, stringprep.in_table_c8,
                            stringprep.in_table_c9))
section('righttoleft', plain(stringprep.in_table_d1))
section('lefttoright', plain(stringprep.in_table_d2))
