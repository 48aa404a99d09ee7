"""The edge's decisions, called by kamailio.cfg through app_python3; the routing itself stands there.

Each function reads the message at hand and answers 1 (go on; what to write on Mw stands in AVPs) or -1 (refuse;
`$var(code)`, `$var(reason)` and `$var(challenge)` say how, `$var(why)` says it to the log). What is not understood is refused.

State in shared memory, per TCP connection (Kamailio's `$conid`):
  flow    connection -> the token of the flow that Path and Record-Route carry
  target  token of the flow -> where Kamailio sends to reach that connection;  owner: token of the flow -> connection
  holder  connection -> the IMPI that it belongs to;  held: set once a registration has succeeded
  bound   "connection IMPU" -> "token" or "digest", as long as the binding lives
  onward  connection -> Service-Route of the last registration
  origin  connection -> the web origin of its handshake, which says which WAF to ask about its tokens
"""

import functools
import json
import os
import re
import secrets
import sys

import KSR

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import handshake
from access_token import Refused, TokenCheck
from enrolment import Enrolment
from introspection import Introspection
from signing_keys import KeysOutOfReach, SigningKeys
from sip_message import Malformed, Message, address, addresses, credentials, unquote

CONFIGURATION = os.environ["EDGE_CONFIGURATION"]
DIGEST_PARAMETERS = ("username", "realm", "nonce", "uri", "response", "algorithm", "cnonce", "opaque", "qop", "nc")
ANONYMOUS_FROM = "sip:anonymous@anonymous.invalid"
LONGEST_BINDING = 86400


def closed_on_failure(decide):
    """Turns every way in which a decision can fail into a refusal."""

    @functools.wraps(decide)
    def wrapper(self, message, *arguments):
        try:
            decide(self, *arguments)
            return 1
        except Refused as refusal:
            if refusal.grant is not None:
                put("impi", refusal.grant.impi)
                put("party", refusal.grant.party["entity"])
            return self.refuse(refusal.status, str(refusal))
        except (Malformed, UnicodeDecodeError) as error:
            return self.refuse(400, str(error) if isinstance(error, Malformed) else "not UTF-8")
        except KeysOutOfReach as error:
            return self.refuse(503, str(error))
        except Exception as error:  # a fault of ours must never let a message through
            return self.refuse(500, f"fault in {decide.__name__}: {type(error).__name__}")

    return wrapper


def mod_init():
    """Called once by app_python3; the object it returns has the functions that kamailio.cfg calls."""
    with open(CONFIGURATION, encoding="utf-8") as file:
        return Edge(json.load(file))


