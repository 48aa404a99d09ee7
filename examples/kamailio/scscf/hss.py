"""A small HSS for one S-CSCF: Cx (TS 29.229) over TCP with python-diameter. `hss.py CORE_JSON PROCESS_ID`.

It answers Multimedia-Auth (HA1 of SIP Digest) and Server-Assignment (the user profile) from the same database that
policy.py reads, and ends when the process of that id is gone.
"""

import hashlib
import json
import os
import sys
import time
from xml.sax.saxutils import escape

from diameter.message import Avp
from diameter.message.constants import *
from diameter.message.commands import MultimediaAuthRequest, ServerAssignmentRequest
from diameter.node import Node
from diameter.node.application import SimpleThreadingApplication

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from provisioning import Provisioning

SUCCESS = 2001
USER_UNKNOWN, IDENTITIES_DO_NOT_MATCH = 5001, 5002
SCHEME = "SIP Digest"


class Hss:
    def __init__(self, domain, provisioning):
        self.domain, self.provisioning = domain, provisioning

    def answer(self, application, request):
        """The answer to one request of Cx; python-diameter turns what this raises into UNABLE_TO_COMPLY."""
        answer = application.generate_answer(request)
        answer.auth_session_state = 1
        impi, impu = request.user_name, _first(request, AVP_TGPP_PUBLIC_IDENTITY)
        subscription = self.provisioning.subscription(impi)
        if subscription is None:
            return _failed(answer, USER_UNKNOWN)
        if impu not in subscription["impus"]:
            return _failed(answer, IDENTITIES_DO_NOT_MATCH)
        answer.result_code = SUCCESS
        answer.append_avp(Avp.new(AVP_USER_NAME, value=impi))
        if isinstance(request, MultimediaAuthRequest):
            answer.append_avp(_3gpp(AVP_TGPP_PUBLIC_IDENTITY, impu))
            answer.append_avp(_3gpp(AVP_TGPP_3GPP_SIP_NUMBER_AUTH_ITEMS, 1))
            answer.append_avp(self.vector(subscription))
        elif isinstance(request, ServerAssignmentRequest):
            answer.append_avp(_3gpp(AVP_TGPP_CX_USER_DATA, profile(subscription).encode()))
        return answer

    def vector(self, subscription):
        ha1 = hashlib.md5(f"{subscription['impi']}:{self.domain}:{subscription['secret']}".encode()).hexdigest()
        return _3gpp(AVP_TGPP_3GPP_SIP_AUTH_DATA_ITEM, [
            _3gpp(AVP_TGPP_3GPP_SIP_ITEM_NUMBER, 1),
            _3gpp(AVP_TGPP_3GPP_SIP_AUTHENTICATION_SCHEME, SCHEME),
            _3gpp(AVP_TGPP_SIP_DIGEST_AUTHENTICATE, [
                Avp.new(AVP_DIGEST_REALM, value=self.domain),
                Avp.new(AVP_DIGEST_ALGORITHM, value="MD5"),
                Avp.new(AVP_DIGEST_QOP, value="auth"),
                Avp.new(AVP_DIGEST_HA1, value=ha1),
            ]),
        ])


def profile(subscription):
    """The user profile (TS 29.228, annex B): one implicit set of the identities and the barred ones."""
    identities = "".join(f"<PublicIdentity><Identity>{escape(impu)}</Identity></PublicIdentity>" for impu in subscription["impus"])
    barred = "".join(
        f"<PublicIdentity><BarringIndication>1</BarringIndication><Identity>{escape(impu)}</Identity></PublicIdentity>"
        for impu in subscription["barred"]
    )
    return (f"<?xml version=\"1.0\" encoding=\"UTF-8\"?><IMSSubscription><PrivateID>{escape(subscription['impi'])}</PrivateID>"
            f"<ServiceProfile>{identities}{barred}</ServiceProfile></IMSSubscription>")


def _3gpp(code, value):
    return Avp.new(code, VENDOR_TGPP, value=value)


def _first(request, code):
    return next(iter(request.find_avps((code, VENDOR_TGPP))), None).value


def _failed(answer, code):
    answer.append_avp(Avp.new(AVP_EXPERIMENTAL_RESULT, value=[
        Avp.new(AVP_VENDOR_ID, value=VENDOR_TGPP), Avp.new(AVP_EXPERIMENTAL_RESULT_CODE, value=code)]))
    return answer


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        settings = json.load(file)
    hss = Hss(settings["domain"], Provisioning(settings["database"]))
    node = Node(settings["hss_name"], settings["domain"], ip_addresses=[settings["hss_name"]], tcp_port=settings["hss_port"])
    # In this order: Kamailio drops the last vendor, because it makes no room for the application without a vendor.
    node.vendor_ids = [VENDOR_TGPP, VENDOR_ETSI]
    # The library has some AVPs of Cx without their vendor, and would miss them in every request.
    node.validate_received_request_avps = False
    peer = node.add_peer(f"aaa://{settings['scscf_name']}", settings["domain"])
    node.add_application(
        SimpleThreadingApplication(APP_3GPP_CX, is_auth_application=True, request_handler=hss.answer), [peer])
    node.start()
    print("hss listens", flush=True)
    while os.path.exists(f"/proc/{sys.argv[2]}"):
        time.sleep(0.2)
    os._exit(0)


if __name__ == "__main__":
    main()
