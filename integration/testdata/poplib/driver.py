"""Performs conversations with poplib, and tells what came of them.

Standard input is a JSON object: "ca", a certificate authority in PEM, and "cases", each with its calls. Standard output is a JSON object: what Python it
is, the public methods of poplib with their arguments, and for each call of each case its result or exception as text, and what it printed.
"""
import contextlib, inspect, io, json, poplib, ssl, sys

MAXLINE = poplib._MAXLINE


def text(value):
    """repr, with dictionaries in the order of their keys."""
    if isinstance(value, dict):
        return '{' + ', '.join('%r: %r' % item for item in sorted(value.items())) + '}'
    return repr(value)


def outcome(call):
    """The result of a call and what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            result = text(call())
        except poplib.error_proto as e:
            result = 'raised error_proto(%r)' % e.args
        except Exception as e:
            result = 'raised ' + type(e).__name__
    return {'result': result, 'printed': printed.getvalue()}


def run(case, ca):
    poplib._MAXLINE = case['maxline'] or MAXLINE
    verifying = lambda: ssl.create_default_context(cadata=ca if case['trust'] else None)
    session = []

    def connect():
        options = {'timeout': case['timeout']}
        if case['tls']:
            options['context'] = verifying() if case['verify'] else None
        client = poplib.POP3_SSL if case['tls'] else poplib.POP3
        session.append(client(case['host'], case['port'], **options))
        return session[0].getwelcome()

    def perform(call):
        name, args, options = call['do'], call['args'], {}
        if name == 'stls' and case['verify']:
            options['context'] = verifying()
        return getattr(session[0], name)(*args, **options)

    results = [outcome(connect)]
    if session:
        results += [outcome(lambda: perform(call)) for call in case['calls']]
        with contextlib.suppress(Exception):
            session[0].close()
    return results


def methods():
    """The public methods by their class, each with the names of its arguments."""
    found = {}
    for kind in (poplib.POP3, poplib.POP3_SSL):
        found[kind.__name__] = {
            name: [p for p in inspect.signature(value).parameters if p != 'self']
            for name, value in inspect.getmembers(kind, inspect.isfunction) if not name.startswith('_') or name == '__init__'
        }
    return found


def main():
    order = json.load(sys.stdin)
    results = [run(case, order['ca']) for case in order['cases']]
    json.dump({'version': '%d.%d.%d' % sys.version_info[:3], 'methods': methods(), 'results': results}, sys.stdout)


main()
