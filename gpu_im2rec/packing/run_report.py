"""``OUT.report.json``: the record of one run, beside what it wrote.

One JSON object. Sizes are in bytes, times in seconds, shares 0 … 1.

``format``        1
``rec``           the name of the record file, without its folder
``bytes``         its size, with what was there before an ``--append``
``finished``      when the run ended, as ISO 8601 in UTC
``versions``      of Python, this package, and of those that take part and are installed
``machine``       ``system``, ``processor``, ``cores`` that may be used, ``memory`` (null: not known), and ``gpus``, the
                  names of those that the driver shows; it is asked only by a run that may use one
``options``       ``list`` and ``root`` as they were given, but for what may be a password in a URL, and every option by
                  its name in ``PackOptions``, ``TranscodeSpec`` and ``GpuTuning``
``result``        what ``pack --json`` prints
``list_lines``    the number of the first line of the list that was asked for, and how many were, blank ones too
``fingerprint``   what decides the bytes, the list's own (SHA-256) among it
``files``         of ``rec``, ``idx`` and ``crc`` (null: none) each the ``name``, the ``bytes`` and, of a part of a
                  list, ``xxh3_128``, that hash of the content in hexadecimal digits (else null)
``stages``        of read, transcode and write each: ``name``; ``threads`` that worked at it; ``busy_seconds`` of all of
                  them; ``busy_share``, of ``threads`` times the run's time; ``pictures`` that came through, failed ones
                  too; ``waited_share``, the share of the run's own thread's time in which it waited for this stage,
                  or, for write, wrote. The three ``waited_share`` add up to 1.
``bottleneck``    ``stage``, the one that bounded the run (null: none stands out, or it was too short to tell), and
                  ``words``, a sentence on it (empty: too short)
``pace``          up to 256 points [seconds, lines of the list done], the first at 0 and the last at the end
``source_sizes``  ``sampled``: so many pictures of the list, evenly chosen, were looked at; ``sizes``: [width, height,
                  how many] of those whose header tells it, upright, the most frequent first

Of a run that went on with an interrupted one, ``stages``, ``bottleneck``, ``pace`` and ``source_sizes`` are of the last
run alone, and ``result.resumed_at`` says where it began; ``pace`` begins there. All that follows the last picture is in
no figure but for bringing the records to the disk, which is writing.
"""

from __future__ import annotations

import json
import math
import platform
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from gpu_im2rec import __version__, devices, machine
from gpu_im2rec.lists import Span
from gpu_im2rec.packing.bottleneck import Bottleneck
from gpu_im2rec.packing.metering import RunMeter
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.report import PackReport
from gpu_im2rec.packing.stages import Stages
from gpu_im2rec.storage import shown

FORMAT = 1


def run_report(
    list_path: str, root: str, options: PackOptions, result: PackReport, bottleneck: Bottleneck,
    stages: Stages, meter: RunMeter, span: Span, asked: dict[str, Any], files: dict[str, Any],
) -> bytes:  # fmt: skip
    """The file's content. ``meter`` has seen the whole run, and ``stages`` are what it said at its end.

    ``span`` is what was asked for of the list, ``asked`` the run's fingerprint; ``files`` are described as above.
    """
    content = {
        "format": FORMAT,
        "rec": result.rec.name,
        "bytes": result.bytes_out,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "machine": machine_of(options, result.engine),
        "options": {"list": list_path, "root": shown(root)} | plain(options),
        "result": result.to_dict(),
        "list_lines": [span.first_line, span.lines],
        "fingerprint": asked,
        "files": files,
        "stages": _stages(stages),
        "bottleneck": {"stage": bottleneck.stage, "words": bottleneck.words},
        "pace": [[round(seconds, 2), lines] for seconds, lines in meter.clock.pace(stages.seconds)],
        "source_sizes": meter.sizes().to_dict(),
    }
    return json.dumps(content, indent=1).encode("ascii") + b"\n"


def versions() -> dict[str, str]:
    """Of this package, Python and those packages that take part and are installed."""
    found = {package: machine.installed(package) for package in machine.PACKAGES}
    ours = {"gpu-im2rec": __version__, "python": platform.python_version()}
    return ours | {package: version for package, version in found.items() if version}


def machine_of(options: PackOptions, engine: str) -> dict[str, Any]:
    """This machine, as far as it matters to a run with ``engine``."""
    asks = "gpu" in engine or (options.device == "auto" and not options.transcode.pass_through)
    return {
        "system": platform.platform(),
        "processor": machine.processor(),
        "cores": devices.default_workers(),
        "memory": machine.memory(),
        "gpus": _gpus() if asks else [],
    }


def _gpus() -> list[str]:
    from gpu_im2rec.gpu import probe  # noqa: PLC0415 (loads the GPU's engine)

    return [gpu.name for gpu in probe.look().gpus]


def plain(options: PackOptions) -> dict[str, Any]:
    """``options`` as plain values, ready for JSON."""
    own = {one.name: getattr(options, one.name) for one in fields(options) if one.name not in ("transcode", "gpu")}
    texts = {name: own[name] and str(own[name]) for name in ("part", "max_failures")}
    if math.isinf(options.stall_timeout):  # for which JSON has no number
        texts["stall_timeout"] = "inf"
    return own | texts | {"devices": list(options.devices)} | asdict(options.gpu) | asdict(options.transcode)


def _stages(stages: Stages) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "threads": stage.threads,
            "busy_seconds": round(stage.busy_seconds, 3),
            "busy_share": round(stages.busy_share(stage), 4),
            "pictures": stage.pictures,
            "waited_share": round(stages.waited_share(stage), 4),
        }
        for name, stage in stages.named()
    ]
