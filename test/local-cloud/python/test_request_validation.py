import unittest

import in_process  # noqa: F401
from emulator import request_validation

SCHEMA = {
    'type': 'object',
    'required': ['instances'],
    'additionalProperties': False,
    'properties': {
        'instances': {
            'type': 'array',
            'minItems': 1,
            'maxItems': 2,
            'items': {
                'type': 'object',
                'required': ['mean_radius', 'area'],
                'properties': {
                    'mean_radius': {'type': 'number', 'minimum': 0},
                    'area': {'type': 'number', 'maximum': 9},
                    'unit': {'enum': ['mm', 'cm']},
                },
            },
        }
    },
}


class Wording(unittest.TestCase):
    def check(self, document, expected):
        self.assertEqual(request_validation.errors(SCHEMA, document), expected)

    def test_missing_required_property(self):
        self.check({}, '[object has missing required properties (["instances"])]')
        self.check({'instances': [{}]}, '[object has missing required properties (["area","mean_radius"])]')

    def test_wrong_type(self):
        self.check(
            {'instances': [{'mean_radius': 'x', 'area': 1}]},
            '[instance type (string) does not match any allowed primitive type (allowed: ["integer","number"])]',
        )
        self.check([], '[instance type (array) does not match any allowed primitive type (allowed: ["object"])]')

    def test_bounds_and_enumerations(self):
        self.check({'instances': []}, '[array is too short: must have at least 1 elements but instance has 0 elements]')
        self.check(
            {'instances': [{'mean_radius': -1, 'area': 10, 'unit': 'm'}]},
            '[numeric instance is lower than the required minimum (minimum: 0, found: -1), '
            'numeric instance is greater than the required maximum (maximum: 9, found: 10), '
            'instance value ("m") not found in enum (possible values: ["mm","cm"])]',
        )

    def test_property_that_is_not_allowed(self):
        self.check(
            {'instances': [{'mean_radius': 1, 'area': 1}], 'extra': 1},
            '[object instance has properties which are not allowed by the schema: ["extra"]]',
        )

    def test_a_body_that_fits(self):
        self.check({'instances': [{'mean_radius': 1, 'area': 1.5}]}, None)
