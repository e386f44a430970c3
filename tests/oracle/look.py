"""Looks at what Sealkey issues with programs that are not ours: asn1crypto for the form, gmssl for SM2 and SM3.

look.py seal FILE          verifies a SESeal (GB/T 38540-2020, DER) and prints what it says, as JSON
look.py certificate FILE ISSUER
                           verifies a company's certificate (PEM) by its issuer's (PEM), and prints what it says
look.py crl FILE ISSUER    verifies a revocation list (DER) by its issuer's certificate (PEM), and prints its entries

What does not hold ends it with a reason and exit code 1. The structure of the seal is written down here once more from
the standard, on purpose: two readings of one text that agree.
"""

import hashlib
import json
import subprocess
import sys
import tempfile

from asn1crypto import core, crl, keys, pem, x509
from gmssl import sm2

SM2_CURVE = "1.2.156.10197.1.301"
SM2_WITH_SM3 = "1.2.156.10197.1.501"
keys.NamedCurve.register("sm2p256v1", SM2_CURVE, 32)


class Header(core.Sequence):
    _fields = [("id", core.IA5String), ("version", core.Integer), ("vid", core.IA5String)]


class Certificates(core.SequenceOf):
    _child_spec = core.OctetString


class Property(core.Sequence):
    _fields = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("certListType", core.Integer),
        ("certList", Certificates),
        ("createDate", core.GeneralizedTime),
        ("validStart", core.GeneralizedTime),
        ("validEnd", core.GeneralizedTime),
    ]


class Picture(core.Sequence):
    _fields = [("type", core.IA5String), ("data", core.OctetString), ("width", core.Integer), ("height", core.Integer)]


class SealInfo(core.Sequence):
    _fields = [("header", Header), ("esID", core.IA5String), ("property", Property), ("picture", Picture)]


class Seal(core.Sequence):
    _fields = [
        ("eSealInfo", SealInfo),
        ("cert", core.OctetString),
        ("signAlgID", core.ObjectIdentifier),
        ("signedValue", core.OctetBitString),
    ]


class Signature(core.Sequence):
    _fields = [("r", core.Integer), ("s", core.Integer)]


def must(holds, why):
    if not holds:
        sys.exit(why)


def digest(value):
    return hashlib.sha256(value).hexdigest()


def signed_by(certificate, message, signature):
    """Did the SM2 key of a certificate sign a message, with SM3 and the usual name of the signer?"""
    key = certificate.public_key
    must(key.curve == ("named", "sm2p256v1"), "the maker's key is not on the curve of SM2")
    point = key["public_key"].native
    must(point[:1] == b"\x04" and len(point) == 65, "the maker's key is no uncompressed point")
    both = Signature.load(signature, strict=True)
    plain = "".join(f"{both[name].native:064x}" for name in ("r", "s"))
    verifier = sm2.CryptSM2(private_key="", public_key="", asn1=False)
    # Not by the constructor: it takes every 0 and 4 off a key that begins with 04, which one coordinate in 256 does.
    verifier.public_key = point[1:].hex()
    return verifier.verify_with_sm3(plain, message)


def seal(file):
    with open(file, "rb") as there:
        der = there.read()
    whole = Seal.load(der, strict=True)
    info = whole["eSealInfo"]
    header, about, picture = info["header"].native, info["property"], info["picture"]
    must((header["id"], header["version"]) == ("ES", 4), f"the header says {header}")
    must(whole["signAlgID"].dotted == SM2_WITH_SM3, "it is not signed by SM2 with SM3")
    must(about["certListType"].native == 1, "it lists no certificates")
    maker = x509.Certificate.load(whole["cert"].native, strict=True)
    must(signed_by(maker, info.dump(), whole["signedValue"].native), "its maker did not sign it")
    # Each part is read, so that a field of a wrong type is found too; and DER is the only form.
    must(len(repr(whole.native)) > 0 and Seal.load(der).dump(force=True) == der, "it is no DER")
    allowed = [x509.Certificate.load(one.native, strict=True) for one in about["certList"]]
    must(picture["data"].native.startswith(b"\x89PNG\r\n\x1a\n"), "its picture is no PNG")
    return {
        "id": info["esID"].native,
        "vid": header["vid"],
        "name": about["name"].native,
        "certificates": [digest(one.dump()) for one in allowed],
        "serials": [f"{one.serial_number:x}" for one in allowed],
        "from": int(about["validStart"].native.timestamp()),
        "until": int(about["validEnd"].native.timestamp()),
        "picture": digest(picture["data"].native),
        "millimetres": [picture["width"].native, picture["height"].native],
        "maker": digest(maker.dump()),
    }


def read_pem(file):
    with open(file, "rb") as there:
        return x509.Certificate.load(pem.unarmor(there.read())[2], strict=True)


def verified_by_openssl(issuer, message, signature):
    """ECDSA with SHA-256: asn1crypto verifies nothing itself."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("key", issuer.public_key.dump()), ("message", message), ("signature", signature)):
            with open(f"{folder}/{name}", "wb") as there:
                there.write(content)
        words = ["openssl", "dgst", "-sha256", "-keyform", "DER", "-verify", "key", "-signature", "signature", "message"]
        return subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode == 0


def certificate(file, issuer_file):
    one, issuer = read_pem(file), read_pem(issuer_file)
    must(one.issuer == issuer.subject, "another issuer")
    must(one.hash_algo == "sha256" and one.signature_algo == "ecdsa", "another algorithm")
    body = one["tbs_certificate"].dump()
    must(verified_by_openssl(issuer, body, one.signature), "its issuer did not sign it")
    must(not one.ca, "it is one of a CA")
    return {
        "serial": f"{one.serial_number:x}",
        "subject": one.subject.native,
        "usage": sorted(one.key_usage_value.native),
        "until": int(one.not_valid_after.timestamp()),
        "lists": [point.url for point in one.crl_distribution_points],
    }


def revocations(file, issuer_file):
    with open(file, "rb") as there:
        der = there.read()
    issued, issuer = crl.CertificateList.load(der, strict=True), read_pem(issuer_file)
    must(issued.issuer == issuer.subject, "another issuer")
    must(verified_by_openssl(issuer, issued["tbs_cert_list"].dump(), issued["signature"].native), "its issuer did not sign it")
    entries = issued["tbs_cert_list"]["revoked_certificates"]
    return {
        "number": issued.crl_number_value.native,
        "entries": {
            f"{entry['user_certificate'].native:x}": (entry.crl_reason_value.native if entry.crl_reason_value else "unspecified")
            for entry in (entries if entries.native else [])
        },
    }


LOOKS = {"seal": seal, "certificate": certificate, "crl": revocations}

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in LOOKS:
        sys.exit(__doc__)
    json.dump(LOOKS[sys.argv[1]](*sys.argv[2:]), sys.stdout)
