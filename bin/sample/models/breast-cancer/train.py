"""Trains the breast cancer models of the sample app and writes every artifact beside this file.

    python -m venv VENV && VENV/bin/pip install -r requirements.txt && VENV/bin/python -B train.py

Same versions, same bytes: seeds are fixed, no clock is read, one thread computes.
"""

import csv
import json
import math
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.base import ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, precision_score, recall_score, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

import faults

HERE = Path(__file__).parent
SEED = 2026
HOLDOUT_SHARE = 0.3
OPSET = 17
IR_VERSION = 8
TOLERANCE = 1e-4

Scores = dict[str, float]
Row = dict[str, float]


class Data:
    """The data set with malignant as the positive class, in the order of the source."""

    def __init__(self) -> None:
        source = load_breast_cancer()
        self.names = [name.replace(' ', '_') for name in source.feature_names]
        self.x = source.data
        # The source calls malignant 0 and benign 1.
        self.y = 1 - source.target
        train, holdout = train_test_split(
            np.arange(len(self.y)), test_size=HOLDOUT_SHARE, stratify=self.y, random_state=SEED
        )
        self.train, self.holdout = np.sort(train), np.sort(holdout)

    def record(self, row: int) -> Row:
        return {name: float(value) for name, value in zip(self.names, self.x[row])}


def write_csv(data: Data, file: str, rows: np.ndarray) -> None:
    with open(HERE / file, 'w', newline='', encoding='utf-8') as out:
        writer = csv.writer(out, lineterminator='\n')
        writer.writerow([*data.names, 'malignant'])
        writer.writerows([*data.record(row).values(), int(data.y[row])] for row in rows)


def first_version() -> Pipeline:
    """The plain start: logistic regression that reads only the ten means, the first ten columns."""
    means = ColumnTransformer([('means', StandardScaler(), slice(0, 10))])
    return make_pipeline(means, LogisticRegression())


def candidates() -> dict[str, ClassifierMixin]:
    """What the second version is chosen from. All read all thirty features."""
    linear = {
        f'logistic regression, C={c}': make_pipeline(StandardScaler(), LogisticRegression(C=c)) for c in (0.1, 1, 10)
    }
    kernel = {
        f'RBF SVM, C={c}, gamma={gamma}': CalibratedClassifierCV(
            make_pipeline(StandardScaler(), SVC(C=c, gamma=gamma)), ensemble=False, cv=5
        )
        for c in (1, 3, 10)
        for gamma in (0.003, 0.01, 0.03)
    }
    return {**linear, **kernel}


def cross_validated(model: ClassifierMixin, data: Data) -> Scores:
    """Mean scores over folds of the train rows; the held-out rows take no part in any choice."""
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=2, random_state=SEED)
    scores = cross_validate(
        clone(model), data.x[data.train], data.y[data.train], cv=folds, scoring=['accuracy', 'neg_log_loss']
    )
    return {
        'accuracy': round(float(scores['test_accuracy'].mean()), 4),
        'logLoss': round(float(-scores['test_neg_log_loss'].mean()), 4),
    }


def export_first(model: Pipeline, name: str) -> onnx.ModelProto:
    """Converted whole; of the two probability columns the graph keeps that of malignant."""
    converted = to_onnx(model, **conversion(), options={'zipmap': False})
    label, probabilities = (output.name for output in converted.graph.output)
    tail = [
        helper.make_node('Gather', [probabilities, 'malignant_column'], ['probability'], axis=1),
        helper.make_node('Identity', [label], ['malignant']),
    ]
    return finished(converted, name, tail, {'malignant_column': np.array(1, dtype=np.int64)})


def export_second(model: ClassifierMixin, name: str) -> onnx.ModelProto:
    """A calibrated classifier as scaler, decision function and sigmoid; anything else as the first version.

    The calibration is written out here because the converter's own version of it answers the wrong class.
    """
    if not isinstance(model, CalibratedClassifierCV):
        return export_first(model, name)
    (fitted,) = model.calibrated_classifiers_
    (sigmoid,) = fitted.calibrators
    converted = to_onnx(fitted.estimator, **conversion(), options={'zipmap': False, 'raw_scores': True})
    scores = converted.graph.output[1].name
    tail = [
        helper.make_node('Gather', [scores, 'score_column'], ['score'], axis=1),
        helper.make_node('Mul', ['score', 'slope'], ['sloped']),
        helper.make_node('Add', ['sloped', 'offset'], ['log_odds']),
        helper.make_node('Sigmoid', ['log_odds'], ['probability']),
        helper.make_node('Greater', ['log_odds', 'even_odds'], ['is_malignant']),
        helper.make_node('Cast', ['is_malignant'], ['malignant'], to=TensorProto.INT64),
    ]
    constants = {
        # Two classes, one decision function: the runtime gives it first, then its opposite.
        'score_column': np.array(0, dtype=np.int64),
        # scikit-learn's sigmoid is 1 / (1 + exp(a * score + b)).
        'slope': np.array(-sigmoid.a_, dtype=np.float32),
        'offset': np.array(-sigmoid.b_, dtype=np.float32),
        'even_odds': np.array(0, dtype=np.float32),
    }
    return finished(converted, name, tail, constants)


