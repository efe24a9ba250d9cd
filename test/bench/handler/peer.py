"""The same service in Python, as it is usually written: onnxruntime, and a schema compiled by fastjsonschema.

peer.py <asset> <events.json> cold <event>    answer that event, and say so
peer.py <asset> <events.json> warm <result>   time each event, and write microseconds by name to <result>
"""

import json
import os
import signal
import sys
import time

import fastjsonschema
import numpy as np
import onnxruntime as ort

asset, events_file, mode = sys.argv[1:4]
ort.set_default_logger_severity(4)
options = ort.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1

with open(os.path.join(asset, "schema.json")) as file:
    validate = fastjsonschema.compile(json.load(file))
session = ort.InferenceSession(os.path.join(asset, "model.onnx"), options, providers=["CPUExecutionProvider"])


def handler(event):
    instances = json.loads(event["body"])["instances"]
    for instance in instances:
        validate(instance)
    (scores,) = session.run(None, {"features": np.array(instances, dtype=np.float32)})
    if not np.isfinite(scores).all():
        raise ValueError("not finite")
    answer = {"predictions": scores[:, 0].tolist(), "model": {"name": "bench", "version": "1"}, "inferenceId": "i"}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(answer)}


with open(events_file) as file:
    events = json.load(file)

if mode == "cold":
    assert handler(events[sys.argv[4]]["event"])["statusCode"] == 200
    os.write(1, b"answered")
    os.kill(os.getpid(), signal.SIGKILL)

timings = {}
for name, event in events.items():
    runs = []
    warm_up = event["iterations"] // 3
    for index in range(event["iterations"] + warm_up):
        started = time.perf_counter_ns()
        handler(event["event"])
        if index >= warm_up:
            runs.append((time.perf_counter_ns() - started) / 1000)
    timings[name] = runs
with open(sys.argv[4], "w") as file:
    json.dump(timings, file)
