"""HTTP itself: what is no HTTP gets a problem document too."""

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.errors import MEDIA_TYPE, document
from api.observing import new_request_id


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, whose only answer of its own is a problem."""

    def send_400_response(self, msg: str) -> None:
        request_id = new_request_id()
        body = orjson.dumps(document("bad_request", f"{msg} An address may have up to 65535 bytes.", request_id=request_id))
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(body)),
            "X-Request-Id": request_id,
            "Connection": "close",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[400] + lines.encode("ascii") + b"\r\n" + body)
        self.transport.close()
