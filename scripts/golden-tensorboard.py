"""Golden bytes from TensorBoard's own event writer, and a check of runs with its reader.

    python3 -m venv venv && venv/bin/pip install tensorboard==2.21.0
    venv/bin/python scripts/golden-tensorboard.py
    venv/bin/python scripts/golden-tensorboard.py runs/digits-1 …

Without arguments, writes test/golden/tensorboard.json.gz: the records that TensorBoard writes for some events, in
hexadecimal. With folders of runs, reads their event files as TensorBoard does and compares them with events.jsonl.
"""

import gzip
import io
import json
import math
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo
from tensorboard.summary.writer.record_writer import RecordWriter


def record(data):
    file = io.BytesIO()
    file.close = lambda: None
    RecordWriter(file).write(data)
    return file.getvalue().hex()


def summary(step, *values):
    return Event(wall_time=1.5, step=step, summary=Summary(value=values))


def hparams(tag, **content):
    data = HParamsPluginData(**content).SerializeToString()
    plugin = SummaryMetadata.PluginData(plugin_name="hparams", content=data)
    return Summary.Value(tag=tag, metadata=SummaryMetadata(plugin_data=plugin))


def golden():
    spread = HistogramProto(min=1, max=3, num=4, sum=8.5, sum_squares=20.25, bucket_limit=[2, 3], bucket=[1, 3])
    session = SessionStartInfo(start_time_secs=1.5)
    session.hparams["batchSize"].number_value = 64
    return {
        "empty": record(b""),
        "bytes": record(bytes(range(256))),
        "version": record(Event(wall_time=1.5, file_version="brain.Event:2").SerializeToString()),
        "start": record(Event(wall_time=1.5, step=300, session_log=SessionLog(status=1)).SerializeToString()),
        "scalars": record(
            summary(
                7, Summary.Value(tag="loss", simple_value=0.25), Summary.Value(tag="µ", simple_value=math.nan)
            ).SerializeToString()
        ),
        "zero": record(summary(0, Summary.Value(tag="loss", simple_value=0)).SerializeToString()),
        "histogram": record(summary(2**40, Summary.Value(tag="w", histo=spread)).SerializeToString()),
        "hparams": record(
            summary(0, hparams(metadata.SESSION_START_INFO_TAG, session_start_info=session)).SerializeToString()
        ),
        "hparamsEnd": record(
            summary(
                9,
                hparams(
                    metadata.SESSION_END_INFO_TAG, session_end_info=SessionEndInfo(status=1, end_time_secs=1.5)
                ),
            ).SerializeToString()
        ),
    }


def check(folder):
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    board = EventAccumulator(str(folder), {"scalars": 0, "histograms": 0, "tensors": 0}).Reload()

    def compare(tag, wanted):
        found = {e.step: e.value for e in board.Scalars(tag)}
        assert list(found) == sorted(wanted), f"{tag}: steps differ"
        for step, value in wanted.items():
            assert math.isclose(found[step], value, rel_tol=1e-6), f"{tag} at {step}: {found[step]} is not {value}"
        return len(found)

    steps = [line for line in lines if line["type"] == "step"]
    epochs = [line for line in lines if line["type"] == "epoch"]
    count = compare("train/loss", {line["step"]: line["loss"] for line in steps})
    count += compare("train/lr", {line["step"]: line["lr"] for line in steps})
    count += compare("validation/loss", {line["steps"] - 1: line["validationLoss"] for line in epochs})
    shapes = json.loads((folder / "run.json").read_text())["model"]
    histograms = board.Tags()["histograms"]
    for tag in histograms:
        size = math.prod(shapes[tag.removeprefix("weights/")])
        for event in board.Histograms(tag):
            spread = event.histogram_value
            assert spread.num == sum(spread.bucket) == size, f"{tag}: {spread.num} numbers are not {size}"
    plugin = board.PluginTagToContent("hparams")
    start = metadata.parse_session_start_info_plugin_data(plugin[metadata.SESSION_START_INFO_TAG])
    done = metadata.SESSION_END_INFO_TAG in plugin
    print(f"{folder}: {count} scalars agree, {len(board.Tags()['scalars'])} tags, {len(histograms)} histograms over")
    print(f"  {len(epochs)} epochs, done: {done}, {dict(start.hparams)}".replace("\n", " "))


if len(sys.argv) > 1:
    for name in sys.argv[1:]:
        check(Path(name))
else:
    path = Path(__file__).parent.parent / "test/golden/tensorboard.json.gz"
    path.write_bytes(gzip.compress(json.dumps(golden()).encode(), mtime=0))
    print(f"{path}: {path.stat().st_size} bytes")
