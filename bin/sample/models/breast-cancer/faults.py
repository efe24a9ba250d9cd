"""Three ways to spoil a good model, each a stage put between the input and the untouched graph.

Every fault passes the checks that only look at the file: same inputs, same outputs, same types, loads without a word.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INPUT = 'features'
STAGED = 'staged_features'

# The look-up table of `throwing` has entries for textures below TABLE_SIZE * BAND_WIDTH = 24 grey levels.
TEXTURE_COLUMN = 1
BAND_WIDTH = 8.0
TABLE_SIZE = 3

# Small enough that ONNX Runtime never spreads one step over threads: the delay is the same with one core or many.
STATE_SIZE = 16
SLOW_STEPS = 350_000


def reordered(model: onnx.ModelProto, feature_names: list[str]) -> onnx.ModelProto:
    """The caller sends columns as documented, the graph takes them for alphabetical order."""
    order = np.argsort(feature_names).astype(np.int64)
    return with_input_stage(
        model,
        [helper.make_node('Gather', [INPUT, 'order'], [STAGED], axis=1)],
        {'order': order},
    )


def throwing(model: onnx.ModelProto) -> onnx.ModelProto:
    """A correction per texture band, whose table is too short: Gather fails at run time on coarse textures.

    All corrections are zero, so every other row keeps its answer to the last bit.
    """
    return with_input_stage(
        model,
        [
            helper.make_node('Gather', [INPUT, 'texture_column'], ['texture'], axis=1),
            helper.make_node('Div', ['texture', 'band_width'], ['band_position']),
            helper.make_node('Cast', ['band_position'], ['band'], to=TensorProto.INT64),
            # Named, because the runtime's error names the node.
            helper.make_node('Gather', ['corrections', 'band'], ['correction'], name='correction_of_band', axis=0),
            helper.make_node('Add', [INPUT, 'correction'], [STAGED]),
        ],
        {
            'texture_column': np.array([TEXTURE_COLUMN], dtype=np.int64),
            'band_width': np.array(BAND_WIDTH, dtype=np.float32),
            'corrections': np.zeros(TABLE_SIZE, dtype=np.float32),
        },
    )


def slow(model: onnx.ModelProto) -> onnx.ModelProto:
    """A long loop whose result is added with weight zero: the same answers, late.

    The loop starts from the features, or else the runtime would fold it into a constant at load.
    Its length does not depend on the number of rows.
    """
    return with_input_stage(
        model,
        [
            helper.make_node('ReduceMean', [INPUT], ['mean_feature'], keepdims=0),
            helper.make_node('Mul', ['seed_row', 'mean_feature'], ['first_state']),
            helper.make_node('Loop', ['steps', 'go_on', 'first_state'], ['last_state'], body=slow_body()),
            helper.make_node('ReduceMean', ['last_state'], ['waste'], keepdims=0),
            helper.make_node('Mul', ['waste', 'nothing'], ['no_change']),
            helper.make_node('Add', [INPUT, 'no_change'], [STAGED]),
        ],
        {
            'seed_row': np.linspace(-0.01, 0.01, STATE_SIZE, dtype=np.float32).reshape(1, STATE_SIZE),
            'steps': np.array(SLOW_STEPS, dtype=np.int64),
            'go_on': np.array(True),
            'nothing': np.array(0, dtype=np.float32),
        },
    )


def slow_body() -> onnx.GraphProto:
    """One step, state = tanh(state x mixing). Tanh keeps it finite, however long the loop."""
    shape = [1, STATE_SIZE]
    # Each value is handed to the next place and turned over, so the state keeps changing.
    mixing = -2 * np.roll(np.eye(STATE_SIZE, dtype=np.float32), 1, axis=1)
    return helper.make_graph(
        [
            helper.make_node('MatMul', ['state', 'mixing'], ['mixed']),
            helper.make_node('Tanh', ['mixed'], ['next_state']),
            helper.make_node('Identity', ['go_on_in'], ['go_on_out']),
        ],
        'step',
        [
            helper.make_tensor_value_info('step_number', TensorProto.INT64, []),
            helper.make_tensor_value_info('go_on_in', TensorProto.BOOL, []),
            helper.make_tensor_value_info('state', TensorProto.FLOAT, shape),
        ],
        [
            helper.make_tensor_value_info('go_on_out', TensorProto.BOOL, []),
            helper.make_tensor_value_info('next_state', TensorProto.FLOAT, shape),
        ],
        [numpy_helper.from_array(mixing, 'mixing')],
    )


def with_input_stage(
    model: onnx.ModelProto, stage: list[onnx.NodeProto], constants: dict[str, np.ndarray]
) -> onnx.ModelProto:
    """A copy of the model that runs `stage`, from INPUT to STAGED, before its own nodes."""
    spoiled = onnx.ModelProto()
    spoiled.CopyFrom(model)
    graph = spoiled.graph
    for node in graph.node:
        node.input[:] = [STAGED if name == INPUT else name for name in node.input]
    own_nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*stage, *own_nodes])
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    onnx.checker.check_model(spoiled, full_check=True)
    return spoiled
