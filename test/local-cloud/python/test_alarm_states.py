import unittest

import in_process  # noqa: F401
from emulator.alarm_states import next_state


def states(points, periods, needed):
    """The state per treatment, in the order of the user guide's columns; RETAINED where the present one is kept."""
    breaching = [{'0': False, 'X': True, '-': None}[point] for point in points.split()]
    return [
        next_state(breaching, periods, needed, treat, 'RETAINED')
        for treat in ('missing', 'ignore', 'breaching', 'notBreaching')
    ]


class UserGuideTables(unittest.TestCase):
    """The two tables of "Configuring how CloudWatch alarms treat missing data", row by row."""

    def test_three_out_of_three(self):
        for points, expected in {
            '0 - X - X': ['OK', 'OK', 'OK', 'OK'],
            '- - - - 0': ['OK', 'OK', 'OK', 'OK'],
            '- - - - -': ['INSUFFICIENT_DATA', 'RETAINED', 'ALARM', 'OK'],
            '0 X X - X': ['ALARM', 'ALARM', 'ALARM', 'ALARM'],
            '- - X - -': ['ALARM', 'RETAINED', 'ALARM', 'OK'],
        }.items():
            self.assertEqual(states(points, 3, 3), expected, points)

    def test_two_out_of_three(self):
        for points, expected in {
            '0 - X - X': ['ALARM', 'ALARM', 'ALARM', 'ALARM'],
            '0 0 X 0 X': ['ALARM', 'ALARM', 'ALARM', 'ALARM'],
            '0 - X - -': ['OK', 'OK', 'ALARM', 'OK'],
            '- - - - 0': ['OK', 'OK', 'ALARM', 'OK'],
            '- - - X -': ['ALARM', 'RETAINED', 'ALARM', 'OK'],
        }.items():
            self.assertEqual(states(points, 3, 2), expected, points)

    def test_one_out_of_one_does_not_wait(self):
        self.assertEqual(states('0 0 X', 1, 1), ['ALARM'] * 4)
        self.assertEqual(states('X X 0', 1, 1), ['OK'] * 4)

    def test_a_young_breach_alone_changes_nothing(self):
        self.assertEqual(states('- - - - X', 3, 3), ['RETAINED', 'RETAINED', 'ALARM', 'OK'])
