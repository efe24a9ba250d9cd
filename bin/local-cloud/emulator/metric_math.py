"""
Metric math for alarms: the part of CloudWatch's language that inference alarms use, read by Python's own parser (with
`&&` and `||` spelt the Python way it is a Python expression) and evaluated over a white list of nodes. Anything else is
refused when the alarm is made, not when it should have fired.

A value is a number, a series `{timestamp: number}`, or a list of series. A series simply has no entry where CloudWatch
has no datapoint: "if a metric is missing a datapoint, the expression has none for that time" unless FILL gives one.
"""

import ast
import operator
import re

from .simulations import simulation

METRIC_MATH = simulation(
    'cloudwatch-metric-math',
    'Alarms on metric math: + - * /, comparisons, && ||, IF, FILL, and MAX MIN SUM AVG of lists; '
    'a missing operand or a division by zero leaves no datapoint',
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html',
    'test_metric_math.Evaluation.test_guarded_error_ratio',
)

_ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
_COMPARISON = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_REDUCTIONS = {'MAX': max, 'MIN': min, 'SUM': sum, 'AVG': lambda values: sum(values) / len(values)}
_ARITY = {'IF': 3, 'FILL': 2, **dict.fromkeys(_REDUCTIONS, 1)}


class UnsupportedExpression(ValueError):
    pass


def parse(expression):
    """The checked syntax tree of an expression."""
    text = expression.replace('&&', ' and ').replace('||', ' or ')
    # CloudWatch also takes the words in capitals.
    text = re.sub(r'\b(AND|OR)\b', lambda match: match[1].lower(), text)
    try:
        tree = ast.parse(text.strip(), mode='eval').body
    except SyntaxError:
        raise UnsupportedExpression(f'metric math cannot be read: {expression}') from None
    _check(tree, expression)
    return tree


def names(tree):
    """Ids that an expression refers to."""
    functions = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in functions}


def evaluate(tree, series, timestamps):
    """The value of a checked tree, where `series` maps ids to `{timestamp: number}`, at the timestamps given."""
    METRIC_MATH.exercised()
    value = _value(tree, series, timestamps)
    return value if isinstance(value, dict) else {at: float(value) for at in timestamps}


def _check(node, expression):
    for operand in _operands(node, expression):
        _check(operand, expression)


def _operands(node, expression):
    """The operands of a node that is on the white list."""

    def refuse(what):
        raise UnsupportedExpression(f'metric math uses {what}, which is not simulated: {expression}')

    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return []
    if isinstance(node, ast.Name) and node.id[0].islower():
        return []
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [node.operand]
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARISON:
        return [node.left, node.comparators[0]]
    if isinstance(node, ast.BoolOp):
        return node.values
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.keywords:
        refuse(f'"{ast.unparse(node)}"')
    function, arguments = node.func.id, node.args
    if len(arguments) != _ARITY.get(function):
        refuse(f'{function}() with {len(arguments)} arguments')
    if function not in _REDUCTIONS:
        return arguments
    # Of a single series these make one number of all its datapoints; no alarm here needs that.
    if not isinstance(arguments[0], ast.List) or not arguments[0].elts:
        refuse(f'{function}() of something that is not a list')
    return arguments[0].elts


def _value(node, series, timestamps):
    def value(child):
        return _value(child, series, timestamps)

    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return series[node.id]
    if isinstance(node, ast.UnaryOp):
        return _each([value(node.operand)], operator.neg, timestamps)
    if isinstance(node, ast.BinOp):
        return _each([value(node.left), value(node.right)], _ARITHMETIC[type(node.op)], timestamps)
    if isinstance(node, ast.Compare):
        compare = _COMPARISON[type(node.ops[0])]
        return _each([value(node.left), value(node.comparators[0])], lambda a, b: float(compare(a, b)), timestamps)
    if isinstance(node, ast.BoolOp):
        decide = all if isinstance(node.op, ast.And) else any
        return _each([value(item) for item in node.values], lambda *items: float(decide(items)), timestamps)
    return _call(node.func.id, node.args, value, timestamps)


def _call(function, arguments, value, timestamps):
    if function in _REDUCTIONS:
        listed = [_series(value(item), timestamps) for item in arguments[0].elts]
        present = {at: [one[at] for one in listed if at in one] for at in timestamps}
        return {at: float(_REDUCTIONS[function](values)) for at, values in present.items() if values}
    if function == 'FILL':
        filled, filling = (_series(value(item), timestamps) for item in arguments)
        return {**filling, **filled}
    condition, then, otherwise = (_series(value(item), timestamps) for item in arguments)
    chosen = {at: then if condition[at] else otherwise for at in timestamps if at in condition}
    return {at: branch[at] for at, branch in chosen.items() if at in branch}


def _series(value, timestamps):
    return value if isinstance(value, dict) else dict.fromkeys(timestamps, value)


def _each(operands, function, timestamps):
    if not any(isinstance(operand, dict) for operand in operands):
        return function(*operands)  # numbers alone make a number
    operands = [_series(operand, timestamps) for operand in operands]
    result = {}
    for at in timestamps:
        if all(at in operand for operand in operands):
            try:
                result[at] = function(*(operand[at] for operand in operands))
            except ZeroDivisionError:
                pass  # no datapoint
    return result
