"""Settings: the App ID, the SDK generation, hosts, privacy flags, integrations and array limit; all validation."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .errors import ConfigurationError
from .integrations import allows_heap

if TYPE_CHECKING:
    from typing import Literal, TypedDict

    class Keywords(TypedDict, total=False):
        """The settings as `load` takes them by name; what each means stands with `Settings`. None: not set."""

        sdk: Literal["classic", "latest"] | None
        hostname: str | None
        ingest_server: str | None
        tracking_server: str | None
        disable_text_capture: bool | None
        secure_cookie: bool | None
        integrations: Mapping[str, Any] | None
        array_limit: int | None
        reset_identity: bool | None
        consent_required: bool | None
        respect_dnt: bool | None


# These are compiled when a setting needs them: nearly no page sets a host, and importing should cost nothing.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*"
_SERVER = rf"(?:https?://)?{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?(?:/[A-Za-z0-9._~/-]*)?"

_WHERE = "Heap shows it under Account > Manage > Projects, beside each environment"
_NO_INTEGRATIONS: Final[Mapping[str, Any]] = MappingProxyType({})


class Settings(NamedTuple):
    """How Heap is loaded and what it is told. Make it with `Settings.of`, which checks every value."""

    app_id: str = ""  # the environment's number, 1 to 20 digits
    sdk: str = "classic"  # "classic" or "latest": which of Heap's two scripts
    hostname: str | None = None  # the host that serves Heap's script, if it is not Heap's own
    ingest_server: str | None = None  # where Heap sends what it captures (first-party collection)
    tracking_server: str | None = None  # the same, for a script that is self-hosted
    disable_text_capture: bool = False  # Heap records no text of elements
    secure_cookie: bool = False  # Heap's cookies are for https alone
    integrations: Mapping[str, Any] = _NO_INTEGRATIONS  # defaults for the calls' options: {"All": False, "Heap": True}
    array_limit: int = 0  # how many items of arrays become events of their own, per track; 0: none
    reset_identity: bool = False  # whether reset() also calls heap.resetIdentity()
    consent_required: bool = False  # nothing is loaded before consent is given
    respect_dnt: bool = False  # nothing is loaded where the browser asks not to be tracked

    @classmethod
    def of(cls, app_id: object = None, /, **settings: Any) -> "Settings":
        """Settings from what a user wrote; None means "not set". Raises ConfigurationError."""
        if "app_id" in settings and app_id is None:
            app_id = settings.pop("app_id")
        unknown = [name for name in settings if name not in _CHECKS]
        if unknown:
            raise ConfigurationError(" ".join(_unknown(name) for name in unknown))
        checked: dict[str, Any] = {
            name: _CHECKS[name](name, value) for name, value in settings.items() if value is not None
        }
        return cls(app_id=_app_id(app_id), **checked)

    @property
    def loads_heap(self) -> bool:
        """Whether Heap is loaded at all: the integrations here may switch it off for good."""
        return allows_heap(self.integrations)


def _unknown(name: str) -> str:
    from difflib import get_close_matches  # here: only a mistake needs it

    known = list(Settings._fields)
    near = get_close_matches(name, known, 1, 0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{name!r} is no setting.{hint} The settings are {', '.join(known)}."


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a value that cannot even be shown is named by its type
        text = f"an object of type {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


def _app_id(value: object) -> str:
    if type(value) is int:
        value = str(value) if -(10**30) < value < 10**30 else "(a number of more than 30 digits)"
    if value is None or value == "":
        raise ConfigurationError(f'The App ID is missing. Pass it as text, like "1535634150"; {_WHERE}.')
    if not isinstance(value, str) or not (value.isascii() and value.isdecimal() and len(value) <= 20):
        raise ConfigurationError(
            f'{_shown(value)} is no App ID. Pass the digits alone (1 to 20) as text, like "1535634150"; {_WHERE}.'
        )
    return str(value)


def _is_unset(value: object) -> bool:
    return value in ("", "0") or (value == 0 and value is not False)


def _sdk(name: str, value: object) -> str:
    if value in ("classic", "latest"):
        return str(value)
    raise ConfigurationError(f'{name}: {_shown(value)} is no SDK generation. Pass "classic" or "latest".')


def _hostname(name: str, value: object) -> str | None:
    if _is_unset(value):
        return None
    if isinstance(value, str) and re.fullmatch(_HOST, value):
        return str(value)
    raise ConfigurationError(
        f'{name}: {_shown(value)} is no host name. Pass it bare, like "cdn.example.com", without https:// and path.'
    )


def _server(name: str, value: object) -> str | None:
    if _is_unset(value):
        return None
    if isinstance(value, str) and re.fullmatch(_SERVER, value):
        return str(value)
    raise ConfigurationError(f'{name}: {_shown(value)} is no server. Pass its URL, like "https://data.example.com".')


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ConfigurationError(f"{name}: {_shown(value)} is neither True nor False.")


def _integrations(name: str, value: object) -> Mapping[str, Any]:
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return MappingProxyType(dict(value))
    raise ConfigurationError(
        f'{name}: {_shown(value)} is no mapping of integration names. Pass one like {{"All": False, "Heap": True}}.'
    )


def _array_limit(name: str, value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 9:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
        return int(value)
    raise ConfigurationError(f"{name}: {_shown(value)} is no count of items. Pass a whole number, 0 or more.")


_CHECKS: Final = {
    "sdk": _sdk,
    "hostname": _hostname,
    "ingest_server": _server,
    "tracking_server": _server,
    "disable_text_capture": _flag,
    "secure_cookie": _flag,
    "integrations": _integrations,
    "array_limit": _array_limit,
    "reset_identity": _flag,
    "consent_required": _flag,
    "respect_dnt": _flag,
}


def camel(name: str) -> str:
    """A setting's name as in JavaScript: `app_id` -> `appId`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