class Edge:
    def __init__(self, settings):
        self.enrolment = Enrolment(settings["provisioning"])
        keys = SigningKeys(settings["roots"], self.enrolment.address_of, settings["key_life"])
        self.tokens = TokenCheck(self.enrolment, keys, settings["skew"])
        self.introspection = None
        if settings["introspects"]:
            self.introspection = Introspection(
                self.enrolment, self.tokens, settings["roots"], settings["client_certificate"], settings["client_key"]
            )
        self.host = settings["w2_host"]
        self.checks_to = settings["checks_to"]

    def child_init(self, rank):
        return 0

    # -------- W2: the WebSocket handshake

    @closed_on_failure
    def handshake(self):
        server_name = KSR.pv.get("$tls_peer_server_name") or None
        handshake.check(KSR.pv.get("$mb"), self.host, server_name, self.enrolment.origins())
        if KSR.pv.get("$hdr(Origin)"):
            KSR.htable.sht_sets("origin", connection(), KSR.pv.get("$hdr(Origin)"))

    # -------- W2: REGISTER

    @closed_on_failure
    def register(self):
        message = self.read()
        impu, from_uri = self.identities(message)
        if self.checks_to and from_uri != impu:
            raise Refused(403, "From is not To")
        if address_of_record(KSR.pv.get("$ru")) != self.enrolment.world()["domain"]:
            raise Refused(403, "Request-URI is not the home domain")
        contacts = [] if message.value("contact") == "*" else addresses(message.values("contact"))
        put("asked", message.value("expires") or "")
        put("contacts", " ".join(uri for uri, _ in contacts))
        put("wildcard", "1" if message.value("contact") == "*" else "")
        put("impu", impu)
        self.authorise(message, impu, from_uri)
        put("path", self.flow())

    def authorise(self, message, impu, from_uri):
        scheme, parameters = credentials(message.value("authorization") or "")
        if message.value("authorization") is None:
            put("label", "")
        elif scheme == "bearer":
            self.authorise_token(bearer_token(parameters), impu, from_uri)
        elif scheme == "digest" and None not in parameters:
            self.authorise_digest(parameters, impu)
        else:
            raise Refused(401, "neither Bearer nor Digest")

    def authorise_token(self, token, impu, from_uri):
        if self.introspection is None:
            grant = self.tokens.check(token)
        else:
            grant = self.introspection.check(token, KSR.htable.sht_get("origin", connection()))
        # A second copy, in whatever field, would leave on Mw; only the one in Authorization is taken away.
        if KSR.pv.get("$mb").count(token.rpartition(".")[2]) > 1:
            raise Malformed("the token more than once")
        # Known from here on, for the record of a refusal too.
        put("impi", grant.impi)
        put("party", grant.party["entity"])
        if (impu if self.checks_to else from_uri) not in grant.impus:
            raise Refused(403, "IMPU not covered by the token")
        if not self.enrolment.entitled(grant.party, grant.impi, impu if self.checks_to else from_uri, grant.anonymous):
            raise Refused(403, "no grant, or not in the pool of the WWSF")
        self.claim(grant.impi)
        put("label", "auth-done")
        domain = self.enrolment.world()["domain"]
        put(
            "authorization",
            f'Digest username="{grant.impi}", realm="{domain}", uri="sip:{domain}", nonce="", response="", '
            f'integrity-protected="auth-done", authorization-entity="{grant.party["entity"]}"',
        )

    def authorise_digest(self, parameters, impu):
        username = unquote(parameters.get("username", ""))
        if not self.enrolment.is_impi(username):
            raise Refused(403, "username is no IMPI of the home domain")
        answered = unquote(parameters.get("response", "")) != ""
        if KSR.htable.sht_get("bound", f"{connection()} {impu}") == "digest" and holder() == username:
            label = "tls-yes"
        else:
            label = "tls-pending" if answered else ""
        if answered:
            self.claim(username)
        elif holder() not in (None, username):
            raise Refused(403, "the connection belongs to another identity")
        kept = [f"{name}={parameters[name]}" for name in DIGEST_PARAMETERS if name in parameters]
        kept += [f'integrity-protected="{label}"'] if label else []
        put("label", label)
        put("authorization", "Digest " + ", ".join(kept))

    def claim(self, impi):
        """One identity a connection: it belongs to the first IMPI that registers on it."""
        if holder() not in (None, impi):
            raise Refused(403, "the connection belongs to another identity")
        KSR.htable.sht_sets("holder", connection(), impi)
        put("impi", impi)

    def flow(self):
        """The token of this connection's flow; made at its first use, random, so that nobody can guess another's."""
        token = KSR.htable.sht_get("flow", connection())
        if token is None:
            token = secrets.token_hex(16)
            KSR.htable.sht_sets("target", token, f"sip:{KSR.pv.get('$si')}:{KSR.pv.get('$sp')};transport=ws")
            KSR.htable.sht_sets("owner", token, connection())
            KSR.htable.sht_sets("flow", connection(), token)
        return token

    # -------- Mw: the answer to a REGISTER

    @closed_on_failure
    def registered(self):
        """A 2xx from the core: what it registered is from now on what this connection may assert."""
        if get("label") == "" or get("impi") is None:
            return
        message = Message(KSR.pv.get("$mb"))
        conid, impu = get("conid"), get("impu")
        KSR.htable.sht_sets("held", conid, "1")
        if routes := [uri for uri, _ in addresses(message.values("service-route"))]:
            KSR.htable.sht_sets("onward", conid, ", ".join(f"<{uri}>" for uri in routes))
        own = (get("contacts") or "").split()
        if not own and get("wildcard") != "1":
            return
        seconds = remaining(message, own, get("asked"))
        if seconds > 0:
            kind = "token" if get("label") == "auth-done" else "digest"
            KSR.htable.sht_setxs("bound", f"{conid} {impu}", kind, seconds)
        else:
            KSR.htable.sht_rm("bound", f"{conid} {impu}")

    @closed_on_failure
    def not_registered(self):
        """A refusal by the core: a connection on which nothing ever succeeded belongs to nobody again."""
        conid, impi = get("conid"), get("impi")
        if impi and KSR.htable.sht_get("held", conid) is None and KSR.htable.sht_get("holder", conid) == impi:
            KSR.htable.sht_rm("holder", conid)

    # -------- W2: any other request

    @closed_on_failure
    def request(self):
        """The sender must be registered on this connection; `impu` is what the edge asserts of it."""
        message = self.read()
        _, from_uri = self.identities(message)
        preferred = [uri for uri, _ in addresses(message.values("p-preferred-identity"))]
        for uri in preferred if from_uri == ANONYMOUS_FROM and preferred else [from_uri, *preferred]:
            if KSR.htable.sht_get("bound", f"{connection()} {uri}") is None:
                raise Refused(403, "not registered on this connection")
        put("impu", preferred[0] if preferred else from_uri)
        put("onward", KSR.htable.sht_get("onward", connection()) or "")
        put("path", self.flow())

    @closed_on_failure
    def answer(self):
        """A WIC's answer is forwarded only if it reads in one way."""
        Message(KSR.pv.get("$mb"))

    # -------- Common

    def read(self):
        put("conid", connection())
        return Message(KSR.pv.get("$mb"))

    def identities(self, message):
        """To and From, as this reader and Kamailio's own parser both read them."""
        to_uri, _ = address(message.value("to"))
        from_uri, _ = address(message.value("from"))
        if (to_uri, from_uri) != (KSR.pv.get("$tu"), KSR.pv.get("$fu")):
            raise Malformed("To or From that reads in two ways")
        return to_uri, from_uri

    def refuse(self, status, why):
        reasons = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 421: "Misdirected Request",
                   503: "Service Unavailable"}
        challenge = ""
        if status == 401:
            challenge = (f'WWW-Authenticate: Bearer realm="{self.enrolment.world()["domain"]}", '
                         f'authz_server="{self.enrolment.first_issuer()}", error="invalid_token"\r\n')
        KSR.pv.seti("$var(code)", status)
        KSR.pv.sets("$var(reason)", reasons.get(status, "Server Internal Error"))
        KSR.pv.sets("$var(challenge)", challenge)
        KSR.pv.sets("$var(why)", why)
        return -1


