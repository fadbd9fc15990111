# One image for every process: `docker run IMAGE web`, `worker`, `desk`; without a word everything in one (`run`).
# Two stages, so that no compiler and no cache comes along. Built and run as docs/operations.md says.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements/run.lock requirements/run.lock
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/run.lock
COPY pyproject.toml README.md LICENSE ./
COPY bots bots
COPY core core
COPY flows flows
COPY handlers handlers
COPY handoff handoff
COPY i18n i18n
COPY store store
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --editable .

FROM python:3.11-slim-bookworm
# /data holds a store in a file, /keys the keys, which belong on another volume.
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin streetwork \
    && install -d -o streetwork -g streetwork -m 0700 /data /keys
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUTF8=1 \
    HOST=0.0.0.0 \
    PORT=8080 \
    STREETWORK_BOT=/app/flows/berlin \
    STREETWORK_STORE=sqlite:////data/streetwork.db \
    STREETWORK_KEY_FILE=/keys/streetwork.key \
    STREETWORK_LOG_FORMAT=json
USER 10001
EXPOSE 8080
VOLUME ["/data", "/keys"]
# SIGTERM drains; it takes less than 30 seconds, so stop with `docker stop --time 30`.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health/live\", timeout=4)"]
ENTRYPOINT ["streetwork"]
CMD ["run"]
