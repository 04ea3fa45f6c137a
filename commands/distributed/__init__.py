"""Every service as processes of its own on this machine: what docker-compose.yml runs, without containers.

No command itself, but what `up --distributed` does; `environment` is compared with docker-compose.yml by a test.
"""

from commands.distributed.system import run

__all__ = ["run"]
