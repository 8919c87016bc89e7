"""Event configurations from TOML files.

start_threshold = 0.7
smoothing_s = 1.0

[labels."Dog bark"]
start_threshold = 0.8
cooldown_s = 10.0
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from datar_edge.errors import ConfigError, LabelError
from datar_edge.listen.event_config import FIELDS, EventConfig

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_LABELS = "labels"
_DECODE_PLACE = re.compile(r"\(at (line \d+), column \d+\)")


def read_event_config(
    path: str | os.PathLike[str], labels: Iterable[str], base: EventConfig
) -> EventConfig:
    """The configuration of a TOML file.

    Its keys are the numbers of `EventConfig`; in a table `[labels."NAME"]` they hold for that
    label, and what the table leaves out is as for the others.

    Args:
        path: the file.
        labels: those of the model; letter case does not matter.
        base: what holds where the file says nothing; its labels aside.

    Raises:
        ConfigError: the file is missing or no TOML, or a key is unknown or its value wrong; the
            message names file, line and key.
    """
    text = _read(Path(path))
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _DECODE_PLACE.search(str(error))
        place = found.group(1) if found else "its end"
        problem = _DECODE_PLACE.sub("", str(error))
        raise ConfigError(f"{path}, {place}: no TOML: {problem}", fix=_SEE) from error
    source = _Source(Path(path), text)
    tables = data.pop(_LABELS, {})
    general = _changed(base, data, (), source)
    return dataclasses.replace(general, labels=_label_configs(tables, labels, general, source))


_SEE = "docs/events.md shows a file that works."


@dataclass(frozen=True)
class _Source:
    """A file, and where in it a key stands."""

    path: Path
    text: str

    def error(self, key: tuple[str, ...], problem: str, fix: str) -> ConfigError:
        """An error that names file, line and key."""
        where = ".".join(key)
        return ConfigError(f"{self.path}, line {self._line(key)}, {where}: {problem}", fix=fix)

    def _line(self, key: tuple[str, ...]) -> int:
        """The line of the key; of the table that holds it where it is written another way."""
        table: tuple[str, ...] = ()
        best, depth = 1, 0
        for number, line in enumerate(self.text.splitlines(), 1):
            path = _path_of(line)
            table = path if line.lstrip().startswith("[") else table
            full = path if line.lstrip().startswith("[") else table + path
            if path and len(full) > depth and full == key[: len(full)]:
                best, depth = number, len(full)
        return best


def _path_of(line: str) -> tuple[str, ...]:
    """The keys that a line of TOML names, one in the other; none for any other line."""
    try:
        value: object = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    path: list[str] = []
    while isinstance(value, dict) and len(value) == 1:
        [(key, value)] = value.items()
        path.append(key)
    return tuple(path)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise ConfigError(f"the event configuration {path} cannot be read: {reason}") from error


def _label_configs(
    tables: object, labels: Iterable[str], general: EventConfig, source: _Source
) -> dict[str, EventConfig]:
    if not isinstance(tables, dict):
        raise source.error((_LABELS,), "is no table", _SEE)
    known = {label.casefold(): label for label in labels}
    configs: dict[str, EventConfig] = {}
    for name, table in tables.items():
        key = (_LABELS, name)
        if name.casefold() not in known:
            unknown = LabelError(name, known.values())
            raise source.error(key, unknown.problem, unknown.fix)
        if not isinstance(table, dict):
            raise source.error(key, "is no table", _SEE)
        label = known[name.casefold()]
        if label in configs:
            raise source.error(key, f"the label {label!r} is there twice", "Keep one of them.")
        configs[label] = _changed(general, table, key, source)
    return configs


def _changed(
    base: EventConfig, values: Mapping[str, object], table: tuple[str, ...], source: _Source
) -> EventConfig:
    """The configuration with the values of a table, which are put in one at a time."""
    numbers: dict[str, float] = {}
    for name, value in values.items():
        if name not in FIELDS:
            raise source.error((*table, name), "unknown key", _nearest(name))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise source.error((*table, name), f"{value!r} is no number", _SEE)
        numbers[name] = float(value)
    try:
        return dataclasses.replace(base, labels={}, **numbers)
    except ConfigError as error:
        named = [name for name in numbers if name in error.problem]
        wrong = min(named, key=error.problem.index, default="")
        raise source.error((*table, wrong), error.problem, error.fix) from error


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, FIELDS, n=1)
    return f"Did you mean {near[0]}?" if near else f"Allowed: {', '.join(FIELDS)}."
