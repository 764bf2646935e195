# By its tag, so that each build has what Debian and Python have mended since; how to have the same
# bytes each time: docs/deploy-by-hand.md.
FROM python:3.11-slim-bookworm AS build
# Another package index, for networks where the usual one is slow.
ARG PIP_INDEX_URL
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install \
        --no-cache-dir --no-compile --disable-pip-version-check --root-user-action=ignore \
        --require-hashes -r requirements.lock \
    # Self-tests, type stubs and C sources of the packages are never imported.
    && find /opt/venv/lib \( -name tests -o -name testing -o -name SelfTest \) -type d -prune -exec rm -rf {} + \
    && find /opt/venv/lib -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.c' \) -delete \
    # Bytecode makes the start quick. Unchecked, it is valid whatever the time stamps of the
    # files are after they were copied. The 10,000 modules of Feishu's services are never loaded.
    && python -m compileall -q -j 0 -o 2 --invalidation-mode unchecked-hash \
        -x /lark_oapi/api/ /opt/venv/lib
COPY feishu_bot feishu_bot
COPY wsgi.py gunicorn.conf.py ./
RUN python -m compileall -q -o 2 --invalidation-mode unchecked-hash . \
    # The command, for docker exec: the package isn't installed, so pip has made none.
    && printf '#!/bin/sh\nexec /opt/venv/bin/python -m feishu_bot "$@"\n' > /opt/venv/bin/feishu-bot \
    && chmod 755 /opt/venv/bin/feishu-bot


FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="feishu_bot" \
      org.opencontainers.image.description="A self-hosted AI chat bot for Feishu and Lark" \
      org.opencontainers.image.licenses="MIT"
# The model gateway is checked against the system's certificates; tzdata makes TZ work.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    # The uid is fixed, so that a mounted folder can be handed over with chown 10001.
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin bot \
    && install -d -o bot -g bot -m 700 /data \
    # Python's own modules come without bytecode, and the bot's user may write none.
    && python -m compileall -q -j 0 -o 2 --invalidation-mode unchecked-hash \
        -x '/(site-packages|ensurepip|idlelib|lib2to3|pydoc_data|tkinter|turtledemo)/' \
        "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app

# A model that the image presets: docker build --build-arg OPENAI_MODEL=… (see docker-bake.hcl).
ARG OPENAI_MODEL=""
# The log is for people; where machines collect it, LOG_FORMAT=json.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    LOG_FORMAT=text \
    DATABASE_URL=sqlite:////data/feishu_bot.db \
    SETTINGS_FILE=/data/feishu_bot.env \
    OPENAI_MODEL=$OPENAI_MODEL
# Docstrings are for those who read the code, and 9 MB of the bot's processes.
ENV PYTHONOPTIMIZE=2
# Each of 200 threads would keep what it has freed, 23 MB after 1,500 answers (docs/performance.md).
ENV GLIBC_TUNABLES=glibc.malloc.tcache_count=0

USER 10001
WORKDIR /app
VOLUME /data
EXPOSE 9000
# http.client, unlike urllib, does not send this through HTTP_PROXY.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('HTTP_PORT') or 9000), timeout=3); c.request('GET', '/ping'); sys.exit(c.getresponse().status != 200)"]
# It becomes gunicorn, which is process 1 then and gets the SIGTERM of `docker stop`; without an app
# it serves the set-up's page first.
CMD ["feishu-bot", "run"]
