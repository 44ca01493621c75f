# syntax=docker/dockerfile:1
#
#   docker build -t backfile .
#   docker run --rm -v backfile:/data backfile keys create admin --scope admin     # prints a key, once
#   docker run -d -p 8000:8000 -v backfile:/data backfile
#
# It listens on all addresses of its container, and therefore refuses to start before a key exists.

FROM python:3.12-slim AS build

# PyTorch's CPU index. With it the image has the CPU build of torch, a tenth of the size; without it, the one the default index offers.
ARG TORCH_INDEX_URL=""

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONDONTWRITEBYTECODE=1

RUN python -m venv /backfile
ENV PATH=/backfile/bin:$PATH

# The dependencies are a layer of their own: a change of the program does not install them again.
WORKDIR /src
COPY requirements.lock ./
RUN pip install ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} "$(grep '^torch==' requirements.lock)" \
 && pip install -r requirements.lock

COPY . .
RUN pip install --constraint requirements-test.lock '.[postgres]'


FROM python:3.12-slim

RUN useradd --system --uid 10001 --create-home backfile \
 && install -d -o backfile -g backfile /data

COPY --from=build /backfile /backfile

ENV PATH=/backfile/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HF_HOME=/data/cache/hub \
    BACKFILE_DATA_DIR=/data \
    BACKFILE_CACHE_DIR=/data/cache \
    BACKFILE_HOST=0.0.0.0 \
    BACKFILE_PORT=8000

USER backfile
WORKDIR /data
VOLUME /data
EXPOSE 8000

# The first start converts the model, which takes a while; the server is alive and answers /livez meanwhile.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['BACKFILE_PORT']}/livez\", timeout=4)"]

ENTRYPOINT ["backfile"]
CMD ["serve"]
