"""Tests of the parts that need no Kamailio: `/usr/bin/python3 -m unittest discover -s examples/kamailio/scscf`."""

import json
import os
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), "/opt/kamailio-hss"]

import hook
import provisioning
from diameter.message import constants

import hss

ALICE = {"impi": "alice@op.example", "impus": ["sip:alice@op.example"], "barred": ["sip:a.b@op.example"], "secret": "s",
         "allowed": ["https://waf-a"], "pool": None}
POOLED = {"impi": "p1@op.example", "impus": ["sip:p1@op.example"], "barred": [], "secret": "t", "allowed": ["portal-p1"],
          "pool": "P1"}


class WithDatabase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "hss.json")
        self.database = json.loads(json.dumps({"subscriptions": [ALICE, POOLED], "off": []}))
        provisioning.write(self.path, self.database)
        self.provisioning = provisioning.Provisioning(self.path)

    def may(self, party, impi="alice@op.example"):
        return self.provisioning.may_vouch(party, self.provisioning.subscription(impi))

    def operator(self, **asked):
        hook.change(self.database, asked)
        provisioning.write(self.path, self.database)


class ThirdParties(WithDatabase):
    def test_only_who_stands_in_the_list(self):
        self.assertTrue(self.may("https://waf-a"))
        for party in ("", "https://waf-b", "https://waf-a.evil", "https://waf", "portal-p1"):
            with self.subTest(party):
                self.assertFalse(self.may(party))

    def test_a_grant_comes_and_goes(self):
        self.operator(hook="grant", impi="alice@op.example", entity="https://waf-b", on=True)
        self.assertTrue(self.may("https://waf-b") and self.may("https://waf-a"))
        self.operator(hook="grant", impi="alice@op.example", entity="https://waf-a", on=False)
        self.assertFalse(self.may("https://waf-a"))

    def test_an_identity_leaves_its_pool(self):
        self.operator(hook="provision", impi="p1@op.example", wwsf="portal-p1", pool="P1", on=False)
        self.assertFalse(self.may("portal-p1", "p1@op.example"))
        self.operator(hook="provision", impi="p1@op.example", wwsf="portal-p1", pool="P1", on=True)
        self.assertTrue(self.may("portal-p1", "p1@op.example"))

    def test_a_party_is_switched_off_alone(self):
        self.operator(hook="party-switch", entity="https://waf-a", on=False)
        self.assertFalse(self.may("https://waf-a"))
        self.assertTrue(self.may("portal-p1", "p1@op.example"))
        self.operator(hook="party-switch", entity="https://waf-a", on=True)
        self.assertTrue(self.may("https://waf-a"))

    def test_an_unknown_subscriber_is_an_error(self):
        with self.assertRaises(KeyError):
            self.operator(hook="grant", impi="nobody@op.example", entity="x", on=True)


class Request:
    def __init__(self, impi, impu):
        self.user_name, self.impu = impi, impu

    def find_avps(self, _):
        return [type("Avp", (), {"value": self.impu})]


class Answers(WithDatabase):
    def answer(self, impi, impu):
        answer = type("Answer", (), {"result_code": None})()
        answer.avps = []
        answer.append_avp = answer.avps.append
        application = type("Application", (), {"generate_answer": staticmethod(lambda _: answer)})
        return hss.Hss("op.example", self.provisioning).answer(application, Request(impi, impu))

    def test_only_pairs_that_belong_together(self):
        self.assertEqual(self.answer("alice@op.example", "sip:alice@op.example").result_code, hss.SUCCESS)
        for impi, impu, code in (("nobody@op.example", "sip:alice@op.example", hss.USER_UNKNOWN),
                                 ("alice@op.example", "sip:p1@op.example", hss.IDENTITIES_DO_NOT_MATCH),
                                 ("alice@op.example", "sip:a.b@op.example", hss.IDENTITIES_DO_NOT_MATCH)):
            with self.subTest(impu):
                answer = self.answer(impi, impu)
                self.assertIsNone(answer.result_code)
                self.assertEqual(answer.avps[0].value[1].value, code)

    def test_the_vector_is_ha1_of_digest(self):
        vector = hss.Hss("op.example", self.provisioning).vector(ALICE)
        digest = next(avp for avp in vector.value if avp.code == constants.AVP_TGPP_SIP_DIGEST_AUTHENTICATE)
        ha1 = next(avp for avp in digest.value if avp.code == constants.AVP_DIGEST_HA1)
        # MD5 of "alice@op.example:op.example:s", by md5sum.
        self.assertEqual(ha1.value, "80c2b6eb60c46e4345d0fd2dcf41faac")

    def test_the_profile_bars_what_is_barred(self):
        tree = ElementTree.fromstring(hss.profile({**ALICE, "impus": ["sip:a&b@op.example"]}))
        identities = {each.find("Identity").text: each.find("BarringIndication") is not None for each in tree.iter("PublicIdentity")}
        self.assertEqual(identities, {"sip:a&b@op.example": False, "sip:a.b@op.example": True})


if __name__ == "__main__":
    unittest.main()
