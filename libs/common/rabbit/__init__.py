"""The bus of the distributed mode: RabbitMQ. Nothing else in Plumbline speaks AMQP."""

from libs.common.rabbit.publisher import RabbitPublisher
from libs.common.rabbit.reader import RabbitReader

__all__ = ["RabbitPublisher", "RabbitReader"]
