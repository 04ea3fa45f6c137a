"""What a deployment is told of the world around it, and use cases read in ``tx.store.deployment``."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network


@dataclass(frozen=True)
class OutboxLimits:
    """How much may wait to be sent before changes are refused, and how long what was sent is kept."""

    most_rows: int = 1_000_000
    most_hours: int = 168
    keep_days: int = 0  #: 0: for good


@dataclass(frozen=True)
class Deployment:
    """``public_url`` is what every link begins with, ``smtp_url`` is empty where there is no mail server."""

    public_url: str = "http://127.0.0.1:8080"
    smtp_url: str = ""  #: smtp://user:password@host:port (STARTTLS where offered) or smtps://…
    mail_from: str = "Plumbline <plumbline@localhost>"
    outbox: OutboxLimits = OutboxLimits()
    inside: tuple[IPv4Network | IPv6Network, ...] = ()  #: networks of ours that webhooks may reach
    news_keep_days: int = 0  #: of mail that went and of what people were told; 0: for good

    def link(self, path: str) -> str:
        """The address of a page, for people, or of a document, for programs."""
        return self.public_url.rstrip("/") + path


HERE = Deployment()  #: a machine by itself, without a mail server
