# One recipe for every service: docker build --build-arg SERVICE=leads -t plumbline/leads .
# The target `tools` holds all of them, for the steps that make the servers ready before anything else starts.

FROM python:3.11-slim AS packages
COPY requirements/runtime.lock /tmp/runtime.lock
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r /tmp/runtime.lock \
    && /venv/bin/python -m pip uninstall -y -q pip setuptools

FROM python:3.11-slim AS base
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY --from=packages /venv /venv
COPY libs/__init__.py libs/
COPY libs/common libs/common
COPY deploy/healthcheck.py /healthcheck.py

FROM base AS tools
COPY libs libs
COPY services services
COPY commands commands
COPY demo demo
COPY pyproject.toml ./
# Compiled here: the image is read-only where it runs.
RUN python -m compileall -q /app
USER 10001:10001
ENTRYPOINT ["python", "-m", "commands"]
CMD ["--help"]

FROM base AS service
ARG SERVICE
COPY services/__init__.py services/
COPY services/${SERVICE} services/${SERVICE}
RUN test -n "${SERVICE}" && python -m compileall -q /app
ENV SERVICE=${SERVICE}
# No name for the user and nothing that belongs to it: it reads what is here and writes to /tmp.
USER 10001:10001
EXPOSE 8000
# An api answers for itself; a worker has no address, its service's api tells how it is (compose switches this off for it).
HEALTHCHECK --interval=5s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "/healthcheck.py"]
STOPSIGNAL SIGTERM
# exec: the service itself is process 1 and hears the signal.
ENTRYPOINT ["/bin/sh", "-c", "exec python -m \"services.${SERVICE}\" \"$@\"", "plumbline"]
CMD ["api"]
