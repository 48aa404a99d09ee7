"""A strict reader of one SIP message, as the edge of a trust domain wants it.

Kamailio reads leniently and forwards what it did not understand. What the edge decides on must be what every node
behind it will read as well, so whatever two readers could understand differently is refused here: folded lines, bare
CR or LF, control characters, space before a colon, a second To, a length that is not the body's, a CSeq of another method.
"""

import re

TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"
QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"'
FIELD_NAME = re.compile(TOKEN)
NAME_ADDR = re.compile(rf'[ \t]*(?:{QUOTED}|{TOKEN}(?:[ \t]+{TOKEN})*)?[ \t]*<([^<>"\s]+)>[ \t]*')
ADDR_SPEC = re.compile(r'[ \t]*([A-Za-z][A-Za-z0-9+.\-]*:[^<>"\s;?,]+)[ \t]*')
PARAMETER = re.compile(rf'[ \t]*;[ \t]*({TOKEN})(?:[ \t]*=[ \t]*({QUOTED}|[^\s;,"<>]+))?[ \t]*')
CREDENTIAL = re.compile(rf'[ \t]*({TOKEN})[ \t]*=[ \t]*({QUOTED}|[^\s,"]+)[ \t]*(?:,|$)')
REQUEST_LINE = re.compile(rf"({TOKEN}) [^\s<>]+ SIP/2\.0")
STATUS_LINE = re.compile(r"SIP/2\.0 [1-6][0-9]{2} .*")
CSEQ = re.compile(rf"([0-9]{{1,10}})[ \t]+({TOKEN})")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

COMPACT = {
    "a": "accept-contact", "b": "referred-by", "c": "content-type", "d": "request-disposition", "e": "content-encoding",
    "f": "from", "i": "call-id", "j": "reject-contact", "k": "supported", "l": "content-length", "m": "contact",
    "o": "event", "r": "refer-to", "s": "subject", "t": "to", "u": "allow-events", "v": "via", "x": "session-expires",
    "y": "identity",
}
EXACTLY_ONCE = ("to", "from", "call-id", "cseq")
AT_MOST_ONCE = ("authorization", "content-length", "content-type", "expires", "max-forwards", "p-preferred-identity")


class Malformed(Exception):
    """The message could be read in more than one way, or in none. The text says where."""


class Message:
    """The head of a message: its first line, and its fields in order as (long name in lower case, value)."""

    def __init__(self, text):
        head, separator, body = text.partition("\r\n\r\n")
        if not separator:
            raise Malformed("head without end")
        lines = head.split("\r\n")
        for line in lines:
            if CONTROL.search(line):
                raise Malformed("control character in the head")
        self.first_line = lines[0]
        self.fields = [_field(line) for line in lines[1:]]
        self._check_counts()
        self._check_start()
        self._check_length(body)

    def values(self, name):
        """All values of a field, in order."""
        return [value for field, value in self.fields if field == name]

    def value(self, name):
        """The first value of a field, or None."""
        return next(iter(self.values(name)), None)

    def _check_counts(self):
        for name in EXACTLY_ONCE:
            if len(self.values(name)) != 1:
                raise Malformed(f"{name} not exactly once")
        for name in AT_MOST_ONCE:
            if len(self.values(name)) > 1:
                raise Malformed(f"{name} more than once")

    def _check_start(self):
        """The first line, and that CSeq says of it what it is: Kamailio looks at the parts that it needs only."""
        request = REQUEST_LINE.fullmatch(self.first_line)
        if not request and not STATUS_LINE.fullmatch(self.first_line):
            raise Malformed("first line of no request or answer")
        cseq = CSEQ.fullmatch(self.value("cseq"))
        if not cseq or int(cseq.group(1)) >= 2**31 or (request and cseq.group(2) != request.group(1)):
            raise Malformed("cseq out of range, or of another method")

    def _check_length(self, body):
        length = self.value("content-length")
        if length is None:
            return
        if not re.fullmatch(r"[0-9]{1,9}", length) or int(length) != len(body.encode("utf-8", "surrogateescape")):
            raise Malformed("content-length is not the length of the body")


def _field(line):
    name, colon, value = line.partition(":")
    if not colon or not FIELD_NAME.fullmatch(name):
        raise Malformed("line that is no header field")
    name = name.lower()
    return COMPACT.get(name, name), value.strip(" \t")


def address(value):
    """Reads one name-addr or addr-spec: (URI as written, parameters with lower-case names)."""
    match = NAME_ADDR.match(value) or ADDR_SPEC.match(value)
    if not match:
        raise Malformed("address that cannot be read")
    uri, position, parameters = match.group(1), match.end(), {}
    while position < len(value):
        match = PARAMETER.match(value, position)
        if not match or match.group(1).lower() in parameters:
            raise Malformed("parameters of an address that cannot be read")
        parameters[match.group(1).lower()] = unquote(match.group(2) or "")
        position = match.end()
    return uri, parameters


def addresses(values):
    """Reads the comma-separated addresses of all values of a field (Contact)."""
    return [address(part) for value in values for part in _split(value)]


def _split(value):
    parts, start, quoted, angle, escaped = [], 0, False, False, False
    for position, character in enumerate(value):
        if escaped:
            escaped = False
        elif quoted:
            escaped = character == "\\"
            quoted = character != '"'
        elif character == '"':
            quoted = True
        elif character in "<>":
            angle = character == "<"
        elif character == "," and not angle:
            parts.append(value[start:position])
            start = position + 1
    return parts + [value[start:]]


def credentials(value):
    """Reads `scheme name=value, ...`: (scheme in lower case, parameters in order as name to value as written).

    What follows the scheme but is no list of parameters is told as {None: text}: the bare token of a Bearer.
    """
    scheme, _, rest = value.partition(" ")
    rest, parameters, position = rest.strip(" \t"), {}, 0
    while position < len(rest):
        match = CREDENTIAL.match(rest, position)
        if not match:
            return scheme.lower(), {None: rest}
        name = match.group(1).lower()
        if name in parameters:
            raise Malformed("parameter of the credentials twice")
        parameters[name] = match.group(2)
        position = match.end()
    return scheme.lower(), parameters


def unquote(value):
    """The content of a quoted string; anything else as it stands."""
    if len(value) >= 2 and value[0] == '"' == value[-1]:
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value
