"""Whose word counts at this S-CSCF, called by kamailio.cfg through app_python3.

What Kamailio's ims_* modules do not ask: which node may say `auth-done` (TS 24.229, trusted node authentication), for whom
and in the name of which third party; whether a Digest response is about this very request; whether a request comes in
order. Each function answers 1 (go on) or -1 (refuse; `$var(code)` and `$var(reason)` say how).
"""

import functools
import json
import os
import re
import sys

import KSR

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "edge")]

from provisioning import Provisioning
from sip_message import Malformed, Message, address, addresses, credentials, unquote

CONFIGURATION = os.environ["CORE_CONFIGURATION"]
CONTACT = re.compile(r"sips?:(?:[A-Za-z0-9\-_.!~*'()%&=+$,;?/]+@)?(?:[A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:;[^\s<>\"?]*)?")
REASONS = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 500: "Server Internal Error"}


class Refused(Exception):
    """`status` is the SIP status that says so."""

    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


def closed_on_failure(decide):
    """Turns every way in which a decision can fail into a refusal."""

    @functools.wraps(decide)
    def wrapper(self, message, *arguments):
        try:
            decide(self, *arguments)
            return 1
        except Refused as refusal:
            return refuse(refusal.status, str(refusal))
        except (Malformed, UnicodeDecodeError) as error:
            return refuse(400, str(error) if isinstance(error, Malformed) else "not UTF-8")
        except Exception as error:  # a fault of ours must never let a request through
            KSR.err(f"core: {decide.__name__}: {type(error).__name__}\n")
            return refuse(500, "internal fault")

    return wrapper


def mod_init():
    """Called once by app_python3; the object it returns has the functions that kamailio.cfg calls."""
    with open(CONFIGURATION, encoding="utf-8") as file:
        return Policy(json.load(file))


