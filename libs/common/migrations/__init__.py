"""The kernel's tables as migrations that every service's own begin with, and the template of the next one."""
