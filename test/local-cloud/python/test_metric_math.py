import unittest

import in_process  # noqa: F401
from emulator import metric_math
from emulator.metric_math import UnsupportedExpression


def result(expression, **series):
    return metric_math.evaluate(metric_math.parse(expression), series, range(4))


class Evaluation(unittest.TestCase):
    def test_guarded_error_ratio(self):
        guarded = 'IF(FILL(requests, 0) >= 20, 100 * FILL(errors, 0) / requests, 0)'
        self.assertEqual(
            result(guarded, errors={0: 1, 1: 5}, requests={0: 10, 1: 20, 2: 40}), {0: 0, 1: 25, 2: 0, 3: 0}
        )

    def test_arithmetic_needs_both_operands(self):
        self.assertEqual(result('(a + b) * 2 - -1', a={0: 1, 1: 2}, b={1: 3, 2: 4}), {1: 11})

    def test_division_by_zero_is_no_datapoint(self):
        self.assertEqual(result('a / b', a={0: 1, 1: 1}, b={0: 0, 1: 2}), {1: 0.5})

    def test_comparisons_and_logic(self):
        series = {'a': {0: 1, 1: 5, 2: 5}, 'b': {0: 1, 1: 1, 2: 9}}
        self.assertEqual(result('a > 2 && b < 3', **series), {0: 0, 1: 1, 2: 0})
        self.assertEqual(result('a > 2 || b == 1', **series), {0: 1, 1: 1, 2: 1})
        self.assertEqual(result('a > 2 AND b < 3 OR b >= 9', **series), {0: 0, 1: 1, 2: 1})
        self.assertEqual(result('a != b', **series), {0: 0, 1: 1, 2: 1})

    def test_if_takes_only_the_chosen_branch(self):
        self.assertEqual(result('IF(a, b, 7)', a={0: 1, 1: 0, 2: 1}, b={0: 3}), {0: 3, 1: 7})

    def test_lists_leave_out_what_is_missing(self):
        series = {'a': {0: 1, 1: 2}, 'b': {1: 5, 2: 6}}
        self.assertEqual(result('MAX([a, b])', **series), {0: 1, 1: 5, 2: 6})
        self.assertEqual(result('MIN([a, b])', **series), {0: 1, 1: 2, 2: 6})
        self.assertEqual(result('SUM([a, b, 1])', **series), {0: 2, 1: 8, 2: 7, 3: 1})
        self.assertEqual(result('AVG([a, b])', **series), {0: 1, 1: 3.5, 2: 6})

    def test_fill_with_another_series(self):
        self.assertEqual(result('FILL(a, b)', a={0: 1}, b={0: 9, 1: 8}), {0: 1, 1: 8})

    def test_a_number_alone_is_a_series(self):
        self.assertEqual(result('1 + 1'), {0: 2, 1: 2, 2: 2, 3: 2})


class Refusals(unittest.TestCase):
    def test_what_is_not_simulated_is_refused_when_the_alarm_is_made(self):
        for expression in (
            'ANOMALY_DETECTION_BAND(a)',
            'MAX(a)',
            'a ** 2',
            '__import__("os")',
            'a if b else c',
            'a < b < c',
            'RATE(a)',
            'a.b',
            'a +',
            'FILL(a)',
            'METRICS()',
            '"a"',
            '[a, b]',
        ):
            with self.assertRaises(UnsupportedExpression, msg=expression):
                metric_math.parse(expression)