def bearer_token(parameters):
    """The token of `Bearer TOKEN` or of `Bearer access_token="TOKEN"`; anything beside it is refused."""
    if set(parameters) == {"access_token"} and parameters["access_token"].startswith('"'):
        return unquote(parameters["access_token"])
    if set(parameters) == {None}:
        return parameters[None]
    raise Refused(401, "not one token")


def address_of_record(uri):
    """The domain of a Request-URI that names just a domain, in lower case; None for any other."""
    match = re.fullmatch(r"sip:([A-Za-z0-9.\-]+)", uri)
    return match.group(1).lower() if match else None


def remaining(message, own, asked):
    """For how many seconds the core's 2xx says that one of our contacts is bound; 0 if it names none of them.

    A core that names our contact and no time has granted what was asked for.
    """
    default, longest = message.value("expires") or asked or "0", 0
    for uri, parameters in addresses(message.values("contact")):
        seconds = parameters.get("expires", default)
        if uri in own and re.fullmatch(r"[0-9]{1,9}", seconds):
            longest = max(longest, int(seconds))
    return min(longest, LONGEST_BINDING)


def connection():
    return str(KSR.pv.get("$conid"))


def holder():
    return KSR.htable.sht_get("holder", connection())


def put(name, value):
    """Sets an AVP, which stays with the transaction; setting twice replaces."""
    KSR.pv.sets(f"$(avp({name})[*])", value)


def get(name):
    return KSR.pv.get(f"$avp({name})")
