"""The same server in Python, as it is usually written: FastAPI on uvicorn, onnxruntime, and pydantic for the input.

uvicorn peer:app --app-dir <here> --host 127.0.0.1 --port <port> --workers <n>, with MODEL_FILE in the environment.
"""

import os
import uuid
from typing import Annotated

import numpy as np
import onnxruntime as ort
from fastapi import FastAPI, Header, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field

FEATURES = 64

ort.set_default_logger_severity(4)
options = ort.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL_FILE"], options, providers=["CPUExecutionProvider"])

Feature = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Instance = Annotated[list[Feature], Field(min_length=FEATURES, max_length=FEATURES)]


class Invocation(BaseModel):
    model_config = ConfigDict(extra="forbid")
    instances: Annotated[list[Instance], Field(min_length=1, max_length=100)]


app = FastAPI()


@app.get("/ping")
async def ping():
    return Response()


@app.post("/invocations")
async def invocations(
    invocation: Invocation, x_amzn_sagemaker_inference_id: Annotated[str | None, Header()] = None
):
    (scores,) = session.run(None, {"features": np.array(invocation.instances, dtype=np.float32)})
    if not np.isfinite(scores).all():
        raise HTTPException(500, "the model failed on this request")
    return {
        "predictions": scores[:, 0].tolist(),
        "model": {"name": "bench", "version": "1"},
        "inferenceId": x_amzn_sagemaker_inference_id or str(uuid.uuid4()),
    }
