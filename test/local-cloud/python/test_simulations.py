import importlib
import re
import unittest

from in_process import CHECKOUT, LOCAL_CLOUD
from emulator import simulations

TESTS = CHECKOUT / 'test' / 'local-cloud'


class Table(unittest.TestCase):
    def test_readme_has_the_registered_table(self):
        row = r'^\| (`[a-z0-9-]+`) +\| (.+?) +\| \[.+\]\((https://\S+)\) +\| `(.+)` +\|$'
        rows = re.findall(row, (LOCAL_CLOUD / 'README.md').read_text(), re.M)
        registered = [
            (f"`{row['id']}`", row['what'].replace('|', '\\|'), row['source'], row['test'])
            for row in simulations.table()
        ]
        self.assertEqual(sorted(rows), sorted(registered))

    def test_each_named_test_exists(self):
        for row in simulations.table():
            file, _, title = row['test'].partition(': ')
            if title:
                self.assertIn(f"'{title}'", (TESTS / file).read_text(), row['id'])
            else:
                module, suite, test = row['test'].split('.')
                self.assertTrue(hasattr(getattr(importlib.import_module(module), suite), test), row['test'])

    def test_sources_are_aws_pages(self):
        for row in simulations.table():
            self.assertRegex(row['source'], r'^https://docs\.aws\.amazon\.com/[\w/.-]+\.html$')

    def test_only_what_took_part_is_exercised(self):
        counted = {row['id']: row['count'] for row in simulations.exercised()}
        self.assertNotIn('never', counted)
        entry = simulations.Simulation('wafv2-association', '', '', '')
        before = counted.get(entry.id, 0)
        entry.exercised()
        self.assertEqual({row['id']: row['count'] for row in simulations.exercised()}[entry.id], before + 1)
