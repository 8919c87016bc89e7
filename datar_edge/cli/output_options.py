"""Options that say where what `listen` hears goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from datar_edge.errors import ConfigError

_PANEL = "Outputs"
CLIP_BUDGET_MB = 1_000.0
MQTT_PASSWORD = "DATAR_EDGE_MQTT_PASSWORD"  # noqa: S105 (the variable's name, not a password)
WEBHOOK_AUTHORIZATION = "DATAR_EDGE_WEBHOOK_AUTHORIZATION"

ScoresOption = Annotated[
    bool, typer.Option("--scores", rich_help_panel=_PANEL, help="Also show each window.")
]
JsonLinesOption = Annotated[
    bool, typer.Option("--json", rich_help_panel=_PANEL, help="Print one JSON object a line.")
]
WallClockOption = Annotated[
    bool,
    typer.Option(
        "--wall-clock",
        rich_help_panel=_PANEL,
        help="Show the time of day (JSON: add it, ISO 8601).",
    ),
]
LiveOption = Annotated[
    bool | None,
    typer.Option(
        "--live/--lines",
        rich_help_panel=_PANEL,
        help="Draw level, tags and events, or print lines.",
        show_default="drawn in a terminal",
    ),
]
CsvOption = Annotated[
    Path | None,
    typer.Option(
        "--csv", rich_help_panel=_PANEL, metavar="FILE", help="Add events to a CSV table."
    ),
]
AudacityOption = Annotated[
    Path | None,
    typer.Option(
        "--audacity",
        rich_help_panel=_PANEL,
        metavar="FILE",
        help="Add events to an Audacity label track.",
    ),
]
RavenOption = Annotated[
    Path | None,
    typer.Option(
        "--raven",
        rich_help_panel=_PANEL,
        metavar="FILE",
        help="Add events to a Raven selection table.",
    ),
]
JsonFileOption = Annotated[
    Path | None,
    typer.Option(
        "--json-file",
        rich_help_panel=_PANEL,
        metavar="FILE",
        help="Add what --json prints to a file.",
    ),
]
SaveClipsOption = Annotated[
    Path | None,
    typer.Option(
        "--save-clips",
        rich_help_panel=_PANEL,
        metavar="DIR",
        help="Record each event, as FLAC.",
        show_default="no sound",
    ),
]
ClipBudgetOption = Annotated[
    float,
    typer.Option(
        "--clip-budget-mb",
        rich_help_panel=_PANEL,
        metavar="MB",
        help="Room for clips; the oldest are deleted.",
    ),
]
MqttOption = Annotated[
    str | None,
    typer.Option(
        "--mqtt",
        rich_help_panel=_PANEL,
        metavar="URL",
        help="Publish to a broker: mqtt://USER@HOST, with TLS mqtts://.",
    ),
]
MqttTopicOption = Annotated[
    str | None,
    typer.Option(
        "--mqtt-topic",
        rich_help_panel=_PANEL,
        metavar="TOPIC",
        help="Topic to publish below.",
        show_default="datar-edge/ and the name of this machine",
    ),
]
MqttDiscoveryOption = Annotated[
    str | None,
    typer.Option(
        "--mqtt-discovery",
        rich_help_panel=_PANEL,
        metavar="PREFIX",
        help="Announce a device to Home Assistant below this prefix, usually: homeassistant.",
    ),
]
MqttPasswordOption = Annotated[
    Path | None,
    typer.Option(
        "--mqtt-password-file",
        rich_help_panel=_PANEL,
        metavar="FILE",
        help="File with the password.",
        show_default=f"the variable {MQTT_PASSWORD}",
    ),
]
WebhookOption = Annotated[
    str | None,
    typer.Option(
        "--webhook",
        rich_help_panel=_PANEL,
        metavar="URL",
        help=f"Post events to a server, with a secret from {WEBHOOK_AUTHORIZATION}.",
    ),
]
AuthorityOption = Annotated[
    Path | None,
    typer.Option(
        "--ca-file",
        rich_help_panel=_PANEL,
        metavar="FILE",
        help="Certificate of one more authority that --mqtt and --webhook trust, PEM.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """What the options above say, each under the name of its option.

    Raises:
        ConfigError: options contradict each other, or lack the one that they belong to.
    """

    json: JsonLinesOption = False
    scores: ScoresOption = False
    wall_clock: WallClockOption = False
    live: LiveOption = None
    csv: CsvOption = None
    audacity: AudacityOption = None
    raven: RavenOption = None
    json_file: JsonFileOption = None
    save_clips: SaveClipsOption = None
    clip_budget_mb: ClipBudgetOption = CLIP_BUDGET_MB
    mqtt: MqttOption = None
    mqtt_topic: MqttTopicOption = None
    mqtt_discovery: MqttDiscoveryOption = None
    mqtt_password_file: MqttPasswordOption = None
    webhook: WebhookOption = None
    ca_file: AuthorityOption = None

    def __post_init__(self) -> None:
        for name in ("mqtt_topic", "mqtt_discovery", "mqtt_password_file"):
            if getattr(self, name) is not None and self.mqtt is None:
                option = f"--{name.replace('_', '-')}"
                raise ConfigError(f"{option} is given without --mqtt", fix="Name a broker.")
        if self.ca_file is not None and self.mqtt is None and self.webhook is None:
            raise ConfigError(
                "--ca-file is given without --mqtt and --webhook", fix="Name a place to send to."
            )
        if self.live and self.json:
            raise ConfigError("--live and --json are both given", fix="Give one of them.")
        if not 0.0 < self.clip_budget_mb < float("inf"):
            raise ConfigError(
                f"--clip-budget-mb is {self.clip_budget_mb!r}", fix="Allowed: above 0 megabytes."
            )
        _check_distinct(
            {
                "--csv": self.csv,
                "--audacity": self.audacity,
                "--raven": self.raven,
                "--json-file": self.json_file,
            }
        )


def _check_distinct(files: dict[str, Path | None]) -> None:
    seen: dict[Path, str] = {}
    for option, file in files.items():
        if file is None:
            continue
        other = seen.setdefault(file.resolve(), option)
        if other != option:
            raise ConfigError(f"{other} and {option} are both {file}", fix="Name two files.")
