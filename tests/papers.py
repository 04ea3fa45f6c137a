"""What a server at 127.0.0.1 shows of itself, by an authority that no machine knows."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def papers(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """For the server, and the certificate that makes whoever is told of it (SSL_CERT_FILE) trust it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now, here = datetime.now(UTC), x509.IPAddress(ip_address("127.0.0.1"))
    paper = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    paper = paper.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    paper = paper.add_extension(x509.SubjectAlternativeName([here]), critical=True)
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(paper.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(*files)
    return shown, files[0]
