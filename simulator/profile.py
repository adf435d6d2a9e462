"""userprofile.mina.mi.com: the conversation records."""

from typing import Any

from aiohttp import web

from simulator.cloud import Routes, compact, reply
from simulator.mina import is_authorized
from simulator.world import World
from simulator.xiaoai import Record

_DEFAULT_LIMIT = 10


class Profile:
    """The host of the conversation records."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> Routes:
        """Return the paths of the host."""
        return {"/device_profile/v2/conversation": self._conversation}

    async def _conversation(self, request: web.Request) -> web.Response:
        kinds = {"userId": "Long", "serviceToken": "String", "deviceId": "String"}
        for cookie, kind in kinds.items():
            if not request.cookies.get(cookie):
                return _illegal(
                    f"MissingRequestCookieException: Required cookie '{cookie}' "
                    f"for method parameter type {kind} is not present"
                )
        if not is_authorized(self._world, request):
            return web.Response(
                status=401, text="<html><body><h1>401 Unauthorized</h1></body></html>", content_type="text/html"
            )
        try:
            until = int(request.query["timestamp"])
            limit = int(request.query.get("limit", _DEFAULT_LIMIT))
        except KeyError:
            return _illegal(
                "MissingServletRequestParameterException: Required request parameter 'timestamp' "
                "for method parameter type Long is not present"
            )
        except ValueError as err:
            return _illegal(f"MethodArgumentTypeMismatchException: {err}")
        records = self._records(request.cookies["deviceId"], request.query.get("hardware", ""), until)
        if self._world.settings.duplicate_records:
            records = [record for record in records for _ in range(2)]
        page, rest = records[: max(limit, 0)], records[max(limit, 0) :]
        data = {
            "bitSet": [0, 1, 1],
            "records": [_as_json(record) for record in page],
            "nextEndTime": rest[0].time if rest else 0,
        }
        return reply({"code": 0, "message": "Success", "data": compact(data)})

    def _records(self, device_id: str, hardware: str, until: int) -> list[Record]:
        """Return the records of one speaker; another hardware name or an unknown speaker has none."""
        speaker = self._world.by_device_id(device_id)
        if speaker is None or speaker.model.hardware != hardware or not speaker.model.conversation:
            return []
        return self._world.xiaoai(speaker).records(until)


def _illegal(what: str) -> web.Response:
    return reply({"code": 601, "message": "illegal argument exception", "data": what}, status=400)


def _as_json(record: Record) -> dict[str, Any]:
    return {
        "bitSet": [0, 1, 1, 1, 1],
        "answers": record.answers,
        "time": record.time,
        "query": record.query,
        "requestId": record.request_id,
    }