def conversion() -> dict:
    return {
        'initial_types': [(faults.INPUT, FloatTensorType([None, 30]))],
        'target_opset': {'': OPSET, 'ai.onnx.ml': 1},
    }


def finished(
    converted: onnx.ModelProto, name: str, tail: list[onnx.NodeProto], constants: dict[str, np.ndarray]
) -> onnx.ModelProto:
    """The one signature of all versions, without the nodes that fed only the converter's own outputs."""
    initializers = list(converted.graph.initializer)
    initializers += [numpy_helper.from_array(value, key) for key, value in constants.items()]
    graph = helper.make_graph(
        [*converted.graph.node, *tail],
        name,
        [helper.make_tensor_value_info(faults.INPUT, TensorProto.FLOAT, ['N', 30])],
        [
            helper.make_tensor_value_info('malignant', TensorProto.INT64, ['N']),
            helper.make_tensor_value_info('probability', TensorProto.FLOAT, ['N']),
        ],
        initializers,
    )
    opsets = [helper.make_opsetid('', OPSET), helper.make_opsetid('ai.onnx.ml', 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name='train.py')
    drop_unused(model.graph)
    onnx.checker.check_model(model, full_check=True)
    return model


def drop_unused(graph: onnx.GraphProto) -> None:
    """Keeps what leads to an output. The nodes are in execution order, so one pass from the end finds it."""
    needed = {output.name for output in graph.output}
    kept: list[onnx.NodeProto] = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.insert(0, node)
            needed.update(node.input)
    del graph.node[:]
    graph.node.extend(kept)
    constants = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(constants)


class Served:
    def __init__(self, model: onnx.ModelProto) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4  # bad-throws fails on purpose
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options)

    def __call__(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        malignant, probability = self.session.run(['malignant', 'probability'], {faults.INPUT: x.astype(np.float32)})
        return malignant, probability

    def fails(self, x: np.ndarray) -> bool:
        try:
            self(x)
        except Exception:  # the runtime's own class is not public
            return True
        return False


def metrics(served: Served, data: Data) -> Scores:
    x, truth = data.x[data.holdout], data.y[data.holdout]
    malignant, probability = served(x)
    return {
        'correct': int((malignant == truth).sum()),
        'accuracy': round(accuracy_score(truth, malignant), 4),
        'precision': round(precision_score(truth, malignant), 4),
        'recall': round(recall_score(truth, malignant), 4),
        'rocAuc': round(roc_auc_score(truth, probability), 4),
        'logLoss': round(log_loss(truth, probability.astype(np.float64)), 4),
    }


def check_export(served: Served, model: ClassifierMixin, data: Data) -> None:
    """The file must answer as the trained model does, on every row there is."""
    malignant, probability = served(data.x)
    expected = model.predict_proba(data.x)[:, 1]
    assert np.abs(probability - expected).max() < 1e-5, 'probabilities changed by the conversion'
    assert (malignant == (expected > 0.5)).all(), 'answers changed by the conversion'


def check_better(v1: Scores, v2: Scores) -> None:
    assert v2['correct'] > v1['correct'] and v2['logLoss'] < v1['logLoss'], 'v2 must be better on the held-out rows'


def check_same_answers(spoiled: Served, good: Served, x: np.ndarray) -> None:
    assert all((a == b).all() for a, b in zip(spoiled(x), good(x))), 'this fault must not change answers'


def example_rows(data: Data, v1: Served, v2: Served, bad_order: Served, bad_throws: Served) -> list[int]:
    """Two malignant and two benign train rows: clear to both versions, far off in the wrong order, no failure.

    Not among the clearest either: an answer close to 0 or 1 would hide a small shift of the score.
    """

    def clear(row: int) -> bool:
        x = data.x[[row]]
        chance = [abs(served(x)[1][0] - (1 - data.y[row])) for served in (v1, v2)]
        shift = abs(bad_order(x)[1][0] - v2(x)[1][0])
        return all(0.9 < c < 0.999 for c in chance) and shift > 0.1 and not bad_throws.fails(x)

    rows = [row for row in data.train if clear(row)]
    return [row for label in (1, 0) for row in [row for row in rows if data.y[row] == label][:2]]


def examples(served: Served, data: Data, rows: list[int]) -> list[dict]:
    malignant, probability = served(data.x[rows])
    return [
        {
            'input': data.record(row),
            # The text of a float32 is its shortest decimal.
            'expected': {'malignant': int(malignant[i]), 'probability': float(str(probability[i]))},
            'tolerance': TOLERANCE,
        }
        for i, row in enumerate(rows)
    ]


MEASURES = {
    'radius': 'distance from the centre to points on the perimeter, in length units of the image (none is stated)',
    'texture': 'standard deviation of grey-scale values, in grey levels',
    'perimeter': 'perimeter, in length units of the image (none is stated)',
    'area': 'area, in squared length units of the image (none is stated)',
    'smoothness': 'local variation in radius lengths, without unit',
    'compactness': 'perimeter squared / area - 1, without unit',
    'concavity': 'severity of concave portions of the contour, without unit',
    'concave_points': 'concave portions of the contour, as scaled in the data set, without unit',
    'symmetry': 'symmetry, without unit',
    'fractal_dimension': '"coastline approximation" - 1, without unit',
}


def describe(name: str) -> str:
    if name.startswith('mean_'):
        return f'Mean over the nuclei of the image: {MEASURES[name.removeprefix("mean_")]}.'
    if name.startswith('worst_'):
        return f'Mean of the three largest values in the image: {MEASURES[name.removeprefix("worst_")]}.'
    return f'Standard error over the nuclei of the image: {MEASURES[name.removesuffix("_error")]}.'


def generous_maximum(largest: float) -> float:
    """Four times the largest value seen, rounded up to two digits: admits odd nuclei, refuses a wrong unit."""
    bound = 4 * largest
    digits = 1 - math.floor(math.log10(bound))
    rounded = math.ceil(bound * 10**digits) / 10**digits
    return int(rounded) if rounded >= 10 else rounded


def input_schema(data: Data) -> dict:
    largest = data.x.max(axis=0)
    return {
        '$schema': 'https://json-schema.org/draft/2020-12/schema',
        'title': 'Breast mass',
        'description': 'Cell nuclei in one digitized image of a fine needle aspirate of a breast mass.',
        'type': 'object',
        'properties': {
            name: {
                'description': describe(name),
                'type': 'number',
                'minimum': 0,
                'maximum': generous_maximum(float(largest[i])),
            }
            for i, name in enumerate(data.names)
        },
        'required': data.names,
        'additionalProperties': False,
    }


def write_json(file: str, value: object) -> None:
    (HERE / file).write_text(json.dumps(value, indent=2) + '\n', encoding='utf-8')


def choose_second(data: Data) -> tuple[str, dict[str, Scores]]:
    """The lowest log loss in cross-validation: the probability is what callers act on."""
    table = {name: cross_validated(model, data) for name, model in candidates().items()}
    return min(table, key=lambda name: table[name]['logLoss']), table


def trained(data: Data, chosen: str) -> dict[str, onnx.ModelProto]:
    x, y = data.x[data.train], data.y[data.train]
    first, second = first_version().fit(x, y), candidates()[chosen].fit(x, y)
    models = {'v1': export_first(first, 'breast-cancer-v1'), 'v2': export_second(second, 'breast-cancer-v2')}
    check_export(Served(models['v1']), first, data)
    check_export(Served(models['v2']), second, data)
    return models


def main() -> None:
    data = Data()
    chosen, table = choose_second(data)
    models = trained(data, chosen)
    models['bad-order'] = faults.reordered(models['v2'], data.names)
    models['bad-throws'] = faults.throwing(models['v2'])
    models['bad-slow'] = faults.slow(models['v2'])
    served = {name: Served(model) for name, model in models.items()}

    measured = {name: metrics(served[name], data) for name in ('v1', 'v2', 'bad-order')}
    check_better(measured['v1'], measured['v2'])
    failing = [served['bad-throws'].fails(data.x[[row]]) for row in data.holdout]
    check_same_answers(served['bad-throws'], served['v2'], data.x[data.holdout[~np.array(failing)]])
    check_same_answers(served['bad-slow'], served['v2'], data.x[data.holdout])

    for name, model in models.items():
        (HERE / f'{name}.onnx').write_bytes(model.SerializeToString(deterministic=True))
    write_csv(data, 'train.csv', data.train)
    write_csv(data, 'holdout.csv', data.holdout)
    write_json('input-schema.json', input_schema(data))
    rows = example_rows(data, served['v1'], served['v2'], served['bad-order'], served['bad-throws'])
    write_json('examples-v1.json', examples(served['v1'], data, rows))
    write_json('examples-v2.json', examples(served['v2'], data, rows))
    report = {
        'split': {'seed': SEED, 'trainRows': len(data.train), 'holdoutRows': len(data.holdout)},
        'crossValidation': {'v1': cross_validated(first_version(), data), 'candidates': table, 'chosen': chosen},
        'holdout': {**measured, 'bad-throws': {'failingRows': sum(failing)}},
    }
    write_json('metrics.json', report)
    print(json.dumps(report, indent=2))


if __name__ == '__main__':
    # The converter asks every SVC for a deprecated attribute.
    warnings.filterwarnings('ignore', category=FutureWarning, module='sklearn')
    with threadpool_limits(limits=1):
        main()