class Policy:
    def __init__(self, settings):
        self.domain = settings["domain"]
        self.trusted = settings["trusted"]
        self.provisioning = Provisioning(settings["database"])

    def child_init(self, rank):
        return 0

    @closed_on_failure
    def register(self):
        """Sets `$var(next)`: `trusted` (no challenge), `authenticate` (check the response) or `challenge`."""
        message = Message(KSR.pv.get("$mb"))
        impu = self.identity(message)
        contacts = [] if message.value("contact") == "*" else addresses(message.values("contact"))
        # Kamailio's registrar takes the first Contact before it reads the second.
        if not all(CONTACT.fullmatch(uri) for uri, _ in contacts):
            raise Malformed("Contact that cannot be read")
        ends = message.value("contact") is not None and all(
            parameters.get("expires", message.value("expires")) == "0" for _, parameters in contacts
        )
        if message.value("contact") == "*" and message.value("expires") != "0":
            raise Refused(400, "Contact * is for Expires 0")
        if len(message.values("contact")) > 1 and "*" in message.values("contact"):
            raise Malformed("Contact * among others")
        put("query", "1" if message.value("contact") is None else "")
        put("ends", "1" if ends else "")
        scheme, given = credentials(message.value("authorization") or "")
        if scheme != "digest" or None in given:
            given = {}
        label, party = (unquote(given.get(name, "")) for name in ("integrity-protected", "authorization-entity"))
        impi = unquote(given.get("username", ""))
        put("impi", impi)
        put("label", label)
        put("party", party)
        if label == "auth-done":
            self.check_word(message, impi, impu, party)
            following = "trusted"
        else:
            following = self.by_digest(given, impi, impu)
        KSR.pv.sets("$var(next)", following)

    def identity(self, message):
        """The IMPU of a REGISTER: To and From as this reader and Kamailio's parser both read them."""
        to_uri, _ = address(message.value("to"))
        from_uri, _ = address(message.value("from"))
        if (to_uri, from_uri) != (KSR.pv.get("$tu"), KSR.pv.get("$fu")):
            raise Malformed("To or From that reads in two ways")
        if from_uri != to_uri:
            raise Refused(403, "From is not To")
        if KSR.pv.get("$ru") != f"sip:{self.domain}":
            raise Refused(404, "Request-URI is not the home domain")
        return to_uri

    def check_word(self, message, impi, impu, party):
        """An enrolled edge may vouch, for a pair of identities that belong together, through a party that may."""
        networks = [unquote(value) for value in message.values("p-visited-network-id")]
        if KSR.pv.get("$si") not in self.trusted["addresses"]:
            raise Refused(403, "not an enrolled edge")
        if len(networks) != 1 or networks[0] not in self.trusted["visited_networks"]:
            raise Refused(403, "not the visited network of an enrolled edge")
        subscription = self.provisioning.subscription(impi)
        if subscription is None or impu not in subscription["impus"]:
            raise Refused(403, "IMPI unknown, or the IMPU is not its own, or barred")
        if not self.provisioning.may_vouch(party, subscription):
            raise Refused(403, "third party not allowed")

    def by_digest(self, given, impi, impu):
        """A response is looked at only if it is about this request and of the kind that was offered."""
        if impi:
            subscription = self.provisioning.subscription(impi)
            if subscription is None or impu not in subscription["impus"]:
                raise Refused(403, "IMPI unknown, or the IMPU is not its own, or barred")
        if not unquote(given.get("response", "")).strip():
            return "challenge"
        fits = (
            impi
            and unquote(given.get("realm", "")) == self.domain
            and unquote(given.get("uri", "")) == KSR.pv.get("$ru")
            and unquote(given.get("algorithm", "MD5")).upper() == "MD5"
            and unquote(given.get("qop", "")) == "auth"
            and given.get("cnonce")
        )
        return "authenticate" if fits else "challenge"

    @closed_on_failure
    def in_order(self):
        """RFC 3261, 10.3: within a Call-ID, CSeq must rise from one change of bindings to the next."""
        if KSR.pv.get("$avp(query)") == "1":
            return
        if KSR.pv.get("$avp(ends)") != "1":
            self.mark([uri for uri, _ in addresses(Message(KSR.pv.get("$mb")).values("contact"))], False)
        key, number = f"{KSR.pv.get('$tu')} {KSR.pv.get('$ci')}", int(KSR.pv.get("$cs"))
        last = KSR.htable.sht_get("cseq", key)
        if last is not None and number <= int(last):
            raise Refused(403, "CSeq does not rise")
        KSR.htable.sht_sets("cseq", key, str(number))

    @closed_on_failure
    def bindings(self):
        """The Contact fields that tell the bindings of an IMPU, in `$avp(bindings)`."""
        put("bindings", "".join(f"Contact: <{uri}>;expires={seconds}\r\n" for uri, seconds in self.bound().items()))

    @closed_on_failure
    def ending(self):
        """Marks the contacts that this request ends, and tells in `$avp(ending)` whether that is `some` (the registrar ends
        them) or everything or nothing, for the identities of `$avp(set)`."""
        contact, bound = Message(KSR.pv.get("$mb")).values("contact"), self.bound()
        named = set(bound) if contact == ["*"] else {uri for uri, _ in addresses(contact)}
        if named & set(bound) and named - set(bound):
            raise Refused(400, "ends what is bound and what is not")
        put("ending", "some" if named & set(bound) and contact != ["*"] else "")
        for impu in self.implicit_set() if contact == ["*"] else []:
            KSR.pv.sets("$avp(set)", impu)
        self.mark(named, True)

    def implicit_set(self):
        subscription = self.provisioning.subscription(KSR.pv.get("$avp(impi)"))
        return subscription["impus"] + subscription["barred"]

    def mark(self, contacts, ended):
        """Remembers of contacts that they have ended, or forgets it."""
        for key in (f"{impu} {uri}" for impu in self.implicit_set() for uri in contacts):
            if ended:
                KSR.htable.sht_sets("ended", key, "1")
            else:
                KSR.htable.sht_rm("ended", key)

    def bound(self):
        """Contact to seconds, as the location service told them; without those whose end its timer has still to notice."""
        record = json.loads(KSR.pv.get("$jsonrpl(body)")).get("result") or {}
        contacts = record.get("contacts") or {}
        impu = KSR.pv.get("$tu")
        return {uri: contact["expires"] for uri, contact in contacts.items()
                if contact["expires"] > 0 and KSR.htable.sht_get("ended", f"{impu} {uri}") is None}

    @closed_on_failure
    def request(self):
        """Any other request comes from an enrolled edge or not at all."""
        if KSR.pv.get("$si") not in self.trusted["addresses"]:
            raise Refused(403, "not an enrolled edge")
        Message(KSR.pv.get("$mb"))


def refuse(status, why):
    KSR.pv.seti("$var(code)", status)
    KSR.pv.sets("$var(reason)", REASONS[status])
    KSR.notice(f"core: refused {status} {why!r}\n")
    return -1


def put(name, value):
    """Sets an AVP, which stays with the transaction; setting twice replaces."""
    KSR.pv.sets(f"$(avp({name})[*])", value)
